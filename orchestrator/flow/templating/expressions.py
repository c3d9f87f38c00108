"""Expressions: parsed by Jinja's grammar, checked node by node against a list, evaluated by functions of our own.

Nothing of Jinja runs a template here. What is not on the list (`*`, `**`, `%`, statements, tests, calls other than
`open('name')`) is refused with its name, because in Jinja's own sandbox `'a' * 3e8` took 6 s and `'%900000000d' % 1`
took 900 MB.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Environment, nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.parser import Parser

from orchestrator.flow.limits import MAX_EXPRESSION_NODES, MAX_TEMPLATE_CHARS
from orchestrator.flow.templating import values
from orchestrator.flow.templating.filters import FILTERS

Scope = Mapping[str, Any]
Evaluate = Callable[[Scope], Any]

ENVIRONMENT: Final = Environment(autoescape=False)  # noqa: S701 only its parser is used, nothing is rendered by it

_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "eq": values.is_equal,
    "ne": lambda left, right: not values.is_equal(left, right),
    "lt": values.is_below,
    "lteq": lambda left, right: values.is_below(left, right) or _same_order(left, right),
    "gt": lambda left, right: values.is_below(right, left),
    "gteq": lambda left, right: values.is_below(right, left) or _same_order(left, right),
    "in": lambda left, right: values.contains(right, left),
    "notin": lambda left, right: not values.contains(right, left),
}
_REFUSED: Final[Mapping[type[nodes.Node], str]] = {
    nodes.Call: "calls",
    nodes.Mul: "*",
    nodes.Div: "/",
    nodes.FloorDiv: "//",
    nodes.Mod: "%",
    nodes.Pow: "**",
    nodes.Concat: "~",
    nodes.Test: "tests (is …)",
    nodes.Getitem: "lookups in []",
    nodes.List: "lists",
    nodes.Tuple: "tuples",
    nodes.Dict: "maps",
}
_ALLOWED_WORDS: Final = "names, attributes, comparisons, and, or, not, if-else, + and -, filters, and open('hours')"


@dataclass(frozen=True, slots=True)
class SaidText:
    """The value of `texts.name`: that text in the call's language."""

    name: str

    def __call__(self, scope: Scope) -> Any:
        """Return the text."""
        return self.said(scope, for_ssml=False)

    def said(self, scope: Scope, *, for_ssml: bool) -> Any:
        """Return the text; with `for_ssml` what is filled into it is escaped, its own marks are not."""
        say = scope.get("texts")
        return say(self.name, for_ssml=for_ssml) if callable(say) else None


class BadExpression(Exception):
    """Raised at check time: the expression is broken or uses what is not available; the text says which."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression: `read(scope)` gives its value, `paths` are the names it reads, such as ("contact", "name").

    `hours` are the names it asks `open` about; the scope's `open` answers. `read` raises TemplateFailure when a value
    grows too large, and nothing else, whatever the scope holds.
    """

    read: Evaluate
    paths: tuple[tuple[str, ...], ...]
    hours: tuple[str, ...] = ()


def parse_expression(text: str) -> Expression:
    """Compile the expression of a `when`; raise BadExpression with the reason."""
    if len(text) > MAX_TEMPLATE_CHARS:
        raise BadExpression(f"longer than {MAX_TEMPLATE_CHARS:,} characters")
    if "{{" in text or "{%" in text:
        raise BadExpression("an expression stands without {{ }}")
    try:
        parser = Parser(ENVIRONMENT, text, state="variable")
        tree = parser.parse_expression()
        if not parser.stream.eos:
            raise BadExpression(f"nothing is expected before {parser.stream.current.value!r}")
    except TemplateSyntaxError as err:
        raise BadExpression(str(err.message)) from err
    except RecursionError as err:
        raise BadExpression("nested too deeply") from err
    return compile_expression(tree)


def compile_expression(tree: nodes.Node) -> Expression:
    """Turn a syntax tree into an Expression; raise BadExpression at the first node that is not on the list."""
    if sum(1 for _ in _walk(tree, MAX_EXPRESSION_NODES)) >= MAX_EXPRESSION_NODES:
        raise BadExpression(f"more than {MAX_EXPRESSION_NODES} parts; store a part of it with set first")
    hours = (name for call in _all_of(tree, nodes.Call) if (name := _asked_hours(call)) is not None)
    return Expression(_compile(tree), tuple(_paths(tree)), tuple(hours))


def _walk(tree: nodes.Node, most: int) -> Iterator[nodes.Node]:
    waiting = [tree]
    for _ in range(most):
        if not waiting:
            return
        node = waiting.pop()
        yield node
        waiting.extend(node.iter_child_nodes())


