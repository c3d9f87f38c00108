"""Recordings of legs, and the store of those that were saved."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

LINK_LIFETIME_S = 600.0
_MAX_KEPT = 100_000


@dataclass(slots=True, kw_only=True)
class Recording:
    """One recording of one leg; times are Unix seconds."""

    id: str
    channels: str
    format: str
    started_at: float
    ended_at: float | None = None
    is_paused: bool = False
    transcribe: bool = False

    @property
    def seconds(self) -> float:
        """Return its length; pauses are not cut out."""
        return max(0.0, (self.ended_at or self.started_at) - self.started_at)


@dataclass(frozen=True, slots=True)
class SavedRecording:
    """A saved recording, with the ids and numbers of its leg."""

    recording: Recording
    call_control_id: str
    call_leg_id: str
    call_session_id: str
    connection_id: str
    from_: str
    to: str


class RecordingStore:
    """Keeps the newest saved recordings; they outlive the links that webhooks carry."""

    def __init__(self, *, maximum: int = _MAX_KEPT) -> None:
        self._max = maximum
        self._recordings: OrderedDict[str, SavedRecording] = OrderedDict()

    def put(self, saved: SavedRecording) -> None:
        """Keep a recording, and drop the oldest beyond the limit."""
        while len(self._recordings) >= self._max:
            self._recordings.popitem(last=False)
        self._recordings[saved.recording.id] = saved

    def find(self, recording_id: str) -> SavedRecording | None:
        """Return a recording; None when it is unknown."""
        return self._recordings.get(recording_id)

    def all(self) -> Iterable[SavedRecording]:
        """Return every recording, oldest first."""
        return self._recordings.values()
