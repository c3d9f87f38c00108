"""The kinds of numbers that a campaign dials though others do not, as a request says them."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from orchestrator.policy.phone.kinds import NumberKind
from orchestrator.policy.phone.number_kind import MAY_BE_ALLOWED, NEVER_DIALED

_ALLOWABLE: Final = sorted(MAY_BE_ALLOWED)


def _may_be_allowed(kind: NumberKind) -> NumberKind:
    if kind not in MAY_BE_ALLOWED:
        why = "emergency numbers are never dialed" if kind in NEVER_DIALED else "such numbers are dialed anyway"
        detail = f"{{kind}}: {why}; write {', '.join(_ALLOWABLE)}"
        raise PydanticCustomError("number_kind", detail, {"kind": kind.value})
    return kind


def _each_once(kinds: tuple[NumberKind, ...]) -> tuple[NumberKind, ...]:
    return tuple(sorted(set(kinds)))


AllowedKinds = Annotated[
    tuple[
        Annotated[
            NumberKind, AfterValidator(_may_be_allowed), WithJsonSchema({"type": "string", "enum": list(_ALLOWABLE)})
        ],
        ...,
    ],
    AfterValidator(_each_once),
    Field(description="Kinds of numbers that are dialed though they cost more than others; left out, none."),
]
"""Kinds, each once."""
