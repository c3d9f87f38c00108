"""The calling hours a campaign carries: always, or windows of a week in the contact's zone or a named one."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from orchestrator.policy.because import Because, because_needed
from orchestrator.policy.zones.named_zone import WRITTEN_AS, ZoneProblem, read_zone
from orchestrator.policy.zones.zone_names import known_zone

CONTACT = "contact"

_AS_STORED = "as stored"  # zones may be named as older versions took them

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOST_WINDOWS = 100


class Day(StrEnum):
    """A day of the week, in calendar order."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


WEEK = tuple(Day)
_FULL_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _day(text: Any) -> Day:
    name = text.strip().casefold() if isinstance(text, str) else ""
    for day, full in zip(WEEK, _FULL_NAMES, strict=True):
        if name in (day.value, full):
            return day
    raise PydanticCustomError("day", "{got} is no day; write mon, tue, wed, thu, fri, sat or sun", {"got": repr(text)})


def _span(text: Any) -> list[Day]:
    if isinstance(text, str) and "-" in text:
        first, last = (WEEK.index(_day(part)) for part in text.split("-", 1))
        return [WEEK[(first + step) % 7] for step in range((last - first) % 7 + 1)]
    return [_day(text)]


def _read_days(value: Any) -> Any:
    entries = value.split(",") if isinstance(value, str) else value
    if not isinstance(entries, list | tuple) or not entries:
        raise PydanticCustomError("days", 'write days as a list, such as ["mon", "tue"] or ["mon-sat"]')
    named = {day for entry in entries for day in _span(entry)}
    return tuple(day for day in WEEK if day in named)


def _read_zone(value: Any, info: ValidationInfo) -> str:
    if value == CONTACT:
        return CONTACT
    if info.context is _AS_STORED and isinstance(value, str) and (stored := known_zone(value)):
        return stored
    zone = read_zone(value) if isinstance(value, str) else ZoneProblem(f"{value!r} is no text")
    if isinstance(zone, ZoneProblem):
        raise PydanticCustomError("unknown_zone", "{why}; or `contact`", {"why": zone.detail})
    return zone


def _read_clock(value: Any) -> str:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value.strip()):
        raise PydanticCustomError(
            "clock", '{got} is no time of day; write "09:00" (24:00 is the end of a day)', {"got": repr(value)}
        )
    return value.strip()


Clock = Annotated[
    str, BeforeValidator(_read_clock), WithJsonSchema({"type": "string", "pattern": f"^({_CLOCK.pattern})$"})
]
_ZONE = WRITTEN_AS | {"description": f"`contact` is the contact's own zone; else: {WRITTEN_AS['description']}"}


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


class Window(BaseModel):
    """Local wall-clock hours `[start, end)` beginning on each of `days`; an end before the start is on the next day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Annotated[tuple[Day, ...], BeforeValidator(_read_days)]
    start: Clock
    end: Clock

    @model_validator(mode="after")
    def _spans_something(self) -> Self:
        if self.start == "24:00":
            raise PydanticCustomError("clock", "a window starts at 00:00, not at 24:00")
        if self.start == self.end:
            raise PydanticCustomError("clock", "start and end are the same; write 00:00 to 24:00 for a whole day")
        return self

    @property
    def start_minute(self) -> int:
        """Minutes from local midnight to the start."""
        return _minutes(self.start)

    @property
    def end_minute(self) -> int:
        """Minutes from local midnight to the end, which may be on the next day (see `is_overnight`)."""
        return _minutes(self.end)

    @property
    def is_overnight(self) -> bool:
        """Whether the window ends on the day after the one it began on."""
        return self.end_minute < self.start_minute


# 47 CFR 64.1200(c)(1) allows 08:00-21:00; Florida, Oklahoma and others end at 20:00, several states begin at 09:00 and
# some forbid Sundays: the shipped default is inside all of the common ones.
_DEFAULT_WINDOWS = (Window(days=WEEK[:6], start="09:00", end="20:00"),)


def _a_few(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    if not 1 <= len(windows) <= _MOST_WINDOWS:
        raise PydanticCustomError("windows", f"1 to {_MOST_WINDOWS} windows; leave them out for Mon-Sat 09:00-20:00")
    return windows


def _read_date(value: Any) -> Any:
    if not isinstance(value, str | date) or (isinstance(value, str) and not _DATE.fullmatch(value)):
        raise PydanticCustomError("date", '{got} is no date; write "2027-12-25"', {"got": repr(value)})
    return value


class CallingHours(BaseModel):
    """When a contact may be called. On a holiday nothing is open: no window begins on it and none reaches into it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    always: bool = Field(default=False, strict=True, description="Any hour; it needs `because`.")
    because: Because | None = Field(default=None, validate_default=True)
    timezone: Annotated[str, BeforeValidator(_read_zone), WithJsonSchema(_ZONE)] = CONTACT
    windows: Annotated[tuple[Window, ...], AfterValidator(_a_few)] = _DEFAULT_WINDOWS
    holidays: Annotated[
        frozenset[Annotated[date, BeforeValidator(_read_date)]],
        Field(max_length=1000, json_schema_extra=lambda schema: schema.pop("uniqueItems", None)),  # twice is once
    ] = frozenset()

    @field_validator("because")
    @classmethod
    def _goes_with_always(cls, because: str | None, info: ValidationInfo) -> str | None:
        always = info.data.get("always", False)
        if always and because is None and info.context is not _AS_STORED:
            raise because_needed("calling_hours.always")
        if because is not None and not always:
            raise PydanticCustomError("because", "`because` goes with `always: true`; leave it out")
        return because

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if self.always and self.model_fields_set - {"always", "because"}:
            why = "`always: true` has `because` beside it alone; leave out timezone, windows and holidays"
            raise PydanticCustomError("always", "{why}", {"why": why})
        return self

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        if self.always:
            return {"always": True, "because": self.because} if self.because else {"always": True}
        shown = handler(self)
        return {"timezone": shown["timezone"], "windows": shown["windows"], "holidays": sorted(shown["holidays"])}


def stored_hours(document: Any) -> CallingHours:
    """Return hours that this or an older version stored, without the checks that were added since."""
    return CallingHours.model_validate(document, context=_AS_STORED)
