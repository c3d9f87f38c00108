"""Goes on with the release of many contacts that were held for reasons which hold no longer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row

from orchestrator.operations.contacts.bulk_changes import Way
from orchestrator.store.sql import held_contacts


def _release(tx: Connection, change: Row[Any], contact_ids: Sequence[str]) -> int:
    return held_contacts.release(tx, contact_ids, change.filter["reasons"])


RELEASING: Final = Way(held_contacts.RELEASE, apply=_release, find=held_contacts.next_held)
