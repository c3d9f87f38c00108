"""Templates: text with `{{ … }}`, checked when the flow is accepted and rendered while a call runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError

from orchestrator.flow.limits import MAX_TEMPLATE_CHARS
from orchestrator.flow.templating.expressions import (
    ENVIRONMENT,
    BadExpression,
    Evaluate,
    Expression,
    SaidText,
    Scope,
    compile_expression,
)
from orchestrator.flow.templating.ssml import filled_into_ssml
from orchestrator.flow.templating.values import as_text, bounded

_REFUSED = {"{%": "statements {% %}", "{#": "comments {# #}"}


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template; `paths` are the names it reads, `hours` the arguments of its `open` calls.

    `value(scope)` keeps the type when the whole text is one `{{ … }}`; `text(scope)` is always text, and with
    `for_ssml` whatever is filled in is escaped. Both raise TemplateFailure above 3,000 characters.
    """

    parts: tuple[str | Evaluate, ...]
    paths: tuple[tuple[str, ...], ...]
    hours: tuple[str, ...] = ()

    def value(self, scope: Scope) -> Any:
        """Return the value of the only part, or the text of them all."""
        if len(self.parts) == 1 and not isinstance(self.parts[0], str):
            found = self.parts[0](scope)
            if isinstance(found, str | dict | list):
                bounded(as_text(found))
            return found
        return self.text(scope)

    def text(self, scope: Scope, *, for_ssml: bool = False) -> str:
        """Return the rendered text."""
        fill = _filled_for_ssml if for_ssml else as_text
        return bounded("".join(_written(part, scope, fill, for_ssml=for_ssml) for part in self.parts))

    def address(self, scope: Scope) -> str:
        """Return the rendered text as a URL, with rendered values percent-encoded."""
        return bounded("".join(part if isinstance(part, str) else _filled_for_url(part(scope)) for part in self.parts))


def _filled_for_url(value: Any) -> str:
    # Whole: what a contact carries ends no path and begins no parameter of its own.
    return quote(as_text(value), safe="")


def has_places(text: str) -> bool:
    """Whether `text` is a template; statements and comments count, because they are refused later."""
    return "{{" in text or "{%" in text or "{#" in text


def parse_template(text: str) -> Template:
    """Compile `text`; raise BadExpression for broken expressions and for every node that is not allowed."""
    if len(text) > MAX_TEMPLATE_CHARS:
        raise BadExpression(f"longer than {MAX_TEMPLATE_CHARS:,} characters")
    for opening, what in _REFUSED.items():
        if opening in text:
            raise BadExpression(f"{what} cannot be used here; there is only {{{{ … }}}}")
    try:
        tree = ENVIRONMENT.parse(text)
    except TemplateSyntaxError as err:
        raise BadExpression(str(err.message)) from err
    except RecursionError as err:
        raise BadExpression("nested too deeply") from err
    parts: list[str | Expression] = []
    for statement in tree.body:
        parts.extend(_parts_of(statement))
    if not text.endswith("\n") or not parts:
        return _template(parts)
    return _template([*parts, "\n"])  # Jinja's parser drops one newline at the end


def _parts_of(statement: nodes.Node) -> list[str | Expression]:
    if not isinstance(statement, nodes.Output):
        raise BadExpression(f"{type(statement).__name__.lower()} cannot be used here; there is only {{{{ … }}}}")
    return [_part(node) for node in statement.nodes]


def _part(node: nodes.Node) -> str | Expression:
    return node.data if isinstance(node, nodes.TemplateData) else compile_expression(node)


def _template(parts: list[str | Expression]) -> Template:
    places = [part for part in parts if isinstance(part, Expression)]
    return Template(
        parts=tuple(part if isinstance(part, str) else part.read for part in parts),
        paths=tuple(path for place in places for path in place.paths),
        hours=tuple(name for place in places for name in place.hours),
    )


def _written(part: str | Evaluate, scope: Scope, fill: Callable[[Any], str], *, for_ssml: bool) -> str:
    if isinstance(part, SaidText):
        return as_text(part.said(scope, for_ssml=for_ssml))
    return part if isinstance(part, str) else fill(part(scope))


def _filled_for_ssml(value: Any) -> str:
    return filled_into_ssml(as_text(value))
