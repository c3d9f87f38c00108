"""The values that a campaign gives to all its contacts; a contact's own value wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from orchestrator.policy.names import unseen_in, unspeakable_in


def _one_of_four(value: Any) -> Any:
    """Refuse what is none of these once, and not once for each of them."""
    if not isinstance(value, str | int | float | bool):
        raise PydanticCustomError("not_a_value", NO_VALUE)
    return value


NO_VALUE: Final = "write text, a number, true or false"
Value = Annotated[str | int | float | bool, BeforeValidator(_one_of_four)]

LONGEST_TEXT = 4_000
LONGEST_NAME = 200
MOST_VARIABLES = 200
LARGEST_NUMBER = 2**63


def is_blank(value: Any) -> bool:
    """Return whether a value says nothing: an empty text is none."""
    return value is None or (isinstance(value, str) and not value.strip())


def with_shared(own: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    """Return a contact's variables, those that say nothing filled with what its campaign has for everybody."""
    filled = {name: value for name, value in shared.items() if is_blank(own.get(name))}
    return {**own, **filled}


def given_to_all(required: Iterable[str], shared: Mapping[str, Any]) -> frozenset[str]:
    """Return those of the inputs that a flow requires that a campaign gives to every contact."""
    return frozenset(name for name in required if not is_blank(shared.get(name)))


def is_plain_number(value: Any) -> bool:
    """Return whether a value is true, false or a number that JSON takes everywhere: neither NaN nor infinity."""
    return isinstance(value, bool | int | float) and abs(value) < LARGEST_NUMBER


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    if len(values) > MOST_VARIABLES:
        raise PydanticCustomError("variables", f"at most {MOST_VARIABLES} names and values")
    for name, value in values.items():
        if why := _why_no_name(name) or (value is not None and _why_no_value(value)):
            raise PydanticCustomError("variables", "{name}: {why}", {"name": name, "why": why})
    return values


def _why_no_name(name: str) -> str | None:
    if not name.strip() or len(name) > LONGEST_NAME:
        return f"a name has 1 to {LONGEST_NAME} characters"
    return f"the name holds {found}" if (found := unseen_in(name)) else None


def _why_no_value(value: Value) -> str | None:
    if not isinstance(value, str):
        return None if is_plain_number(value) else NO_VALUE
    if len(value) > LONGEST_TEXT:
        return f"at most {LONGEST_TEXT} characters"
    return f"it holds {found}, which no text may" if (found := unspeakable_in(value)) else None


Shared = Annotated[
    dict[str, Value],
    AfterValidator(_checked),
    Field(description="Values for the flow's inputs that all contacts share; a contact's own value wins."),
]
"""Variables for everybody, checked like those of a contact."""

SharedChanges = Annotated[
    dict[str, Value | None],
    AfterValidator(_checked),
    Field(description="Merged into the values for everybody; null removes one. Calls under way keep what they have."),
]
"""Changes of them: null takes one away."""
