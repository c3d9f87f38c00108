"""Reads a row of a file of answers on reassigned numbers: number, since when, what was answered, and when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

from orchestrator.policy.lists.reassigned import Result
from orchestrator.policy.phone.parse_phone import PhoneProblem, read_phone
from orchestrator.policy.timestamps import parse_timestamp
from orchestrator.policy.visible_text import visible

FIELDS: Final = ("since", "result", "checked_at")
ALIASES: Final = (
    *(("date", "since"), ("since date", "since"), ("consent date", "since"), ("contact date", "since")),
    *(("response", "result"), ("answer", "result"), ("status", "result"), ("reassigned", "result")),
    *(("disconnected", "result"), ("checked", "checked_at"), ("asked at", "checked_at"), ("query date", "checked_at")),
)
"""How answers of such registries name their columns."""

_BETWEEN = re.compile(r"[\s_-]+")
_DAY = timedelta(days=1)
_TO_ITS_END = _DAY - timedelta(microseconds=1)


class NumberAnswer(NamedTuple):
    """The answer about a number, as it is stored."""

    number: str
    result: Result
    since: datetime
    checked_at: datetime

    def outweighs(self, other: NumberAnswer) -> bool:
        """Return whether it counts instead of another about the number: a `yes` does, else the one checked later."""
        is_yes, other_is = self.result is Result.YES, other.result is Result.YES
        return is_yes if is_yes is not other_is else self.checked_at > other.checked_at


class RowProblem(NamedTuple):
    """What is wrong with a row: the field, a code, and what was expected."""

    field: str
    code: str
    detail: str


class _Wrong(Exception):
    """Carries a problem out of the cells of one row; it never leaves this file."""

    def __init__(self, field: str, code: str, detail: str) -> None:
        super().__init__(detail)
        self.problem = RowProblem(field, code, detail)


def read_answer(
    row: Mapping[str, str], region: str | None, *, as_of: datetime, now: datetime
) -> NumberAnswer | RowProblem:
    """Return the answer of a row, or what is wrong with it; without `checked_at` it is one of the file's `as_of`."""
    number = read_phone(row.get("phone", ""), region)
    if isinstance(number, PhoneProblem):
        return RowProblem("phone", number.code, number.detail)
    try:
        result, since = _result(row.get("result", "")), _moment("since", row.get("since", ""))
        checked_at = _checked_at(row.get("checked_at", ""), result, as_of=as_of, now=now)
    except _Wrong as wrong:
        return wrong.problem
    if since > checked_at + _DAY:
        return RowProblem("since", "since", "the day since which it was asked, not later than that on which it was")
    return NumberAnswer(number, result, since, checked_at)


def _result(text: str) -> Result:
    said = _BETWEEN.sub("_", visible(text)).casefold()
    found = Result.NO_DATA if said == "nodata" else next((result for result in Result if result == said), None)
    if found is None:
        raise _Wrong("result", "result", f"{text!r} is no answer; write yes, no or no_data")
    return found


def _checked_at(text: str, result: Result, *, as_of: datetime, now: datetime) -> datetime:
    """Return when it was asked: of a day its end for a `yes` and its beginning else, which is the stricter of both."""
    said = visible(text)
    if not said:
        return as_of
    day = _day(said)
    asked = day or _moment("checked_at", said)
    if asked > now + _DAY:  # the day may have begun elsewhere
        raise _Wrong("checked_at", "in_the_future", "the day on which it was asked, which has come")
    return min(asked + _TO_ITS_END if day and result is Result.YES else asked, now)


def _moment(field: str, text: str) -> datetime:
    said = visible(text)
    if day := _day(said):
        return day
    try:
        return parse_timestamp(said)
    except ValueError:
        raise _Wrong(field, "moment", f"{text!r} is no day such as 2027-03-01, nor a time with its offset") from None


def _day(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        return None
