"""What a process of the API begins with its server, and ends with it: telling its counts, sending its spans."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator.services import Services
from orchestrator.store.redis.told_counts import tell_in_background
from orchestrator.traces import begin_tracing


def lifetime_of(services: Services, *, process: str) -> Callable[[], Callable[[], None]]:
    """Return what begins it all and returns what ends it."""

    def begin() -> Callable[[], None]:
        end_counts = tell_in_background(services.redis, services.keys)
        end_tracing = begin_tracing(services.settings.otlp_endpoint, process=process)

        def end() -> None:
            end_counts()
            end_tracing()

        return end

    return begin
