"""Decides whether a request is sent again, and when: only where that has no second effect, and not for ever."""

from __future__ import annotations

from collections.abc import Callable
from random import uniform
from time import monotonic

from orchestrator_client.errors import ApiError, ClientError, NotReached, RateLimited
from orchestrator_client.requests import Request

_BACKOFF_S = (0.25, 0.75, 2.0)  # an API that is restarted is back by then


class Retries:
    """The attempts of one request; none begins later than `limit_s` after the first."""

    def __init__(self, request: Request, *, limit_s: float, clock: Callable[[], float] = monotonic) -> None:
        self._request, self._clock = request, clock
        self._until, self._left = clock() + limit_s, list(_BACKOFF_S)

    def pause_after(self, failure: ClientError) -> float | None:
        """Return the seconds to wait before the next attempt; None if the failure is final."""
        if not (self._left and self._request.may_be_repeated and _may_pass(failure)):
            return None
        backoff_s = self._left.pop(0) * uniform(0.5, 1.0)  # noqa: S311 no secret: clients that failed together part
        asked_s = failure.retry_after_s if isinstance(failure, ApiError) else None
        pause_s = backoff_s if asked_s is None else asked_s
        return pause_s if self._clock() + pause_s <= self._until else None


def _may_pass(failure: ClientError) -> bool:
    if isinstance(failure, ApiError):
        is_first_one_running = failure.code == "idempotency_in_progress"
        return failure.status == 503 or isinstance(failure, RateLimited) or is_first_one_running
    return isinstance(failure, NotReached)
