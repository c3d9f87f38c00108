"""Finds the audio that was captured of a call, and the address that its stream may be sent to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from orchestrator.errors import NotFound
from orchestrator.media.capture_files import FOLDER, Capture, capture_file, list_captures
from orchestrator.media.stream_urls import StreamUrls
from orchestrator.store.sql import calls


@dataclass(frozen=True)
class CallMedia:
    """A call's captures, oldest first, and the `stream_url` that is this call's alone (None without a media URL)."""

    stream_url: str | None
    captures: Sequence[Capture]


def find_media(call_id: str, *, sql: Engine, data_dir: Path, streams: StreamUrls | None) -> CallMedia:
    """Return what was captured of a call; raise NotFound for an id that names none."""
    with sql.connect() as tx:
        if calls.find_call(tx, call_id) is None:
            raise NotFound("call", call_id)
    stream_url = streams.url_of(call_id) if streams else None
    return CallMedia(stream_url, list_captures(_folder(data_dir), call_id))


def open_capture(call_id: str, file: str, *, data_dir: Path) -> Path:
    """Return the path of a captured file; raise NotFound for any name that is not one of this call's."""
    return capture_file(_folder(data_dir), call_id, file)


def _folder(data_dir: Path) -> Path:
    return (data_dir / FOLDER).resolve()
