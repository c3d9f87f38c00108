"""Renders a command's templates from the state of the call."""

from __future__ import annotations

from typing import Any

from orchestrator.flow.actions import Command, Nested, Value
from orchestrator.flow.templating.expressions import Scope
from orchestrator.flow.vocabulary import SPOKEN_FIELDS
from orchestrator.telnyx.commands import COMMANDS


def render_body(command: Command, scope: Scope) -> dict[str, Any]:
    """Return the command's body; raise TemplateFailure or pydantic's ValidationError when it cannot be rendered."""
    if command.body is not None:
        return dict(command.body)
    fields = dict(command.plain)
    for name, value in command.fields:
        for_ssml = name in SPOKEN_FIELDS and fields.get("payload_type") == "ssml"
        fields[name] = _field(value, scope, is_text=name in command.textual, for_ssml=for_ssml)
    return COMMANDS[command.action].model_validate(fields).body()


def _field(value: Value | Nested, scope: Scope, *, is_text: bool, for_ssml: bool) -> Any:
    if isinstance(value, Nested) or not is_text:
        return value.value(scope)
    return value.text(scope, for_ssml=for_ssml)
