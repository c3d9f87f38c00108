"""Looks up names with no more patience than a budget has: a look-up knows no timeout of its own."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from threading import Thread

from orchestrator.web.bounded_http import Budget
from orchestrator.web.ssrf_guard import Resolve


def resolve_within(resolve: Resolve, budget: Budget) -> Resolve:
    """Return `resolve`, which then raises TimeoutError when the budget is over."""

    def resolve_in_time(host: str, port: int) -> list[str]:
        found: SimpleQueue[list[str] | Exception] = SimpleQueue()

        def look_up() -> None:
            try:
                found.put(list(resolve(host, port)))
            except (OSError, UnicodeError) as err:
                found.put(err)

        Thread(target=look_up, daemon=True, name="resolve").start()
        try:
            answer = found.get(timeout=max(budget.left(), 0.001))
        except Empty as err:
            raise TimeoutError("the name was not found in time") from err
        if isinstance(answer, Exception):
            raise answer
        return answer

    return resolve_in_time
