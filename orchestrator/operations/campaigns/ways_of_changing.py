"""Every way in which many contacts are changed at once."""

from __future__ import annotations

from typing import Final

from orchestrator.operations.campaigns.clone_campaign import COPYING
from orchestrator.operations.contacts.bulk_changes import Way
from orchestrator.operations.contacts.change_many import WAYS_OF_MANY
from orchestrator.operations.contacts.go_on_releasing import RELEASING
from orchestrator.operations.contacts.redial_contacts import REDIALING

WAYS: Final[tuple[Way, ...]] = (REDIALING, *WAYS_OF_MANY, COPYING, RELEASING)
