"""The names of tasks and queues, said once."""

from __future__ import annotations

from typing import Final

from orchestrator.store.redis.broker_queues import BROKER_PREFIX, QUEUE_COMMANDS, QUEUE_DIALS

__all__ = ["BROKER_PREFIX", "CALLS_DIAL", "CALLS_PERFORM", "QUEUE_COMMANDS", "QUEUE_DIALS"]

CALLS_DIAL: Final = "calls.dial"
CALLS_PERFORM: Final = "calls.perform"
