"""What is to be run: a command line, how one knows that it is ready, and how it is asked to end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


def _at_once() -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program of the stack.

    `death_signal` reaches it when its parent dies without a word; `patience_s` is how long it may take to end after
    `stop_signal` before it is killed. It is ready when `ready` says so (asked often; never raises, answers within a
    second or so) and `ready_line`, if any, is in its log.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    ready: Callable[[], bool] = _at_once
    ready_line: str | None = None
    ready_within_s: float = 180.0  # a bound on hanging: a busy machine is slow, and what ends is told at once
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    patience_s: float = 10.0
    drops_root: bool = False
