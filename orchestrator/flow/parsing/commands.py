"""Reads a command's fields: what is ours to set is refused, the rest is held against the command's model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from orchestrator.flow.actions import Command, Nested, Value
from orchestrator.flow.parsing.context import Desk, suggestion
from orchestrator.flow.parsing.default_timeouts import stall_after_s
from orchestrator.flow.parsing.fields import (
    command_body,
    field_names,
    own_problems,
    stand_in,
    takes_text,
    takes_text_only,
)
from orchestrator.flow.parsing.nested_values import read_shape
from orchestrator.flow.parsing.speech import check_speech
from orchestrator.flow.syntax.node import Kind, Spot
from orchestrator.flow.templating.templates import Template, has_places
from orchestrator.flow.vocabulary import FORBIDDEN_FIELDS, FORBIDDEN_IN_DIAL, FORBIDDEN_PREFIX, OUR_RECEIVER, OURS

_NESTED_OURS = frozenset({"client_state", "command_id"})


class _Fields:
    """The fields of one command while they are read: what stands there, and what is still to be filled in."""

    def __init__(self, action: str, command: Spot, given: Mapping[str, Spot]) -> None:
        self.action = action
        self.command = command
        self.given = given
        self.plain: dict[str, Any] = {}
        self.later: dict[str, Value | Nested] = {}
        self.broken: set[str] = set()


def read_command(desk: Desk, action: str, spot: Spot) -> Command:
    """Return a step's command, the flow's defaults included; every wrong field is told."""
    return _built(_read(desk, action, spot, desk.defaults.get(action, {})))


def read_dial(desk: Desk, spot: Spot) -> dict[str, Any]:
    """Return the flow's share of the dial command; there is no contact yet, so nothing can be filled in."""
    fields = _read(desk, "dial", spot, {})
    for name in fields.later:
        desk.tell(fields.given[name], "dial is the same for every contact: {{ … }} cannot be used in it")
    return {} if fields.broken or fields.later else _body_or_nothing("dial", fields.plain)


def read_defaults(desk: Desk, action: str, spot: Spot) -> dict[str, Spot]:
    """Return the default fields of a command; each is checked on its own."""
    entries = _allowed(desk, action, spot)
    for name, entry in entries.items():
        value = _plain(desk, action, name, entry)
        if isinstance(value, str | int | float | list | dict):
            _tell_all(desk, action, entry, own_problems(action, name, value), within=name)
    return {name: entry for name, entry in entries.items() if name in field_names(action)}


def _read(desk: Desk, action: str, spot: Spot, defaults: Mapping[str, Spot]) -> _Fields:
    fields = _Fields(action, spot, {**defaults, **_allowed(desk, action, spot)})
    for name, entry in fields.given.items():
        value = _plain(desk, action, name, entry)
        if value is None:
            fields.broken.add(name)
        elif isinstance(value, Template | Nested):
            fields.later[name] = value
        else:
            fields.plain[name] = value
    _validate(desk, fields, set(defaults))
    check_speech(desk, fields.given, {**fields.plain, **fields.later})
    return fields


def _allowed(desk: Desk, action: str, spot: Spot) -> dict[str, Spot]:
    """Return the fields that a flow may set."""
    if not desk.expect(spot, Kind.MAP, action):
        return {}
    allowed = {}
    for name, entry in spot.entries():
        if (why := _ours(action, name)) is not None:
            desk.tell(entry, why, line=entry.node.key_line)
        elif name not in field_names(action):
            more = suggestion(name, field_names(action))
            desk.tell(entry, f"{action} has no field {name}{more}", line=entry.node.key_line)
        else:
            _refuse_nested(desk, entry)
            allowed[name] = entry
    return allowed


def _ours(action: str, name: str) -> str | None:
    if name == "client_state":
        return "client_state is set by the engine; what you want back goes in the step's own state:"
    if name in FORBIDDEN_FIELDS or name.startswith(FORBIDDEN_PREFIX):
        return f"{name} is set by the engine and cannot stand in a flow"
    if action == "dial" and name in FORBIDDEN_IN_DIAL:
        return f"{name} comes from the campaign and its contacts and cannot stand in a flow"
    return None


def _refuse_nested(desk: Desk, spot: Spot) -> None:
    for name, entry in spot.entries():
        if name in _NESTED_OURS:
            desk.tell(entry, f"{name} is set by the engine and cannot stand in a flow", line=entry.node.key_line)
        _refuse_nested(desk, entry)
    for item in spot.items():
        _refuse_nested(desk, item)


