"""Finds the sound that was captured of a call, and tells where its stream may be sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import NotFound
from orchestrator.media.capture_files import FOLDER, Capture, capture_file, list_captures
from orchestrator.store.sql import calls as queries_calls

if TYPE_CHECKING:
    from orchestrator.services import Services


@dataclass(frozen=True)
class CallMedia:
    """A call's captures, oldest first, and the `stream_url` that is this call's alone (None without a media URL)."""

    stream_url: str | None
    captures: Sequence[Capture]


def find_media(services: Services, call_id: str) -> CallMedia:
    """Return what was captured of a call; raise NotFound for an id that names none."""
    with services.sql.connect() as tx:
        if queries_calls.find_call(tx, call_id) is None:
            raise NotFound("call", call_id)
    stream_url = services.streams.url_of(call_id) if services.streams else None
    return CallMedia(stream_url, list_captures(_folder(services), call_id))


def open_capture(services: Services, call_id: str, file: str) -> Path:
    """Return the path of a captured file; raise NotFound for any name that is not one of this call's."""
    return capture_file(_folder(services), call_id, file)


def _folder(services: Services) -> Path:
    return (services.settings.data_dir / FOLDER).resolve()
