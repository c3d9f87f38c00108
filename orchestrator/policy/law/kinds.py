"""The kinds of rules of a pack, and how the value of each is written."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError

from orchestrator.policy.durations import Duration
from orchestrator.policy.weekly_hours import Window


class Kind(StrEnum):
    """What a rule is about."""

    WINDOW = "window"
    HOLIDAYS = "holidays"
    CAP = "cap"
    REST = "rest"
    RING = "ring"
    ABANDON = "abandon"
    LIST = "list"
    CONSENT = "consent"
    RECORDING = "recording"
    DISCLOSURE = "disclosure"
    OPT_OUT = "opt_out"
    CALLER_ID = "caller_id"
    RETENTION = "retention"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _AtLeastOne(_Value):
    """A value that says something: not all of its fields are left out."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            names = ", ".join(type(self).model_fields)
            raise PydanticCustomError("empty", "say at least one of {names}", {"names": names})
        return self


class Holidays(_Value):
    """The named days of a calendar of holidays.tsv on which nobody is called."""

    calendar: str
    days: Annotated[tuple[str, ...], Field(min_length=1)]


class Cap(_AtLeastOne):
    """The most dials to a number, and the least time between two of them."""

    per_number_24h: Annotated[int, Field(ge=1)] | None = None
    per_number_7d: Annotated[int, Field(ge=1)] | None = None
    per_subject_24h: Annotated[int, Field(ge=1)] | None = None
    min_gap: Duration | None = None


class Rest(_AtLeastOne):
    """How long a number rests after somebody was talked to there, and after an abandoned call."""

    after_human: Duration | None = None
    after_abandoned: Duration | None = None


class Ring(_Value):
    """How long a phone must ring before the caller gives up."""

    at_least: Duration


class Abandon(_Value):
    """The share of answered calls that may be abandoned, and what makes one abandoned.

    A call is abandoned when nobody and nothing is connected within `connected_within`; `message`: it must then say who
    called and how to opt out.
    """

    at_most_percent: Annotated[float, Field(ge=0, le=100)]
    per: Duration | Literal["calendar_month"]
    connected_within: Duration
    message: bool


class Registry(_Value):
    """A registry that calls must be compared with, and the greatest age of the copy."""

    registry: str
    max_age: Duration


class ConsentNeeded(_Value):
    """The kind of consent without which nobody is called."""

    kind: Literal["express", "written"]


class RecordingNotice(_Value):
    """Whether a person must hear that the call is recorded."""

    announce: Literal[True]


class Disclosure(_Value):
    """What a person must hear first, and within what time."""

    first_words: Annotated[
        frozenset[Literal["artificial_voice", "identity", "purpose", "callback_number"]], Field(min_length=1)
    ]
    within: Duration | None = None


class OptOut(_Value):
    """Within how many days an opt-out must be honoured, how long it is kept, and whether a key must do it."""

    within_days: Annotated[int, Field(ge=0)]
    business_days: bool = False
    for_ever: bool = False
    kept_years: Annotated[int, Field(ge=1)] | None = None
    by_keypress: bool = False


class CallerIdShown(_Value):
    """Whether a number must be shown and answered; `local_choice` false: none may be chosen to look local."""

    shown: bool
    answered: bool
    local_choice: bool = True


class Retention(_AtLeastOne):
    """How many years records are kept."""

    calls_years: Annotated[int, Field(ge=1)] | None = None
    consents_years: Annotated[int, Field(ge=1)] | None = None


def _opens(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    for window in windows:
        if window.is_overnight:
            why = f"a window of a law begins and ends on one day; {window.start} to {window.end} never opens"
            raise PydanticCustomError("window", "{why}", {"why": why})
    return windows


Windows = Annotated[tuple[Window, ...], Field(min_length=1), AfterValidator(_opens)]

_SHAPES: Final[Mapping[Kind, Any]] = MappingProxyType(
    {
        Kind.WINDOW: Windows,
        Kind.HOLIDAYS: Holidays,
        Kind.CAP: Cap,
        Kind.REST: Rest,
        Kind.RING: Ring,
        Kind.ABANDON: Abandon,
        Kind.LIST: Registry,
        Kind.CONSENT: ConsentNeeded,
        Kind.RECORDING: RecordingNotice,
        Kind.DISCLOSURE: Disclosure,
        Kind.OPT_OUT: OptOut,
        Kind.CALLER_ID: CallerIdShown,
        Kind.RETENTION: Retention,
    }
)


def read_value(kind: Kind, written: Any) -> Any:
    """Return the value of a rule of this kind; raise pydantic's ValidationError for one that is not understood."""
    return TypeAdapter(_SHAPES[kind]).validate_python(written)
