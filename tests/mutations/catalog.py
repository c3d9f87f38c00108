"""Reads the list of mutations: a TOML file for each area, one table for each line that keeps a promise."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).parent / "list"


class MutationOutOfDate(Exception):
    """Raised when a mutation no longer fits the source: its line has moved or changed."""


@dataclass(frozen=True)
class Mutation:
    """One edit that breaks a promise: in `file` the text `find`, which stands there once, becomes `replace`."""

    name: str
    breaks: str  # the promise, as a sentence
    file: str
    find: str
    replace: str
    tests: tuple[str, ...]  # pytest node ids, of which at least one must fail

    def applied_to(self, source: str) -> str:
        """Return the mutated source; raises MutationOutOfDate unless `find` stands in it exactly once."""
        if (count := source.count(self.find)) != 1:
            raise MutationOutOfDate(f"{self.name}: the text to mutate stands {count} times in {self.file}, not once")
        return source.replace(self.find, self.replace)


def read_mutations() -> list[Mutation]:
    """Return every mutation of the list, sorted by file and name."""
    tables = [
        {**table, "name": f"{path.stem}/{name}"}
        for path in sorted(LIST.glob("*.toml"))
        for name, table in tomllib.loads(path.read_text()).items()
    ]
    return [Mutation(**{**table, "tests": tuple(table["tests"])}) for table in tables]
