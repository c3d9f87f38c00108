"""Erases the sound that was captured of a contact's calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from orchestrator.media.captured import FOLDER, erase_captures
from orchestrator.store.tables import calls

if TYPE_CHECKING:
    from orchestrator.wiring import House


def erase_media(house: House, contact_id: str) -> None:
    """Remove the files; safe to repeat."""
    with house.sql.connect() as connection:
        found = connection.scalars(select(calls.c.id).where(calls.c.contact_id == contact_id)).all()
    for call_id in found:
        erase_captures(house.settings.data_dir / FOLDER, call_id)
