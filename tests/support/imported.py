"""Somebody who is imported in mid-campaign, any number of times: over REST and from a file, twice in each."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.ids import new_id
from orchestrator.operations.contacts.add_contacts import add_contacts
from orchestrator.operations.contacts.import_contacts import ImportOptions, import_contacts
from tests.support.world import ZONE, World

_THIRD = {"phone": "+13125550200", "external_id": "third", "timezone": ZONE}
TWICE = "SELECT external_id FROM contacts WHERE external_id IS NOT NULL GROUP BY external_id HAVING count(*) > 1"


def _upload(world: World, campaign_id: str) -> Any:
    return world.run(add_contacts, campaign_id, [_THIRD, _THIRD])


def _read_file(world: World, campaign_id: str) -> Any:
    lines = [",".join(_THIRD), *[",".join(_THIRD.values())] * 2]
    file = io.BytesIO("\n".join(lines).encode())
    return world.run(import_contacts, campaign_id, file, options=ImportOptions(), import_id=new_id("imp"))


def is_imported(world: World) -> bool:
    """Return whether this person is a contact."""
    return bool(world.query("SELECT 1 FROM contacts WHERE external_id = :id", id=_THIRD["external_id"]))


IMPORTS: Mapping[str, Callable[[World, str], Any]] = {"upload": _upload, "import a file": _read_file}
