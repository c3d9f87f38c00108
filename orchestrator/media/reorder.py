"""Jitter buffer: reorders the numbered chunks of a track, waits for late ones, and counts lost ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

WINDOW = 50  # chunks waited for: one second of 20 ms chunks
RTP_MODULUS = 65_536
NEVER_WRAPS = 1 << 62
_INITIAL_PIECES = 4  # chunks buffered before the first is emitted: they too may be out of order
_MAX_JUMP = 3_000  # RFC 3550, A.1: a number further away is an outlier, or the sender has restarted

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Arrival statistics of a track, in chunks; `late` came after their turn, `outliers` had distant numbers."""

    received: int = 0
    lost: int = 0
    late: int = 0
    repeated: int = 0
    outliers: int = 0

    @property
    def loss(self) -> float:
        """Return the share that was lost, 0 to 1."""
        return self.lost / (self.received + self.lost) if self.lost else 0.0

    def since(self, before: Arrival) -> Arrival:
        """Return what has arrived since `before`."""
        return Arrival(
            received=self.received - before.received,
            lost=self.lost - before.lost,
            late=self.late - before.late,
            repeated=self.repeated - before.repeated,
            outliers=self.outliers - before.outliers,
        )


class Reorder(Generic[T]):
    """The jitter buffer of one track; calls `out` with each chunk in order, and with None for each lost one.

    Numbers wrap around at `modulus`; at most `window` chunks are buffered.
    """

    __slots__ = (
        "_due",
        "_is_open",
        "_late",
        "_lost",
        "_modulus",
        "_next",
        "_out",
        "_outliers",
        "_received",
        "_repeated",
        "_suspect",
        "_waiting",
        "_window",
    )  # fmt: skip

    def __init__(self, out: Callable[[T | None], object], *, modulus: int = NEVER_WRAPS, window: int = WINDOW) -> None:
        self._out = out
        self._modulus = modulus
        self._window = window
        self._is_open = False
        self._due = 0  # unwrapped, however often the numbers wrap around
        self._next = -1  # the same, wrapped; only this chunk takes the fast path
        self._waiting: dict[int, T] = {}
        self._suspect = -1
        self._received = self._lost = self._late = self._repeated = self._outliers = 0

    def push(self, number: int, piece: T) -> None:
        """Add one chunk and emit what is now in order."""
        if number == self._next and not self._waiting:
            self._due += 1
            self._next = (number + 1) % self._modulus
            self._received += 1
            self._out(piece)
        elif self._is_open:
            self._insert(number, piece)
        else:
            self._open(number, piece)

    def set_output(self, out: Callable[[T | None], object]) -> None:
        """Replace the function that receives the chunks."""
        self._out = out

    def flush(self) -> None:
        """Emit what is buffered: nothing more will come."""
        self._is_open = True
        while self._waiting:
            self._skip_gap()

    def arrival(self) -> Arrival:
        """Return the counts so far; chunks that may still come do not count as lost."""
        return Arrival(
            received=self._received,
            lost=self._lost,
            late=self._late,
            repeated=self._repeated,
            outliers=self._outliers,
        )

    def _open(self, number: int, piece: T) -> None:
        if not self._waiting:
            self._due = number + self._modulus  # a turn on, so that what came before it has a number, too
        self._insert(number, piece)
        if len(self._waiting) >= _INITIAL_PIECES:
            self._is_open, self._due = True, min(self._waiting)
            self._release()

    def _insert(self, number: int, piece: T) -> None:
        place = self._unwrapped(number)
        if abs(place - self._due) > _MAX_JUMP:
            self._handle_outlier(place, piece)
        elif place < self._due and self._is_open:
            self._late += 1
        elif place in self._waiting:
            self._repeated += 1
        else:
            self._suspect = -1
            self._waiting[place] = piece
            self._release()

    def _unwrapped(self, number: int) -> int:
        """Return the place nearest to the one due that bears this number."""
        ahead = (number - self._due) % self._modulus
        return self._due + (ahead - self._modulus if ahead > self._modulus // 2 else ahead)

    def _handle_outlier(self, place: int, piece: T) -> None:
        """Drop a distant number, unless it follows another distant one: then the sender has restarted there."""
        follows, self._suspect = place == self._suspect, place + 1
        if not follows:
            self._outliers += 1
            return
        self.flush()
        self._due, self._suspect = place + self._modulus, -1
        self._waiting[self._due] = piece
        self._release()

    def _release(self) -> None:
        if not self._is_open:
            return
        self._emit_ready()
        while len(self._waiting) > self._window:
            self._skip_gap()

    def _skip_gap(self) -> None:
        due = self._due if self._is_open and self._received else min(self._waiting)
        for _ in range(min(self._waiting) - due):
            self._lost += 1
            self._out(None)
        self._due = min(self._waiting)
        self._emit_ready()

    def _emit_ready(self) -> None:
        while (piece := self._waiting.pop(self._due, None)) is not None:
            self._due += 1
            self._received += 1
            self._out(piece)
        self._next = self._due % self._modulus
