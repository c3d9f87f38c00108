"""The documents that create and change a list, and the names of lists."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from orchestrator.policy.durations import Duration
from orchestrator.policy.names import all_seen
from orchestrator.policy.phone.parse_phone import is_region
from orchestrator.policy.purposes import Purpose

GLOBAL: Final = "global"
"""What campaigns call the suppressions of everybody; no list has this name."""
DEFAULT_MAX_AGE: Final = timedelta(days=31)  # 47 CFR 64.1200(c)(2)(i)(D)

_RESERVED = frozenset({GLOBAL, "auto", "off", "none"})
_REGION = re.compile(r"([A-Z]{2})(-[A-Z0-9]{1,3})?")
_MOST = 200


class ListKind(StrEnum):
    """What a list is for."""

    SUPPRESS = "suppress"
    REGISTRY = "registry"
    ALLOW = "allow"
    REASSIGNED = "reassigned"

    @property
    def ages(self) -> bool:
        """Whether what it says may be too old."""
        return self in (ListKind.REGISTRY, ListKind.REASSIGNED)


def _free_name(name: str) -> str:
    if name.casefold() in _RESERVED or name.startswith("lst_"):
        raise PydanticCustomError("reserved_name", "{name} has a meaning of its own; choose another", {"name": name})
    return name


def _read_region(text: str) -> str:
    written = _REGION.fullmatch(text)
    if written is None or not is_region(written[1]):
        raise PydanticCustomError(
            "unknown_region", "write a country such as US, or a country and its state such as US-FL (ISO 3166)"
        )
    return text


def _sorted_once(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


def _some_time(age: timedelta) -> timedelta:
    if age <= timedelta(0):
        raise PydanticCustomError("max_age", "the age is at least 1s")
    return age


ListName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"\S"),
    AfterValidator(all_seen),
    AfterValidator(_free_name),
]
Regions = Annotated[
    tuple[Annotated[str, AfterValidator(_read_region)], ...],
    AfterValidator(_sorted_once),
    Field(max_length=_MOST, description="Countries (US) and states (US-FL) whose numbers it covers. Empty: all."),
]
Purposes = Annotated[
    tuple[Purpose, ...],
    AfterValidator(_sorted_once),
    Field(max_length=_MOST, description="The purposes of the campaigns that it covers. Empty: all."),
]
MaxAge = Annotated[
    Annotated[Duration, AfterValidator(_some_time)] | None,
    Field(description="How old the copy of a registry, or an answer on a reassigned number, may be. Left out: 31d."),
]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"\S"), AfterValidator(all_seen)
]
Owner = Annotated[
    Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"\S"),
        AfterValidator(all_seen),
    ]
    | None,
    Field(description="Who keeps the list up to date: a team, or a program of yours."),
]


class NewList(BaseModel):
    """The body of POST /v1/lists."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ListName
    kind: ListKind
    regions: Regions = ()
    max_age: MaxAge = None
    purposes: Purposes = ()
    owner: Owner = None

    @model_validator(mode="after")
    def _has_only_what_its_kind_has(self) -> Self:
        check_kind(self.kind, self)
        return self


class ListChanges(BaseModel):
    """The body of PATCH /v1/lists/{id}: only `model_fields_set` is changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    regions: Regions = ()
    max_age: MaxAge = None
    purposes: Purposes = ()
    owner: Owner = None
    because: Annotated[Words | None, Field(description="Why, for the history.")] = None
    by: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"\S")] | None = (
        Field(None, description="Who does it, for the history. Left out: the name of the API key or the user.")
    )


def check_kind(kind: ListKind, fields: NewList | ListChanges) -> None:
    """Raise pydantic's error for a field that lists of this kind do not have."""
    if kind is ListKind.REGISTRY:
        return
    if fields.max_age and not kind.ages:
        raise PydanticCustomError("max_age", "only a registry and a list of kind reassigned have max_age")
    for name in ("regions", "purposes"):
        if getattr(fields, name):
            raise PydanticCustomError(
                name, "only a registry has {name}; a campaign names its other lists", {"name": name}
            )
