"""Describes why a command cannot be sent: the errors of its model, which knows the carrier's limits."""

from __future__ import annotations

from typing import Any, Final

from pydantic import ValidationError

from orchestrator.flow.templating.values import TemplateFailure

_MOST_SHOWN: Final = 60
_PLAINER: Final = {"to": "must be a number such as +13125550142 or an address such as sip:anna@example.com"}


def describe_problems(err: TemplateFailure | ValidationError, *, with_values: bool = False) -> str:
    """Return what is wrong, field by field; values may be personal data and are included only with `with_values`."""
    if isinstance(err, TemplateFailure):
        return str(err)
    return "; ".join(_describe_problem(each, with_values=with_values) for each in err.errors(include_url=False))


def _describe_problem(error: Any, *, with_values: bool) -> str:
    field = ".".join(map(str, error["loc"]))
    is_plainer = error["type"] == "string_pattern_mismatch" and field in _PLAINER
    problem = f"{field}: {_PLAINER[field] if is_plainer else error['msg']}"
    given = error["input"]
    return f"{problem}, not {given[:_MOST_SHOWN]!r}" if with_values and isinstance(given, str) else problem
