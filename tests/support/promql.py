"""What an expression of PromQL asks for: its metrics, and the labels that it looks at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import promql_parser

from orchestrator.model.metric import BOUNDS_S, LABELS, Metric

_HISTOGRAMS = {*BOUNDS_S, Metric.COMMAND_HOP_S}


class Asked(NamedTuple):
    """A metric that an expression reads, with the matchers on its labels: name to (operator, value)."""

    metric: str
    matchers: dict[str, tuple[str, str]]


def asked_by(expression: str) -> list[Asked]:
    """Return what an expression reads; raises ValueError where it is none."""
    return list(_selectors(promql_parser.parse(expression)))


def grouped_by(expression: str) -> set[str]:
    """Return the labels that its aggregations keep."""
    kept = re.findall(r"\bby \(([^)]*)\)", promql_parser.parse(expression).prettify())
    return {label.strip() for labels in kept for label in labels.split(",") if label.strip()}


def exposed() -> dict[str, set[str]]:
    """Return the labels of every name under which a metric is exposed."""
    names = {metric.value: set(LABELS.get(metric, ())) for metric in Metric if metric not in _HISTOGRAMS}
    for metric in _HISTOGRAMS:
        labels = set(LABELS[metric])
        names |= {f"{metric}_bucket": labels | {"le"}, f"{metric}_sum": labels, f"{metric}_count": labels}
    return names


def _selectors(node: Any) -> Iterator[Asked]:
    if isinstance(node, promql_parser.VectorSelector):
        matchers = {each.name: (str(each.op).rpartition(".")[2], each.value) for each in node.matchers.matchers}
        yield Asked(node.name, matchers)
    for part in ("lhs", "rhs", "expr", "param", "vector_selector"):
        if (inner := getattr(node, part, None)) is not None:
            yield from _selectors(inner)
    for argument in getattr(node, "args", None) or ():
        yield from _selectors(argument)
