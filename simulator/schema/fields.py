"""Field types of requests, with their limits and error codes."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import shorten
from typing import Any

from simulator.schema.errors import Problem, missing

# Checks several fields of the object at this JSON pointer together, once each is valid by itself.
Condition = Callable[[Mapping[str, Any], str], Iterator[Problem]]

_MAX_LISTED_CHARS = 500


@dataclass(frozen=True, kw_only=True)
class Field:
    """Any JSON value; `code` is the carrier's specific error code for this parameter, if it has one."""

    required: bool = False
    code: str | None = None

    def problems(self, value: object, at: str) -> Iterator[Problem]:  # noqa: ARG002 - any value will do
        """Yield the errors of a given value; `at` is its JSON pointer."""
        return iter(())

    def wrong_type(self, wanted: str, at: str) -> Problem:
        """Return the error for a value of another type."""
        return Problem(self.code or "10015", "Invalid parameter", f"{at} must be {wanted}.", at)

    def out_of_range(self, detail: str, at: str) -> Problem:
        """Return the error for a value beyond its limits."""
        return Problem(self.code or "10033", "Value out of range", f"{at} {detail}.", at)


@dataclass(frozen=True, kw_only=True)
class Text(Field):
    """A string, with limits on its length and its characters."""

    minimum: int = 0
    maximum: int | None = None
    chars: str | None = None

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield a wrong type, length or character."""
        if not isinstance(value, str):
            yield self.wrong_type("a string", at)
        elif len(value) < self.minimum or (self.maximum is not None and len(value) > self.maximum):
            yield self.out_of_range(f"must have {self.minimum} to {self.maximum} characters", at)
        elif self.chars is not None and re.fullmatch(f"[{self.chars}]*", value) is None:
            yield Problem(
                self.code or "10015", "Invalid characters", f"{at} holds a character that is not allowed.", at
            )


@dataclass(frozen=True, kw_only=True)
class Whole(Field):
    """An integer within limits; neither a string of digits nor a boolean."""

    minimum: int | None = None
    maximum: int | None = None

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield a wrong type or range."""
        if isinstance(value, bool) or not isinstance(value, int):
            yield self.wrong_type("an integer", at)
        elif (self.minimum is not None and value < self.minimum) or (self.maximum is not None and value > self.maximum):
            yield self.out_of_range(f"must lie between {self.minimum} and {self.maximum}", at)


@dataclass(frozen=True, kw_only=True)
class Decimal(Field):
    """A number within limits; `above` is an exclusive minimum."""

    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield a wrong type or range."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield self.wrong_type("a number", at)
        elif (self.minimum is not None and value < self.minimum) or (self.maximum is not None and value > self.maximum):
            yield self.out_of_range(f"must lie between {self.minimum} and {self.maximum}", at)
        elif self.above is not None and value <= self.above:
            yield self.out_of_range(f"must be more than {self.above}", at)


@dataclass(frozen=True, kw_only=True)
class Flag(Field):
    """A JSON boolean."""

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield a wrong type."""
        if not isinstance(value, bool):
            yield self.wrong_type("true or false", at)


@dataclass(frozen=True)
class Choice(Field):
    """One of a closed set."""

    of: tuple[str | int, ...]

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield a value outside the set; true does not count as 1."""
        if isinstance(value, bool) or value not in self.of:
            listed = shorten(", ".join(map(str, self.of)), _MAX_LISTED_CHARS, placeholder=" …")
            yield Problem(self.code or "10032", "Invalid enumeration value", f"{at} must be one of: {listed}.", at)


@dataclass(frozen=True, kw_only=True)
class Base64(Field):
    """Base64, as client_state must be."""

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield text that does not decode."""
        if not isinstance(value, str) or not _decodes(value):
            yield self.wrong_type("a base64 string", at)


@dataclass(frozen=True)
class Items(Field):
    """A list whose items have one type."""

    of: Field
    maximum: int | None = field(default=None, kw_only=True)

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield the errors of the list and of each item."""
        if not isinstance(value, list):
            yield self.wrong_type("a list", at)
            return
        if self.maximum is not None and len(value) > self.maximum:
            yield self.out_of_range(f"may have at most {self.maximum} items", at)
        for index, item in enumerate(value):
            yield from self.of.problems(item, f"{at}/{index}")


@dataclass(frozen=True)
class Record(Field):
    """An object with these fields; unknown fields are allowed."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = field(default=(), kw_only=True)

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield the errors of its fields, or else the broken conditions."""
        if not isinstance(value, dict):
            yield self.wrong_type("an object", at)
            return
        yield from check_fields(self.fields, value, at=at, conditions=self.conditions)


@dataclass(frozen=True)
class MapOf(Field):
    """An object whose values have one type."""

    of: Field

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield the errors of its values."""
        if not isinstance(value, dict):
            yield self.wrong_type("an object", at)
            return
        for name, item in value.items():
            yield from self.of.problems(item, f"{at}/{name}")


@dataclass(frozen=True, kw_only=True)
class Loop(Field):
    """A repetition count: 1 to 100, also as a string, or `infinity`."""

    code: str | None = "90009"

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield any other count."""
        text = "" if isinstance(value, bool) else str(value)
        if text != "infinity" and not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= 100):
            yield self.out_of_range("must be 1 to 100, or infinity", at)


@dataclass(frozen=True)
class OneOrMany(Field):
    """One value or a non-empty list; `each` is the type of list items where it differs."""

    of: Field
    each: Field | None = field(default=None, kw_only=True)

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield the errors of the value or of each item."""
        if not isinstance(value, list):
            yield from self.of.problems(value, at)
        elif not value:
            yield missing(at)
        else:
            yield from Items(self.each or self.of).problems(value, at)


def check_fields(
    fields: Mapping[str, Field],
    body: Mapping[str, object],
    *,
    at: str = "",
    conditions: tuple[Condition, ...] = (),
) -> Iterator[Problem]:
    """Yield missing required fields and invalid given ones, or else the broken conditions.

    Null counts as missing.
    """
    problems = list(_each_field(fields, body, at))
    if not problems:
        problems = [problem for condition in conditions for problem in condition(body, at)]
    yield from problems


def _each_field(fields: Mapping[str, Field], body: Mapping[str, object], at: str) -> Iterator[Problem]:
    # In the order of the schema, which has far more fields than a body.
    for name in [name for name, kind in fields.items() if kind.required or name in body]:
        kind, value = fields[name], body.get(name)
        if value is not None:
            yield from kind.problems(value, f"{at}/{name}")
        elif kind.required:
            yield missing(f"{at}/{name}")


def _decodes(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
