"""Parses a command's fields: those that the engine sets are refused, the rest is validated by the command's model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from orchestrator.flow.actions import Command, Nested, Value
from orchestrator.flow.parsing.context import ParseContext, suggestion
from orchestrator.flow.parsing.default_timeouts import default_timeout_s
from orchestrator.flow.parsing.fields import (
    command_body,
    field_names,
    own_problems,
    stand_in,
    takes_text,
    takes_text_only,
)
from orchestrator.flow.parsing.nested_values import read_nested
from orchestrator.flow.parsing.speech import check_speech
from orchestrator.flow.syntax.node import DocumentNode, Kind
from orchestrator.flow.templating.templates import Template, has_places
from orchestrator.flow.vocabulary import FORBIDDEN_FIELDS, FORBIDDEN_IN_DIAL, FORBIDDEN_PREFIX, OURS
from orchestrator.model.own_streams import OWN_RECEIVER

_RESERVED_NESTED = frozenset({"client_state", "command_id"})


class _Fields:
    """The fields of one command during parsing: `plain` values, those rendered `later`, and `broken` ones."""

    def __init__(self, action: str, command: DocumentNode, given: Mapping[str, DocumentNode]) -> None:
        self.action = action
        self.command = command
        self.given = given
        self.plain: dict[str, Any] = {}
        self.later: dict[str, Value | Nested] = {}
        self.broken: set[str] = set()


def read_command(context: ParseContext, action: str, node: DocumentNode) -> Command:
    """Return a step's command, the flow's defaults included; report every invalid field."""
    return _built(_read(context, action, node, context.defaults.get(action, {})))


def read_dial(context: ParseContext, node: DocumentNode) -> dict[str, Any]:
    """Return the flow's fields of the dial command; templates are refused, because there is no contact yet."""
    fields = _read(context, "dial", node, {})
    for name in fields.later:
        context.report(fields.given[name], "dial is the same for every contact: {{ … }} cannot be used in it")
    return {} if fields.broken or fields.later else _body_or_nothing("dial", fields.plain)


def read_defaults(context: ParseContext, action: str, node: DocumentNode) -> dict[str, DocumentNode]:
    """Return the default fields of a command; each is checked on its own."""
    entries = _allowed(context, action, node)
    for name, entry in entries.items():
        value = _plain(context, action, name, entry)
        if isinstance(value, str | int | float | list | dict):
            _report_all(context, action, entry, own_problems(action, name, value), within=name)
    return {name: entry for name, entry in entries.items() if name in field_names(action)}


def _read(context: ParseContext, action: str, node: DocumentNode, defaults: Mapping[str, DocumentNode]) -> _Fields:
    fields = _Fields(action, node, {**defaults, **_allowed(context, action, node)})
    for name, entry in fields.given.items():
        value = _plain(context, action, name, entry)
        if value is None:
            fields.broken.add(name)
        elif isinstance(value, Template | Nested):
            fields.later[name] = value
        else:
            fields.plain[name] = value
    _validate(context, fields, set(defaults))
    check_speech(context, fields.given, {**fields.plain, **fields.later})
    return fields


def _allowed(context: ParseContext, action: str, node: DocumentNode) -> dict[str, DocumentNode]:
    """Return the fields that a flow may set."""
    if not context.expect(node, Kind.MAP, action):
        return {}
    allowed = {}
    for name, entry in node.entries():
        if (why := _reserved_reason(action, name)) is not None:
            context.report(entry, why, line=entry.key_line)
        elif name not in field_names(action):
            more = suggestion(name, field_names(action))
            context.report(entry, f"{action} has no field {name}{more}", line=entry.key_line)
        else:
            _refuse_nested(context, entry)
            allowed[name] = entry
    return allowed


def _reserved_reason(action: str, name: str) -> str | None:
    if name == "client_state":
        return "client_state is set by the engine; what you want back goes in the step's own state:"
    if name in FORBIDDEN_FIELDS or name.startswith(FORBIDDEN_PREFIX):
        return f"{name} is set by the engine and cannot stand in a flow"
    if action == "dial" and name in FORBIDDEN_IN_DIAL:
        return f"{name} comes from the campaign and its contacts and cannot stand in a flow"
    return None


def _refuse_nested(context: ParseContext, node: DocumentNode) -> None:
    for name, entry in node.entries():
        if name in _RESERVED_NESTED:
            context.report(entry, f"{name} is set by the engine and cannot stand in a flow", line=entry.key_line)
        _refuse_nested(context, entry)
    for item in node.items():
        _refuse_nested(context, item)


