"""Parses lists and maps that contain templates."""

from __future__ import annotations

from typing import Any

from orchestrator.flow.parsing.context import ParseContext
from orchestrator.flow.syntax.node import DocumentNode, Kind
from orchestrator.flow.templating.expressions import BadExpression
from orchestrator.flow.templating.templates import Template, has_places, parse_template


def read_nested(context: ParseContext, node: DocumentNode) -> tuple[Any, bool]:
    """Return a nested value with its templates compiled, and whether there were any."""
    if node.kind is Kind.MAP:
        pairs = {key: read_nested(context, entry) for key, entry in node.entries()}
        return {key: shape for key, (shape, _) in pairs.items()}, any(found for _, found in pairs.values())
    if node.kind is Kind.LIST:
        shapes = [read_nested(context, item) for item in node.items()]
        return [shape for shape, _ in shapes], any(found for _, found in shapes)
    if node.kind is Kind.BRACES:
        context.report_not_text(node, node.name)
    if node.kind is Kind.TEXT and has_places(node.value):
        return _template(context, node), True
    return node.value, False


def _template(context: ParseContext, node: DocumentNode) -> Template | str:
    try:
        template = parse_template(node.value)
    except BadExpression as err:
        context.report(node, str(err))
        return ""
    context.check_names(node, template, has_event=None)
    return template
