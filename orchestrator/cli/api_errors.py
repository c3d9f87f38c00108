"""What the API refuses, and that none answers, in the words of the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orchestrator.errors import OrchestratorError

_ONE_PROBLEM = "1 problem"


class ApiError(OrchestratorError):
    """Raised when the API answers with an error; the message has the detail and every wrong field."""

    def __init__(self, status: int, problem: dict[str, Any], *, named: Callable[[str], str] = str) -> None:
        fields = [f"{_where(error, named)}{error.get('detail', '')}" for error in problem.get("errors", [])]
        what = (problem.get("detail") or problem.get("title") or "no reason given").removesuffix("; see errors.")
        what += f" It may be dialed from {problem['until']} on." if problem.get("until") else ""
        if len(fields) == 1 and what == _ONE_PROBLEM:
            what, fields = fields[0], []
        super().__init__("\n".join([f"{what} ({status})", *(f"  {field}" for field in fields)]))
        self.status, self.problem = status, problem


class ApiUnreachable(OrchestratorError):
    """Raised when the API is unreachable; the message is the remedy."""


def _where(error: dict[str, Any], named: Callable[[str], str]) -> str:
    """Return the place of an error, a line of a flow or a field, with a colon; "" for the whole body."""
    if line := error.get("line"):
        return f"line {line}" + (f", step {error['step']}: " if error.get("step") else ": ")
    return f"{named(error['pointer'])}: " if error.get("pointer") else ""
