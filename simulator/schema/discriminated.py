"""Objects with several schemas, chosen by the value of one field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from simulator.schema.errors import Problem, missing
from simulator.schema.fields import Choice, Field, Record


@dataclass(frozen=True, kw_only=True)
class Discriminated(Field):
    """An object whose field `by` chooses the schema of the others."""

    by: str
    of: Mapping[str, Record]

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield a missing or unknown discriminator, or else the errors of the chosen schema."""
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
