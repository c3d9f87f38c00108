"""The sessions of those whose pages ask by themselves for what is new: all of them are read in one statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from time import monotonic

from orchestrator.operations.access.sign_in import Session

_KEPT_S = 2.0
_WATCHES_S = 10.0  # whoever has not asked for so long has closed the page

Read = Callable[[Sequence[bytes]], Mapping[bytes, Session]]


class Watching:
    """Knows who watches, and whose session that is; of its end it learns within two seconds.

    `read` returns the sessions of these tokens' digests that last.
    """

    def __init__(self, read: Read, *, age_clock: Callable[[], float] = monotonic) -> None:
        self._read, self._age_clock = read, age_clock
        self._sessions: Mapping[bytes, Session] = {}
        self._asked_at: dict[bytes, float] = {}
        self._until = 0.0
        self._lock = Lock()

    def session(self, digest: bytes) -> Session | None:
        """Return the session of a token's digest; None for one that is over, was ended, or there never was."""
        with self._lock:
            now = self._age_clock()
            self._asked_at[digest] = now
            if now >= self._until or digest not in self._sessions:
                self._read_all(now)
            return self._sessions.get(digest)

    def _read_all(self, now: float) -> None:
        watching = [digest for digest, at in self._asked_at.items() if at > now - _WATCHES_S]
        self._sessions = {}  # nobody is let in by what was read before, should this fail
        self._sessions = self._read(watching)
        self._asked_at = {digest: self._asked_at[digest] for digest in self._sessions}
        self._until = now + _KEPT_S
