"""Options of a stack on one machine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Carrier(StrEnum):
    """The carrier of the calls."""

    SIMULATOR = "simulator"
    TELNYX = "telnyx"


@dataclass(frozen=True, kw_only=True)
class StackOptions:
    """The options of `orchestrator up`.

    None for a limit means that of the settings, or of the simulator; `fresh` empties the data folder first.
    """

    data: Path
    port: int = 8000
    workers: int = 1
    carrier: Carrier = Carrier.SIMULATOR
    flower: bool = True
    media: bool = False
    time_scale: float = 1.0
    calls_per_second: float | None = None
    max_live_calls: int | None = None
    fresh: bool = False
