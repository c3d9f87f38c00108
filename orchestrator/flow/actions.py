"""The actions of a step (command, HTTP request, wait, choice, stored answers) and the branches that lead on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.flow.templating.expressions import Expression, Scope
from orchestrator.flow.templating.templates import Template


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal value."""

    given: Any

    def value(self, _scope: Scope) -> Any:
        """Return the value."""
        return self.given

    def text(self, _scope: Scope, *, for_ssml: bool = False) -> Any:  # noqa: ARG002 the same shape as a template
        """Return the value as it is: only rendered values need escaping."""
        return self.given

    def address(self, _scope: Scope) -> str:
        """Return the value as a URL, as it is written."""
        return str(self.given)


Value = Constant | Template


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch: taken if `match` and `when` hold; it stores `set` and `outcome` and leads to `goto`."""

    match: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    when: Expression | None = None
    set: tuple[tuple[str, Value], ...] = ()
    outcome: str | None = None
    goto: str | None = None
    during_gather: bool = False

    def asks_for(self, field: str) -> bool:
        """Whether the branch depends on a field of its event."""
        return any(name == field for name, _ in self.match) or (
            self.when is not None and any(path[:2] == ("event", field) for path in self.when.paths)
        )


@dataclass(frozen=True, slots=True)
class Command:
    """A step that sends one command: its `body` if it has no templates, else `fields` to render beside `plain` ones.

    `textual` are the fields that are always text; `stall_s` is the default timeout in seconds.
    """

    action: str
    body: Mapping[str, Any] | None
    plain: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[tuple[str, Value | Nested], ...] = ()
    textual: frozenset[str] = frozenset()
    stall_s: float | None = None


@dataclass(frozen=True, slots=True)
class Nested:
    """A list or map that contains templates, rendered as text; with `is_typed` a lone `{{ … }}` keeps its type."""

    shape: Any
    is_typed: bool = False

    def value(self, scope: Scope) -> Any:
        """Return the list or map with every template rendered."""
        return _filled(self.shape, scope, is_typed=self.is_typed)


@dataclass(frozen=True, slots=True)
class WaitFor:
    """A step that waits for an event, or goes on at once if it has occurred."""

    event: str
    stall_s: float | None


@dataclass(frozen=True, slots=True)
class Suppress:
    """A step that suppresses the contact's number; `scope` is global or campaign."""

    scope: str
    reason: Value


@dataclass(frozen=True, slots=True)
class CallBack:
    """A step that has the person called back: `after_s` from then on, or at the time that `at` says."""

    after_s: float | None
    at: Value | None
    note: Value | None


@dataclass(frozen=True, slots=True)
class Choose:
    """A step that takes the first branch that applies."""

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
    """A step that sends an HTTP request; `url` is None only in a flow with problems."""

    method: str
    url: Value | None
    json: Nested | None
    timeout_s: float

    def body(self, scope: Scope) -> dict[str, Any]:
        """Return the request as the command sender takes it; raise TemplateFailure when it cannot be rendered."""
        url = self.url.address(scope) if self.url is not None else ""
        asked = {"method": self.method, "url": url, "timeout_s": self.timeout_s}
        return asked if self.json is None else {**asked, "json": self.json.value(scope)}


@dataclass(frozen=True, slots=True)
class StreamPlay:
    """A step that plays a sound into the call's open stream; `payload` is base64."""

    payload: str


Action = Command | HttpRequest | StreamPlay | WaitFor | Suppress | CallBack | Choose | SetAnswers | End


def _filled(shape: Any, scope: Scope, *, is_typed: bool) -> Any:
    if isinstance(shape, Template):
        return shape.value(scope) if is_typed else shape.text(scope)
    if isinstance(shape, dict):
        return {key: _filled(value, scope, is_typed=is_typed) for key, value in shape.items()}
    if isinstance(shape, list):
        return [_filled(value, scope, is_typed=is_typed) for value in shape]
    return shape
