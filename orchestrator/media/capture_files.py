"""Captured audio of a call as files: each track with a JSON description beside it."""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from orchestrator.errors import NotFound
from orchestrator.media.reorder import Arrival
from orchestrator.media.track_file import TrackFile

FOLDER = "media"
_NAME = re.compile(r"[a-z0-9-]{1,100}\.(?:wav|raw)")
_CALL = re.compile(r"call_[0-9A-Z]{26}")
_WAV_HEADER_BYTES = 44


class Capture(BaseModel):
    """A captured track; `seconds` are seconds of sound, `loss` the share of it that never came (0 to 1).

    `soundless` chunks are no audio of this codec: DTMF, comfort noise, another codec.

    `is_complete` is false during the capture, and stays so if the receiver died.
    """

    model_config = ConfigDict(frozen=True)

    file: str
    source: Literal["stream", "fork"]
    track: str
    codec: str
    sample_rate: int
    channels: int
    started_at: datetime
    ended_at: datetime | None = None
    is_complete: bool = False
    is_cut: bool = False
    seconds: float | None = None
    bytes: int = 0
    loss: float = 0.0
    received: int = 0
    lost: int = 0
    late: int = 0
    repeated: int = 0
    soundless: int = 0


class CapturedTrack:
    """A track that is being captured: its file and its description, both written from the start."""

    def __init__(self, folder: Path, begun: Capture) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = TrackFile(
            folder / begun.file, codec=begun.codec, sample_rate=begun.sample_rate, channels=begun.channels
        )
        self._begun = begun.model_copy(update={"file": self._file.path.name})
        self.add, self.add_silence = self._file.add, self._file.add_silence
        self._describe(self._begun)

    def close(self, arrival: Arrival, *, at: datetime, soundless: int = 0) -> None:
        """Finish the file and write the arrival statistics."""
        try:
            self._file.close()
        finally:
            facts = {"received": arrival.received, "lost": arrival.lost, "late": arrival.late, "soundless": soundless}
            ended = {"ended_at": at, "is_complete": True, "is_cut": self._file.is_cut, "loss": round(arrival.loss, 6)}
            self._describe(self._begun.model_copy(update={**facts, **ended, "repeated": arrival.repeated}))

    def _describe(self, capture: Capture) -> None:
        place = self._file.path.with_suffix(".json")
        draft = place.with_suffix(".new")
        draft.write_text(capture.model_dump_json())
        draft.replace(place)


def list_captures(folder: Path, call_id: str) -> list[Capture]:
    """Return the captures of a call, oldest first; empty if there are none."""
    if not _CALL.fullmatch(call_id):
        return []
    found = [_read(description) for description in (folder / call_id).glob("*.json")]
    return sorted((capture for capture in found if capture), key=lambda capture: (capture.started_at, capture.file))


def capture_file(folder: Path, call_id: str, name: str) -> Path:
    """Return the path of a captured file; raise NotFound for any name that is not one of this call's."""
    path = folder / call_id / name
    if not _CALL.fullmatch(call_id) or not _NAME.fullmatch(name) or path.is_symlink() or not path.is_file():
        raise NotFound("captured file", repr(name[:100]))
    return path


def erase_captures(folder: Path, call_id: str) -> None:
    """Remove everything that was captured of a call; raise OSError for what is there and cannot be removed."""
    if _CALL.fullmatch(call_id) and (folder / call_id).is_dir():
        shutil.rmtree(folder / call_id)


def _read(description: Path) -> Capture | None:
    try:
        capture = Capture.model_validate_json(description.read_bytes())
        size = (description.parent / capture.file).stat().st_size
    except (OSError, ValidationError):
        return None  # half written, or taken away in the meantime
    return capture.model_copy(update={"bytes": size, "seconds": _seconds(capture, size)})


def _seconds(capture: Capture, size: int) -> float | None:
    if not capture.file.endswith(".wav"):
        return None
    return round(max(0, size - _WAV_HEADER_BYTES) / (2 * capture.channels * capture.sample_rate), 3)
