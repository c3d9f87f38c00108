"""Polls the API: an outage is printed once and waited out; only a lasting one ends the polling."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from rich.console import Console

from orchestrator.cli.api_errors import ApiError, ApiUnreachable

T = TypeVar("T")

GIVE_UP_AFTER_S = 120.0
_MAY_PASS = (408, 429)


class ApiPoller:
    """Reads from an API that may be restarted meanwhile."""

    def __init__(self, console: Console, *, clock: Callable[[], float] = monotonic) -> None:
        self._console, self._clock = console, clock
        self._failing_since: float | None = None

    def ask(self, look: Callable[[], T]) -> T | None:
        """Return what `look` reads, or None while the API is unavailable.

        Raises ApiError for a definite no, and what went wrong last when nothing has come for two minutes.
        """
        try:
            answer = look()
        except (ApiUnreachable, ApiError) as err:
            if not _may_pass(err) or self._has_lasted():
                raise
            self._say(f"no answer ({_first_line(err)}); asking on for {GIVE_UP_AFTER_S:.0f} s")
            self._failing_since = self._failing_since if self._failing_since is not None else self._clock()
            return None
        if self._failing_since is not None:
            self._failing_since = None
            self._console.print("the API answers again", markup=False)
        return answer

    def _has_lasted(self) -> bool:
        return self._failing_since is not None and self._clock() - self._failing_since > GIVE_UP_AFTER_S

    def _say(self, what: str) -> None:
        if self._failing_since is None:
            self._console.print(what, markup=False)


def _may_pass(err: ApiUnreachable | ApiError) -> bool:
    return isinstance(err, ApiUnreachable) or err.status >= 500 or err.status in _MAY_PASS


def _first_line(err: Exception) -> str:
    return str(err).partition("\n")[0]
