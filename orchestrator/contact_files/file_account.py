"""What became of the rows of a file: how many there were, how many were taken, and what was wrong with the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from orchestrator.contact_files.contact_rows import ContactProblem, in_a_file
from orchestrator.contact_files.problem_kinds import ProblemKinds

ERRORS_KEPT = 100


@dataclass
class FileAccount:
    """The account of a file; `errors` and `notes` are the first 100: (row, problem).

    `notes` are accepted rows whose cell may mean several numbers: all of them are taken.
    """

    rows: int = 0
    accepted: int = 0
    invalid: int = 0
    errors: list[tuple[int, ContactProblem]] = field(default_factory=list)
    notes: list[tuple[int, ContactProblem]] = field(default_factory=list)
    _details: dict[int, str] = field(default_factory=dict)
    _kinds: ProblemKinds = field(default_factory=ProblemKinds)

    def refuse(self, row: int, problem: ContactProblem) -> None:
        """Count a refused row."""
        problem = in_a_file(problem)
        self.invalid += 1
        if self._kinds.add(row, status="invalid", code=problem.code, of=problem.field):
            self._details[row] = problem.detail
        if len(self.errors) < ERRORS_KEPT:
            self.errors.append((row, problem))

    def problems(self) -> list[dict[str, Any]]:
        """Return the refused rows by kind, with the detail of the first of each."""
        return [{**kind, "detail": self._details[kind["rows"][0]]} for kind in self._kinds.as_json()]
