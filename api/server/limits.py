"""How long, how large and how many: every bound of the server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestrator.settings import Settings

HEAD_BYTES = 32 * 1024
IN_MEMORY = 256 * 1024  # of one body; the rest of it goes to disk
SENT_AHEAD = 64 * 1024  # bytes that bring the body no further: chunk extensions, trailers


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The bounds of one process; `docs/operations.md` says what each is for."""

    connections: int
    head_s: float
    body_s: float
    body_total_s: float
    answer_s: float
    bytes_per_s: float
    idle_s: float
    stop_s: float
    memory_bytes: int
    uploads_bytes: int
    uploads_folder: Path

    @property
    def waiting(self) -> int:
        """Return how many requests may wait for threads of one pool: others must find room to connect meanwhile."""
        return self.connections // 2

    def has_time(self, took_s: float, moved: int, *, first_s: float) -> bool:
        """Say whether so many bytes in so many seconds are fast enough, `first_s` being free."""
        return took_s <= first_s + moved / self.bytes_per_s


def limits_of(settings: Settings) -> Limits:
    """Return the bounds that the operator chose."""
    http = settings.http
    return Limits(
        connections=http.connections,
        head_s=http.head_s,
        body_s=http.body_s,
        body_total_s=http.body_total_s,
        answer_s=http.answer_s,
        bytes_per_s=http.bytes_per_s,
        idle_s=http.idle_s,
        stop_s=http.stop_s,
        memory_bytes=http.memory_mb * 1024**2,
        uploads_bytes=http.uploads_mb * 1024**2,
        uploads_folder=settings.data_dir / "uploads",
    )