def _compile(node: nodes.Node) -> Evaluate:
    match node:
        case nodes.Const():
            return _constant(node.value)
        case nodes.Name():
            name = node.name
            return lambda scope: scope.get(name)
        case nodes.Getattr(node=nodes.Name(name="texts")):
            return SaidText(node.attr)
        case nodes.Getattr():
            return _attribute(_compile(node.node), node.attr)
        case nodes.Compare():
            return _comparison(_compile(node.expr), [(_COMPARE[op.op], _compile(op.expr)) for op in node.ops])
        case nodes.CondExpr():
            otherwise = _compile(node.expr2) if node.expr2 is not None else None
            return _condition(_compile(node.test), _compile(node.expr1), otherwise)
        case nodes.Filter():
            return _filtered(node)
        case nodes.Call() if (hours := _asked_hours(node)) is not None:
            return _opening(hours)
        case nodes.UnaryExpr() | nodes.BinExpr():
            return _operation(node)
        case _:
            raise BadExpression(_refusal(node))


def _constant(value: Any) -> Evaluate:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            values.bounded_number(value)
        except (values.TemplateFailure, OverflowError) as err:
            raise BadExpression("a number beyond 2^53") from err
    return lambda _scope: value


def _asked_hours(call: nodes.Node) -> str | None:
    """Return the name within `open('name')`, or None for every other call."""
    match call:
        case nodes.Call(
            node=nodes.Name(name="open"), args=[nodes.Const(value=str(name))], kwargs=[], dyn_args=None, dyn_kwargs=None
        ):
            return name
        case _:
            return None


def _opening(name: str) -> Evaluate:
    def is_open(scope: Scope) -> bool:
        ask = scope.get("open")
        return bool(ask(name)) if callable(ask) else False

    return is_open


def _attribute(inner: Evaluate, name: str) -> Evaluate:
    return lambda scope: values.lookup(inner(scope), name)


def _comparison(first: Evaluate, rest: list[tuple[Callable[[Any, Any], bool], Evaluate]]) -> Evaluate:
    if len(rest) == 1:
        compare, second = rest[0]
        return lambda scope: compare(first(scope), second(scope))

    def chained(scope: Scope) -> bool:
        left = first(scope)
        for compare, operand in rest:
            right = operand(scope)
            if not compare(left, right):
                return False
            left = right
        return True

    return chained


def _condition(test: Evaluate, then: Evaluate, otherwise: Evaluate | None) -> Evaluate:
    return lambda scope: then(scope) if test(scope) else otherwise(scope) if otherwise else None


def _filtered(node: nodes.Filter) -> Evaluate:
    if node.node is None or node.name not in FILTERS:
        raise BadExpression(f"there is no filter {node.name}; there are {', '.join(FILTERS)}")
    known = FILTERS[node.name]
    if node.kwargs or node.dyn_args or node.dyn_kwargs or not known.fewest <= len(node.args) <= known.most:
        wanted = f"{known.fewest} to {known.most}" if known.fewest != known.most else str(known.most)
        raise BadExpression(f"the filter {node.name} takes {wanted} arguments")
    inner, args, apply = _compile(node.node), [_compile(arg) for arg in node.args], known.apply
    return lambda scope: apply(inner(scope), *(arg(scope) for arg in args))


def _operation(node: nodes.UnaryExpr | nodes.BinExpr) -> Evaluate:
    if isinstance(node, nodes.UnaryExpr):
        return _unary(node)
    left, right = _compile(node.left), _compile(node.right)
    match node:
        case nodes.And():
            return lambda scope: left(scope) and right(scope)
        case nodes.Or():
            return lambda scope: left(scope) or right(scope)
        case nodes.Add():
            return lambda scope: values.add(left(scope), right(scope))
        case nodes.Sub():
            return lambda scope: values.subtract(left(scope), right(scope))
        case _:
            raise BadExpression(_refusal(node))


def _unary(node: nodes.UnaryExpr) -> Evaluate:
    inner = _compile(node.node)
    match node:
        case nodes.Not():
            return lambda scope: not inner(scope)
        case nodes.Neg():
            return lambda scope: values.negate(inner(scope))
        case nodes.Pos():
            return inner
        case _:
            raise BadExpression(_refusal(node))


def _paths(tree: nodes.Node) -> Iterator[tuple[str, ...]]:
    """Yield every name with the attributes that follow it."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        attributes: list[str] = []
        while isinstance(node, nodes.Getattr):
            attributes.append(node.attr)
            node = node.node
        if isinstance(node, nodes.Name):
            yield (node.name, *reversed(attributes))
            continue
        if _asked_hours(node) is not None:
            continue
        waiting.extend(node.iter_child_nodes())


def _all_of(tree: nodes.Node, kind: type[nodes.Node]) -> Iterator[nodes.Node]:
    return (node for node in _walk(tree, MAX_EXPRESSION_NODES) if isinstance(node, kind))


def _same_order(left: Any, right: Any) -> bool:
    comparable = (values.is_number(left) and values.is_number(right)) or (
        isinstance(left, str) and isinstance(right, str)
    )
    return comparable and bool(operator.eq(left, right))


def _refusal(node: nodes.Node) -> str:
    what = _REFUSED.get(type(node), type(node).__name__.lower())
    return f"{what} cannot be used here; there are {_ALLOWED_WORDS}"
