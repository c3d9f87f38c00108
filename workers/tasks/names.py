"""The names of tasks and queues, said once."""

from __future__ import annotations

from typing import Final

CALLS_DIAL: Final = "calls.dial"
CALLS_PERFORM: Final = "calls.perform"
QUEUE_DIALS: Final = "dials"
QUEUE_COMMANDS: Final = "commands"
BROKER_PREFIX: Final = "cel:"
