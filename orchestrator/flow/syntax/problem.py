"""A problem of a flow: where it is and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class FlowProblem:
    """A problem of a flow; `step` is None outside of steps, `line` counts from 1, `pointer` is a JSON pointer."""

    step: str | None
    line: int
    pointer: str
    detail: str

    def __str__(self) -> str:
        where = f"line {self.line}" + (f", step {self.step}" if self.step else "")
        return f"{where}: {self.detail}"


class Findings(NamedTuple):
    """The findings of a check, in the order of the lines: `problems` make a flow unacceptable, `warnings` do not."""

    problems: list[FlowProblem]
    warnings: list[FlowProblem]