def _plain(context: ParseContext, action: str, name: str, node: DocumentNode) -> Any:
    """Return a field's value, a Template, or a Nested; None after reporting a problem."""
    if node.kind is Kind.BRACES:
        context.report_not_text(node, name)
        return None
    if node.kind is Kind.NUMBER and node.value is None and not takes_text(action, name):
        return context.scalar(node, name)
    if node.kind in {Kind.NUMBER, Kind.TRUTH, Kind.NOTHING} and takes_text_only(action, name):
        context.report_not_text(node, name)
        return None
    if node.kind is Kind.NUMBER and name == "to":
        context.report_not_text(node, name)
        return None
    if node.kind is Kind.NOTHING:
        context.report(node, f"{name} has no value here; give it one or leave it out")
        return None
    if node.kind is Kind.TEXT and has_places(node.value):
        return context.template(node, node.value)
    if node.kind in {Kind.MAP, Kind.LIST}:
        shape, has_any = read_nested(context, node)
        return Nested(shape) if has_any else shape
    if name == "stream_url" and node.value == OURS:
        return _own_receiver(context, action, node)
    return node.value


def _own_receiver(context: ParseContext, action: str, node: DocumentNode) -> str | None:
    if action == "dial":
        context.report(node, "dial cannot stream to our own receiver: write a step streaming_start: {stream_url: ours}")
        return None
    return OWN_RECEIVER


def _validate(context: ParseContext, fields: _Fields, defaulted: set[str]) -> None:
    """Validate the fields by the model, with stand-ins for templates and broken fields."""
    missing = {name: stand_in(fields.action, name) for name in (*fields.later, *sorted(fields.broken))}
    known = {name: value for name, value in missing.items() if value is not None}
    try:
        command_body(fields.action, {**fields.plain, **known})
    except ValidationError as err:
        errors = [error for error in err.errors(include_url=False) if _concerns(error, set(missing), defaulted)]
        _report_all(context, fields.action, fields.command, errors, given=fields.given)
        fields.broken.update(str(error["loc"][0]) for error in errors if error["loc"])


def _concerns(error: Any, stood_in: set[str], defaulted: set[str]) -> bool:
    name = str(error["loc"][0]) if error["loc"] else ""
    # A default that is invalid by itself was reported where it is written.
    return name not in stood_in and (name not in defaulted or error["type"] == "condition")


def _report_all(
    context: ParseContext,
    action: str,
    node: DocumentNode,
    errors: list[Any],
    *,
    given: Mapping[str, DocumentNode] | None = None,
    within: str = "",
) -> None:
    for error in errors:
        loc = error["loc"]
        name = within or (str(loc[0]) if loc else "")
        if error["type"] == "missing" and len(loc) <= 1 and not within:
            context.report(
                node, f"{action} needs {name}; write it here, or for all steps under defaults: {{{action}: …}}"
            )
            continue
        place = node if within else (given or {}).get(name, node)
        place = _descend(place, loc if within else loc[1:])
        _report(context, place, name, error)


def _report(context: ParseContext, place: DocumentNode, name: str, error: Any) -> None:
    if error["type"] == "string_type" and place.kind not in {Kind.TEXT, Kind.MAP, Kind.LIST}:
        context.report_not_text(place, name)
        return
    written = f", not {place.raw}" if place.raw and len(place.raw) <= 40 else ""
    message = str(error["msg"])
    context.report(place, f"{name}: {message[:1].lower()}{message[1:]}{written}")


def _descend(node: DocumentNode, loc: tuple[str | int, ...]) -> DocumentNode:
    """Follow pydantic's location as far as the document has it; names of union members are skipped."""
    for part in loc:
        node = node.child(part) or node
    return node


def _built(fields: _Fields) -> Command:
    body = None if fields.later or fields.broken else _body_or_nothing(fields.action, fields.plain)
    return Command(
        action=fields.action,
        body=body,
        plain=fields.plain,
        # payload_type first: the texts that follow are escaped by it.
        fields=tuple(sorted(fields.later.items(), key=lambda field: field[0] != "payload_type")),
        textual=frozenset(name for name in fields.later if takes_text_only(fields.action, name)),
        stall_s=default_timeout_s(fields.action, fields.plain),
    )


def _body_or_nothing(action: str, plain: dict[str, Any]) -> dict[str, Any]:
    try:
        return command_body(action, plain)
    except ValidationError:
        return {}
