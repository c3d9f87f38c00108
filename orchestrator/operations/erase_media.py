"""Erases the sound that was captured of a contact's calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.media.captured import FOLDER, erase_captures
from orchestrator.store.erased_calls import calls_with

if TYPE_CHECKING:
    from orchestrator.wiring import House


def erase_media(house: House, contact_id: str) -> None:
    """Remove the files; safe to repeat."""
    with house.sql.connect() as connection:
        found = connection.scalars(calls_with(contact_id)).all()
    for call_id in found:
        erase_captures(house.settings.data_dir / FOLDER, call_id)
