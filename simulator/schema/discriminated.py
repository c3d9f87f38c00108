"""Objects that come in several shapes, told apart by one of their fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from simulator.schema.errors import Problem, missing
from simulator.schema.fields import Choice, Field, Record


@dataclass(frozen=True, kw_only=True)
class Discriminated(Field):
    """An object whose field `by` names the shape of the others."""

    by: str
    of: Mapping[str, Record]

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield a name that is missing or unknown, or else what is wrong with the shape it names."""
        if not isinstance(value, dict):
            yield self.wrong_type("an object", at)
            return
        name = value.get(self.by)
        if name is None:
            yield missing(f"{at}/{self.by}")
        elif isinstance(name, str) and name in self.of:
            yield from self.of[name].problems(value, at)
        else:
            yield from Choice(tuple(self.of)).problems(name, f"{at}/{self.by}")
