"""Reads lists and maps with templates inside."""

from __future__ import annotations

from typing import Any

from orchestrator.flow.parsing.context import Desk
from orchestrator.flow.syntax.node import Kind, Spot
from orchestrator.flow.templating.expressions import BadExpression
from orchestrator.flow.templating.templates import Template, has_places, parse_template


def read_shape(desk: Desk, spot: Spot) -> tuple[Any, bool]:
    """Return a nested value with its templates compiled, and whether there were any."""
    if spot.kind is Kind.MAP:
        pairs = {key: read_shape(desk, entry) for key, entry in spot.entries()}
        return {key: shape for key, (shape, _) in pairs.items()}, any(found for _, found in pairs.values())
    if spot.kind is Kind.LIST:
        shapes = [read_shape(desk, item) for item in spot.items()]
        return [shape for shape, _ in shapes], any(found for _, found in shapes)
    if spot.kind is Kind.BRACES:
        desk.tell_not_text(spot, spot.name)
    if spot.kind is Kind.TEXT and has_places(spot.node.value):
        return _template(desk, spot), True
    return spot.node.value, False


def _template(desk: Desk, spot: Spot) -> Template | str:
    try:
        template = parse_template(spot.node.value)
    except BadExpression as err:
        desk.tell(spot, str(err))
        return ""
    desk.check_names(spot, template, has_event=None)
    return template
