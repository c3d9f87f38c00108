"""What a step may do: send a command, ask a web address, wait, choose, store; and the branches that lead on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.flow.templating.expressions import Expression, Scope
from orchestrator.flow.templating.templates import Template


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is written as it is."""

    given: Any

    def value(self, _scope: Scope) -> Any:
        """Return the value."""
        return self.given

    def text(self, _scope: Scope, *, for_ssml: bool = False) -> Any:  # noqa: ARG002 the same shape as a template
        """Return the value, untouched: only what is filled in needs escaping."""
        return self.given

    def address(self, _scope: Scope) -> str:
        """Return the value as an address: as it is written."""
        return str(self.given)


Value = Constant | Template


@dataclass(frozen=True, slots=True)
class Branch:
    """One way on: taken if `match` and `when` agree, then `set` and `outcome` count at once and `goto` leads on."""

    match: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    when: Expression | None = None
    set: tuple[tuple[str, Value], ...] = ()
    outcome: str | None = None
    goto: str | None = None
    during_gather: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A step that sends one command: `body` if nothing is to be filled in, else `fields` with `plain` beside them.

    `textual` are the fields that are always text. `stall_s` is how long it may take unless the step says so itself.
    """

    action: str
    body: Mapping[str, Any] | None
    plain: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[tuple[str, Value | Nested], ...] = ()
    textual: frozenset[str] = frozenset()
    stall_s: float | None = None


@dataclass(frozen=True, slots=True)
class Nested:
    """A list or map with templates inside: filled in as text, or `is_typed`, where a lone `{{ … }}` keeps its type."""

    shape: Any
    is_typed: bool = False

    def value(self, scope: Scope) -> Any:
        """Return the same shape with every place filled in."""
        return _filled(self.shape, scope, is_typed=self.is_typed)


@dataclass(frozen=True, slots=True)
class WaitFor:
    """A step that waits until an event is seen, or goes on at once if it was."""

    event: str
    stall_s: float | None


@dataclass(frozen=True, slots=True)
class Suppress:
    """A step that asks never to dial this number again; `scope` is global or campaign."""

    scope: str
    reason: Value


@dataclass(frozen=True, slots=True)
class Choose:
    """A step that takes the first branch that agrees."""

    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class SetAnswers:
    """A step that stores answers."""

    set: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class End:
    """A step that ends the flow: the call is hung up."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A step that asks a web address; `url` is None only in a flow that is not accepted."""

    method: str
    url: Value | None
    json: Nested | None
    timeout_s: float

    def body(self, scope: Scope) -> dict[str, Any]:
        """Return what the performer needs; raise TemplateFailure when it cannot be filled in."""
        url = self.url.address(scope) if self.url is not None else ""
        asked = {"method": self.method, "url": url, "timeout_s": self.timeout_s}
        return asked if self.json is None else {**asked, "json": self.json.value(scope)}


@dataclass(frozen=True, slots=True)
class StreamPlay:
    """A step that plays a sound into the call's open stream; `payload` is base64, as the receiver hands it on."""

    payload: str


Action = Command | HttpRequest | StreamPlay | WaitFor | Suppress | Choose | SetAnswers | End


def _filled(shape: Any, scope: Scope, *, is_typed: bool) -> Any:
    if isinstance(shape, Template):
        return shape.value(scope) if is_typed else shape.text(scope)
    if isinstance(shape, dict):
        return {key: _filled(value, scope, is_typed=is_typed) for key, value in shape.items()}
    if isinstance(shape, list):
        return [_filled(value, scope, is_typed=is_typed) for value in shape]
    return shape
