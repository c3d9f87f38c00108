"""The sessions of those whose pages ask by themselves for what is new: all of them are read in one statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from orchestrator.clock import boot_seconds
from orchestrator.operations.access.sign_in import Session
from orchestrator.shared_answers import SharedAnswers

_KEPT_S = 2.0
_WATCHES_S = 10.0  # whoever has not asked for so long has closed the page

Read = Callable[[Sequence[bytes]], Mapping[bytes, Session]]


class Watching:
    """Knows who watches, and whose session that is; of its end it learns within two seconds.

    `read` returns the sessions of these tokens' digests that last.
    """

    def __init__(self, read: Read, *, now: Callable[[], float] = boot_seconds) -> None:
        self._read, self._now = read, now
        self._sessions = SharedAnswers(kept_s=_KEPT_S, now=now)
        self._asked_at: dict[bytes, float] = {}

    def session(self, digest: bytes) -> Session | None:
        """Return the session of a token's digest; None for one that is over, was ended, or there never was."""
        self._asked_at[digest] = self._now()
        sessions = self._sessions.get("all", self._read_all)
        return sessions[digest] if digest in sessions else self._read([digest]).get(digest)

    def session_if_ready(self, digest: bytes) -> Session | None:
        """Return what `session` would without asking the store; None where it would have to. Never waits."""
        sessions = self._sessions.if_ready("all") or {}
        if digest not in sessions:
            return None
        self._asked_at[digest] = self._now()
        found: Session = sessions[digest]
        return found

    def _read_all(self) -> Mapping[bytes, Session]:
        left = self._now() - _WATCHES_S
        watching = [digest for digest, at in tuple(self._asked_at.items()) if at > left]
        sessions = self._read(watching)
        for digest in tuple(self._asked_at):
            if digest not in sessions:
                self._asked_at.pop(digest, None)
        return sessions
