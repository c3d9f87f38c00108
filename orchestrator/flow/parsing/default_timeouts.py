"""Default timeouts: how long a command may take before its step counts as stalled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.flow.limits import DEFAULT_TIME_LIMIT_S, GATHER_GRACE_S, STALL_S
from orchestrator.flow.vocabulary import BESIDE

_SPOKEN_CHARS_PER_S: Final = 10.0
_LONGEST_PROMPT_S: Final = 60.0
_UNLIMITED: Final = frozenset({"transfer", "bridge", "enqueue"}) | BESIDE


def default_timeout_s(action: str, fields: Mapping[str, Any]) -> float | None:
    """Return the default timeout in seconds: a gather's limits plus 10, else 120; None for what may go on for long."""
    if action in _UNLIMITED:
        return None
    if action.startswith("gather"):
        return _gather_s(action, fields) if action != "gather_stop" else STALL_S
    return STALL_S


def _gather_s(action: str, fields: Mapping[str, Any]) -> float:
    tries = _number(fields, "maximum_tries", 3) if action != "gather" else 1.0
    between_s = _number(fields, "inter_digit_timeout_millis", 5_000) / 1000
    typing_s = between_s * min(_number(fields, "maximum_digits", 128), 20)
    listening_s = _number(fields, "timeout_millis", 60_000) / 1000
    prompt_s = _prompt_s(fields) if action != "gather" else 0.0
    once_s = prompt_s + listening_s + typing_s
    return min(tries * once_s, DEFAULT_TIME_LIMIT_S) + GATHER_GRACE_S


def _prompt_s(fields: Mapping[str, Any]) -> float:
    payload = fields.get("payload")
    return len(payload) / _SPOKEN_CHARS_PER_S if isinstance(payload, str) else _LONGEST_PROMPT_S


def _number(fields: Mapping[str, Any], name: str, default: float) -> float:
    value = fields.get(name, default)
    return float(value) if isinstance(value, int | float) else float(default)
