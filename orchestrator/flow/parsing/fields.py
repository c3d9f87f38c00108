"""Queries a command's model: its field names, their types, and a value that each of them accepts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from orchestrator.telnyx.commands import COMMANDS

_LIKELY: Final = (
    "1",
    "x",
    "+13125550142",
    "https://example.test/a",
    "wss://example.test/a",
    1,
    True,
    0.5,
    ["x"],
    {"x": "x"},
)
_REQUIRED: Final[dict[str, dict[str, Any]]] = {
    "client_state_update": {"client_state": "eA=="},
    "dial": {"connection_id": "1", "from": "+13125550142", "to": "+13125550143"},
}


@cache
def field_names(action: str) -> frozenset[str]:
    """Return the fields of a command under the carrier's names."""
    return frozenset(_by_name(COMMANDS[action]))


@cache
def takes_text_only(action: str, name: str) -> bool:
    """Whether the field is text and nothing else."""
    return _kinds(action, name) == {"string"}


@cache
def takes_text(action: str, name: str) -> bool:
    """Whether the field may be text."""
    return "string" in _kinds(action, name)


@cache
def stand_in(action: str, name: str) -> Any:
    """Return a value the field accepts in a template's place, or None if none was found."""
    adapter = _adapter(action, name)
    for candidate in (*_listed(adapter.json_schema()), *_LIKELY):
        try:
            adapter.validate_python(candidate)
        except ValidationError:
            continue
        return candidate
    return None


def own_problems(action: str, name: str, value: Any) -> list[Any]:
    """Return what is wrong with one field's value, taken alone."""
    try:
        _adapter(action, name).validate_python(value)
    except ValidationError as err:
        return list(err.errors(include_url=False))
    return []


def command_body(action: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON-ready body, with stand-ins for what the engine adds later; raise pydantic's ValidationError."""
    added = _REQUIRED.get(action, {})
    body = COMMANDS[action].model_validate({**added, **fields}).body()
    return {name: value for name, value in body.items() if name not in added}


def _by_name(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {info.alias or name: info for name, info in model.model_fields.items()}


@cache
def _adapter(action: str, name: str) -> TypeAdapter[Any]:
    info = _by_name(COMMANDS[action])[name]
    shape: Any = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
    return TypeAdapter(shape)


def _kinds(action: str, name: str) -> set[str]:
    schema = _adapter(action, name).json_schema()
    return {str(part.get("type", "object")) for part in _parts(schema)} - {"null"}


def _parts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for part in schema.get("anyOf", [schema]):
        if "anyOf" in part:
            yield from _parts(part)
        elif "enum" in part or "const" in part:
            yield {"type": "string"} if isinstance(part.get("const", (part.get("enum") or [""])[0]), str) else part
        else:
            yield part


def _listed(schema: dict[str, Any]) -> Iterator[Any]:
    for part in schema.get("anyOf", [schema]):
        yield from part.get("enum", [])
        if "const" in part:
            yield part["const"]
