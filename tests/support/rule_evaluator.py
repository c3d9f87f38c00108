"""Answers an expression of an alert rule from scrapes of an installation, for what our rules use of PromQL.

The scrapes are what a test took before and after a fault; a range covers all of them, whatever its length.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import promql_parser as promql
from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]
Scrape = Mapping[str, Vector]

_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "==": lambda a, b: a == b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
}


def scrape(text: str) -> Scrape:
    """Return the samples of an exposition by name."""
    found: dict[str, Vector] = defaultdict(dict)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name][frozenset(sample.labels.items())] = sample.value
    return found


def fires(expression: str, scrapes: Sequence[Scrape]) -> bool:
    """Return whether an alert with this expression is pending after these scrapes, the oldest first."""
    return bool(_vector(promql.parse(expression), scrapes))


def _vector(node: Any, scrapes: Sequence[Scrape]) -> Vector:
    match node:
        case promql.VectorSelector():
            return _selected(node, scrapes[-1])
        case promql.ParenExpr():
            return _vector(node.expr, scrapes)
        case promql.AggregateExpr():
            return _summed(node, scrapes)
        case promql.Call():
            return _called(node, scrapes)
        case promql.BinaryExpr():
            return _compared(node, scrapes)
    raise NotImplementedError(type(node).__name__)


def _selected(node: Any, samples: Scrape) -> Vector:
    return {labels: value for labels, value in samples.get(node.name, {}).items() if _matches(node, dict(labels))}


def _matches(node: Any, labels: Mapping[str, str]) -> bool:
    for matcher in node.matchers.matchers:
        value, kind = labels.get(matcher.name, ""), str(matcher.op).rpartition(".")[2]
        is_like = re.fullmatch(matcher.value, value) if kind in ("Re", "NotRe") else value == matcher.value
        if bool(is_like) == kind.startswith("Not"):
            return False
    return True


def _summed(node: Any, scrapes: Sequence[Scrape]) -> Vector:
    assert str(promql.parse("sum(a)").op) == str(node.op)
    kept = set(node.modifier.labels) if node.modifier else set()
    sums: Vector = defaultdict(float)
    for labels, value in _vector(node.expr, scrapes).items():
        sums[frozenset(pair for pair in labels if pair[0] in kept)] += value
    return dict(sums)


def _called(node: Any, scrapes: Sequence[Scrape]) -> Vector:
    match node.func.name:
        case "increase" | "rate" | "delta":
            series = [_selected(node.args[0].vector_selector, each) for each in scrapes]
            known = [labels for labels in series[-1] if labels in series[0]]
            return {labels: _grown([each[labels] for each in series if labels in each]) for labels in known}
        case "min_over_time":
            series = [_selected(node.args[0].vector_selector, each) for each in scrapes]
            return {labels: min(each.get(labels, value) for each in series) for labels, value in series[-1].items()}
        case "histogram_quantile":
            return _quantiles(node.args[0].val, _vector(node.args[1], scrapes))
        case "absent":
            return {} if _vector(node.args[0], scrapes) else {frozenset(): 1.0}
    raise NotImplementedError(node.func.name)


def _grown(values: Sequence[float]) -> float:
    return sum(after - before for before, after in pairwise(values))


def _quantiles(quantile: float, buckets: Vector) -> Vector:
    """Return the upper bound of the bucket that holds the quantile; Prometheus says somewhere within it."""
    bounds = sorted((float(dict(labels)["le"]), n) for labels, n in buckets.items())
    if not bounds or not bounds[-1][1]:
        return {}
    return {frozenset(): next(bound for bound, n in bounds if n >= quantile * bounds[-1][1])}


def _compared(node: Any, scrapes: Sequence[Scrape]) -> Vector:
    left = _vector(node.lhs, scrapes)
    if str(node.op) == "or":
        return left or _vector(node.rhs, scrapes)
    if str(node.op) == "unless":  # of one series each, on no label
        return {} if _vector(node.rhs, scrapes) else left
    if str(node.op) == "/":
        [(_, below)] = _vector(node.rhs, scrapes).items() or [(frozenset(), 0.0)]
        return {labels: value / below for labels, value in left.items() if below}
    holds = _COMPARED[str(node.op)]
    if isinstance(node.rhs, promql.NumberLiteral):
        return {labels: value for labels, value in left.items() if holds(value, node.rhs.val)}
    right = list(_vector(node.rhs, scrapes).values())
    return {labels: value for labels, value in left.items() if right and holds(value, right[0])}
