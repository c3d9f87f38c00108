"""Requests are read strictly, and every finding points at its place."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
import pytest
from pydantic import BaseModel, ConfigDict, Field

from api.parse import parse_json
from api.problems import Malformed
from orchestrator.errors import InvalidInput


class _Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class _Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


class _Owner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    pet: Annotated[_Cat | _Dog, Field(discriminator="kind")]
    notes: dict[str, str] = {}


def _pointers(document: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        parse_json(orjson.dumps(document), _Owner)
    return {error["pointer"]: error["code"] for error in refused.value.errors}


def test_a_pointer_leaves_out_the_names_of_union_members() -> None:
    assert _pointers({"pet": {"kind": "dog", "tricks": ["sit", 5]}}) == {"/pet/tricks/1": "string_type"}
    assert _pointers({"pet": {"kind": "cat"}}) == {"/pet/lives": "required"}


def test_a_pointer_escapes_what_json_pointers_must() -> None:
    assert _pointers({"pet": {"kind": "cat", "lives": 9}, "notes": {"a/b~c": 1}}) == {"/notes/a~1b~0c": "string_type"}


def test_null_characters_are_found_in_values_and_names() -> None:
    found = _pointers({"pet": {"kind": "cat", "lives": 9}, "notes": {"a\0": "x", "b": "y\0"}})

    assert found == {"/notes": "nul", "/notes/b": "nul"}


def test_a_body_nested_too_deeply_is_refused() -> None:
    with pytest.raises(Malformed):
        parse_json(b'{"pet":' + b"[" * 5000 + b"]" * 5000 + b"}", _Owner)
