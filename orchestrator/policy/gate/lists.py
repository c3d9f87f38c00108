"""The checks of registries that are too old, and of a list whose numbers alone are dialed."""

from __future__ import annotations

from datetime import datetime

from orchestrator.policy.gate.answers import Hold
from orchestrator.policy.gate.check import Check, Facts
from orchestrator.policy.gate.facts import GateFacts
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.lists.registries import Registry


def _registry_stale(facts: GateFacts, now: datetime) -> Hold | None:
    is_stale = any(registry.is_stale(now) for registry in facts.registries)
    return Hold(Reason.LIST_STALE, None) if is_stale else None


def _not_allowed(facts: GateFacts, now: datetime) -> Hold | None:  # noqa: ARG001 the table's shape
    is_kept_out = facts.allow_list is not None and not facts.is_allowed
    return Hold(Reason.NOT_ON_ALLOW_LIST, None) if is_kept_out else None


def _registries(facts: GateFacts, now: datetime) -> Facts:
    return {"registries": [_registry(each, now) for each in facts.registries]}


def _registry(registry: Registry, now: datetime) -> Facts:
    told = {"name": registry.name, "as_of": registry.as_of, "max_age": registry.max_age}
    return {**told, "said_by": "law" if registry.is_law else "list", "is_stale": registry.is_stale(now)}


LISTS = (
    Check("registries", _registry_stale, _registries),
    Check("allow_list", _not_allowed, lambda facts, _now: {"list": facts.allow_list, "is_on_it": facts.is_allowed}),
)
"""In the order in which they are asked. A list may change, so neither is for ever."""
