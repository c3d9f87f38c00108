"""Requests are read strictly, and every finding points at its place."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
import pytest
from pydantic import BaseModel, ConfigDict, Field

from api.http.problems import Malformed
from api.http.request_parsing import parse_json
from orchestrator.errors import InvalidInput
from orchestrator.telnyx.commands import COMMANDS


class _Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class _Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True)

    many: int
    fast: float = 1.0
    any: Any = None


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


def test_a_whole_number_may_be_written_with_a_point() -> None:
    read = parse_json(b'{"many": 2134.0, "fast": 2, "any": [2134.0]}', _Strict)

    assert (read.many, type(read.many), read.any) == (2134, int, [2134.0])
    assert parse_json(b'{"pet": {"kind": "cat", "lives": 9.0}}', _Owner).pet == _Cat(kind="cat", lives=9)


@pytest.mark.parametrize("many", ["2134.5", '"2134"', "true", "1e300", "null"])
def test_what_is_no_whole_number_is_refused_as_one(many: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_json(b'{"many": %s}' % many.encode(), _Strict)

    assert [error["pointer"] for error in refused.value.errors] == ["/many"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"payload": "x", "voice": "female", "loop": True}, "/loop"),
        (
            {"payload": "x", "voice": "female", "voice_settings": {"type": "rime", "voice_speed": False}},
            "/voice_settings",
        ),
    ],
)
def test_a_command_in_json_takes_no_yes_for_a_number(body: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_json(orjson.dumps(body), COMMANDS["speak"])

    assert all(error["pointer"].startswith(pointer) for error in refused.value.errors)


@pytest.mark.parametrize("overlay", [0, "false"])
def test_a_command_in_json_takes_no_number_and_no_text_for_a_yes(overlay: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_json(orjson.dumps({"overlay": overlay}), COMMANDS["playback_stop"])

    assert [(error["pointer"], error["code"]) for error in refused.value.errors] == [("/overlay", "bool_type")]


def test_a_command_in_json_takes_no_text_for_a_number_and_a_flow_may_give_one() -> None:
    with pytest.raises(InvalidInput):
        parse_json(b'{"maximum_digits": "4"}', COMMANDS["gather"])

    assert COMMANDS["gather"].model_validate({"maximum_digits": "4"}).body() == {"maximum_digits": 4}