def _plain(desk: Desk, action: str, name: str, spot: Spot) -> Any:
    """Return a field's value, a Template, or a Nested; None when a problem was told."""
    if spot.kind is Kind.BRACES:
        desk.tell_not_text(spot, name)
        return None
    if spot.kind is Kind.NUMBER and spot.node.value is None and not takes_text(action, name):
        return desk.scalar(spot, name)
    if spot.kind in {Kind.NUMBER, Kind.TRUTH, Kind.NOTHING} and takes_text_only(action, name):
        desk.tell_not_text(spot, name)
        return None
    if spot.kind is Kind.NUMBER and name == "to":
        desk.tell_not_text(spot, name)
        return None
    if spot.kind is Kind.NOTHING:
        desk.tell(spot, f"{name} has no value here; give it one or leave it out")
        return None
    if spot.kind is Kind.TEXT and has_places(spot.node.value):
        return desk.template(spot, spot.node.value)
    if spot.kind in {Kind.MAP, Kind.LIST}:
        shape, has_any = read_shape(desk, spot)
        return Nested(shape) if has_any else shape
    if name == "stream_url" and spot.node.value == OURS:
        return _our_receiver(desk, action, spot)
    return spot.node.value


def _our_receiver(desk: Desk, action: str, spot: Spot) -> str | None:
    if action == "dial":
        desk.tell(spot, "dial cannot stream to our own receiver: write a step streaming_start: {stream_url: ours}")
        return None
    return OUR_RECEIVER


def _validate(desk: Desk, fields: _Fields, defaulted: set[str]) -> None:
    """Hold the fields against the model, with stand-ins where something is still to be filled in or was wrong."""
    missing = {name: stand_in(fields.action, name) for name in (*fields.later, *sorted(fields.broken))}
    known = {name: value for name, value in missing.items() if value is not None}
    try:
        command_body(fields.action, {**fields.plain, **known})
    except ValidationError as err:
        errors = [error for error in err.errors(include_url=False) if _concerns(error, set(missing), defaulted)]
        _tell_all(desk, fields.action, fields.command, errors, given=fields.given)
        fields.broken.update(str(error["loc"][0]) for error in errors if error["loc"])


def _concerns(error: Any, stood_in: set[str], defaulted: set[str]) -> bool:
    name = str(error["loc"][0]) if error["loc"] else ""
    # A default that is wrong by itself was told where it stands.
    return name not in stood_in and (name not in defaulted or error["type"] == "condition")


def _tell_all(
    desk: Desk, action: str, spot: Spot, errors: list[Any], *, given: Mapping[str, Spot] | None = None, within: str = ""
) -> None:
    for error in errors:
        loc = error["loc"]
        name = within or (str(loc[0]) if loc else "")
        if error["type"] == "missing" and len(loc) <= 1 and not within:
            desk.tell(spot, f"{action} needs {name}; write it here, or for all steps under defaults: {{{action}: …}}")
            continue
        place = spot if within else (given or {}).get(name, spot)
        place = _descend(place, loc if within else loc[1:])
        _tell_one(desk, place, name, error)


def _tell_one(desk: Desk, place: Spot, name: str, error: Any) -> None:
    if error["type"] == "string_type" and place.kind not in {Kind.TEXT, Kind.MAP, Kind.LIST}:
        desk.tell_not_text(place, name)
        return
    written = f", not {place.node.raw}" if place.node.raw and len(place.node.raw) <= 40 else ""
    message = str(error["msg"])
    desk.tell(place, f"{name}: {message[:1].lower()}{message[1:]}{written}")


def _descend(spot: Spot, loc: tuple[str | int, ...]) -> Spot:
    """Follow pydantic's location as far as the document has it; names of union members are skipped."""
    for part in loc:
        spot = spot.child(part) or spot
    return spot


def _built(fields: _Fields) -> Command:
    body = None if fields.later or fields.broken else _body_or_nothing(fields.action, fields.plain)
    return Command(
        action=fields.action,
        body=body,
        plain=fields.plain,
        # payload_type first: the texts that follow are escaped by it.
        fields=tuple(sorted(fields.later.items(), key=lambda field: field[0] != "payload_type")),
        textual=frozenset(name for name in fields.later if takes_text_only(fields.action, name)),
        stall_s=stall_after_s(fields.action, fields.plain),
    )


def _body_or_nothing(action: str, plain: dict[str, Any]) -> dict[str, Any]:
    try:
        return command_body(action, plain)
    except ValidationError:
        return {}
