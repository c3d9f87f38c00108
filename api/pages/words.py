"""Numbers, times and states as people read them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

from api.pages.error_words import plain
from orchestrator.errors import Conflict, InvalidInput, LimitReached
from orchestrator.policy.hold_reasons import Reason, reason_of_wait
from orchestrator.policy.timestamps import format_timestamp
from orchestrator.policy.weekly_hours import CONTACT, CallingHours
from orchestrator.policy.zones.clock_rules import clock_of, local_time

_UNITS = ((86_400, "day", "days"), (3_600, "h", "h"), (60, "min", "min"), (1, "s", "s"))
_A_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_NONE = "–"  # noqa: RUF001 the dash of an empty cell


_LARGEST = 2**63


def number(value: float | Decimal | None, digits: int = 0) -> str:
    """Return a number with its thousands apart; a dash for none."""
    return _NONE if value is None else f"{value:,.{digits}f}"


def rate(value: float | None) -> str:
    """Return how many a second, without a fraction where there is none."""
    return number(value, 1).removesuffix(".0")


def percent(part: float | None, whole: float | None = 1, digits: int = 0) -> str:
    """Return a share in percent; a dash where there is nothing to have a share of."""
    return _NONE if part is None or not whole else f"{100 * part / whole:.{digits}f}%"


def duration(length: float | timedelta | None) -> str:
    """Return a length of time in its two largest units: `2 h 5 min`; seconds where it is a number."""
    if length is None:
        return _NONE
    seconds = length.total_seconds() if isinstance(length, timedelta) else float(length)
    if seconds < 1:
        return f"{round(seconds * 1000)} ms" if seconds > 0 else "0 s"
    rest, said = round(seconds), []
    for size, one, many in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            said.append(f"{count} {one if count == 1 else many}")
    return " ".join(said[:2])


def instant(at: datetime) -> str:
    """Return a moment as attributes of HTML carry it."""
    return format_timestamp(at)


def in_zone(at: datetime, zone: str | None, show: str, now: datetime | None = None) -> str:
    """Return a moment by the clock of a zone, UTC where there is none; the script puts it into the viewer's.

    In full it has its year where that is not the year of `now`.
    """
    local = _local(at, zone)
    clock = f"{local:%H:%M:%S}" if show == "second" else f"{local:%H:%M}"
    if show == "day":
        return f"{local:%a} {local.day} {local:%b %Y}"
    if show == "full":
        year = f" {local:%Y}" if now is not None and local.year != _local(now, zone).year else ""
        return f"{local:%a} {local.day} {local:%b}{year} {clock} {place(zone)}"
    return f"{clock} {place(zone)}"


def _local(at: datetime, zone: str | None) -> datetime:
    return local_time(at, clock_of(zone or "UTC"))


def moment(value: Any) -> datetime | None:
    """Return a value of a setting as the moment that it is; None where it is something else."""
    if not isinstance(value, str) or not _A_MOMENT.fullmatch(value):
        return None
    return datetime.fromisoformat(value)


def place(zone: str | None) -> str:
    """Return the name of a zone as people say it: `Los Angeles` of America/Los_Angeles."""
    return (zone or "UTC").rpartition("/")[2].replace("_", " ")


_WAITS = {
    Reason.OUTSIDE_HOURS: "wait for their calling hours",
    Reason.LAW_HOURS: "wait for the hours that the law allows",
    Reason.LAW_HOLIDAY: "wait for the end of a holiday",
    Reason.RETRY_DUE: "wait for another try",
    Reason.CALLBACK: "wait to be called back",
    Reason.NOT_YET: "wait for their own time",
    Reason.NUMBER_GAP: "wait because their number was just dialed",
    Reason.NUMBER_DAY_LIMIT: "were dialed often enough today",
    Reason.NUMBER_WEEK_LIMIT: "were dialed often enough this week",
    Reason.SUBJECT_DAY_LIMIT: "were called often enough on this subject today",
    Reason.REST_AFTER_HUMAN: "rest after a conversation",
    Reason.REST_AFTER_ABANDONED: "rest after an abandoned call",
    Reason.NUMBER_IN_USE: "wait for another call to their number",
    Reason.ZONE_UNKNOWN: "have no known time zone",
    Reason.CONSENT_MISSING: "have given no consent",
    Reason.LIST_STALE: "wait for a newer list",
    Reason.CALLER_ID_RESTING: "wait until a caller id has rested",
    Reason.CALLER_ID_QUOTA: "wait for a caller id with room",
    Reason.NO_CAPACITY: "wait for a free line",
    Reason.RATE: "are next in line",
    Reason.CARRIER_BUSY: "wait because the carrier is busy",
    Reason.CARRIER_UNAVAILABLE: "wait because the carrier is away",
}


_OF_ONE = {"wait": "waits", "wait:": "waits:", "were": "was", "rest": "rests", "have": "has", "are": "is"}


def waits(reason: str, count: int) -> str:
    """Return what contacts do that wait for a reason, as the end of a sentence that began with their number."""
    said = _WAITS.get(reason_of_wait(reason), f"wait: {phrase(reason)}")
    verb, _, rest = said.partition(" ")
    return f"{_OF_ONE.get(verb, verb)} {rest}" if count == 1 else said


def phrase(code: str | None) -> str:
    """Return a code as words: `no_answer` is `no answer`."""
    return _NONE if code is None else str(code).replace("_", " ")


def people(count: int) -> str:
    """Return a number of contacts in words."""
    return "1 contact" if count == 1 else f"{count:,} contacts"


def as_list(value: Any) -> str:
    """Return several values in one line."""
    if not isinstance(value, list | tuple):
        return str(value)
    return ", ".join(brief(each) if isinstance(each, dict) else str(each) for each in value)


def query(filters: Mapping[str, Any], **changes: Any) -> str:
    """Return the query of an address: filters that say something, with some of them changed."""
    said = {name: value for name, value in {**filters, **changes}.items() if value not in (None, "")}
    return f"?{urlencode(said, doseq=True)}" if said else ""


PLACES = (
    ("/", "Campaigns", "viewer"),
    ("/people", "People", "viewer"),
    ("/calls", "Calls", "viewer"),
    ("/recordings", "Recordings", "viewer"),
    ("/blocked", "Blocked", "viewer"),
    ("/flows", "Flows", "viewer"),
    ("/operations", "Operations", "viewer"),
    ("/users", "Users", "admin"),
    ("/keys", "Keys", "admin"),
    ("/audit", "Audit", "admin"),
)
"""What the navigation leads to: address, name, and the role that sees it."""


def options(codes: Sequence[str]) -> list[tuple[str, str]]:
    """Return codes as the options of a choice."""
    return [(code, phrase(code)) for code in codes]


def same(values: Sequence[str]) -> list[tuple[str, str]]:
    """Return values as the options of a choice, as they are."""
    return [(value, value) for value in values]


def mark(delimiter: str) -> str:
    """Return what stands between the columns of a file."""
    return {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars"}.get(delimiter, delimiter)


def speaker(who: str) -> str:
    """Return who does something in a rehearsal."""
    return {"line": "line", "callee": "person", "flow": "we", "agent": "agent", "refusal": "refused"}.get(who, who)


def until(at: datetime, now: datetime) -> str:
    """Return how long it is until a moment, to the minute."""
    return duration(max(60, round((at - now).total_seconds() / 60) * 60))


def largest(counts: Mapping[str, int], most: int) -> list[tuple[str, int]]:
    """Return the largest counts, and the sum of all others."""
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    rest = sum(count for _, count in ordered[most:])
    return [*ordered[:most], *([("other", rest)] if rest else [])]


def hours(calling_hours: CallingHours) -> str:
    """Return calling hours in one line."""
    if calling_hours.always:
        return f"at any hour: {calling_hours.because}"
    zone = "each contact's zone" if calling_hours.timezone == CONTACT else place(calling_hours.timezone)
    return f"{windows(calling_hours.model_dump(mode='json')['windows'])}, in {zone}"


def windows(named: Sequence[Mapping[str, Any]]) -> str:
    """Return windows of a week in one line."""
    return "; ".join(f"{days(each['days'])} {each['start']} to {each['end']}" for each in named)


_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def days(named: Sequence[str]) -> str:
    """Return days of the week in few words: `Mon to Sat`, `Tue, Thu`."""
    places = sorted(_WEEK.index(day) for day in named)
    if len(places) > 2 and places[-1] - places[0] == len(places) - 1:
        return f"{_WEEK[places[0]].capitalize()} to {_WEEK[places[-1]].capitalize()}"
    return ", ".join(_WEEK[place].capitalize() for place in places)


_WAS_DONE = {
    "campaigns": "made it",
    "contacts": "added contacts",
    "imports": "added a file of contacts",
    "start": "started it",
    "pause": "paused it",
    "resume": "let it go on",
    "cancel": "ended it",
    "redial": "had people called again",
    "clone": "copied it",
    "test-call": "made a test call",
}


def what_was_done(action: str) -> str:
    """Return what somebody did to a campaign, by the request that is on record."""
    method, _, path = action.partition(" ")
    last = path.rpartition("/")[2]
    if last.startswith("{"):
        return "changed it" if method == "PATCH" else "deleted it"
    return _WAS_DONE.get(last, phrase(last.replace("-", " ")))


def brief(value: Any) -> str:
    """Return a setting in few words."""
    said = (
        _NONE
        if value in (None, "", [], {})
        else ("yes" if value else "no")
        if isinstance(value, bool)
        else as_list(value)
        if not isinstance(value, dict)
        else ", ".join(f"{phrase(name)} {brief(each)}" for name, each in value.items() if each not in (None, [], {}))
    )
    return said if len(said) <= 80 else said[:79] + "…"


def field_errors(refused: InvalidInput | Conflict | LimitReached, *, otherwise: str = "form") -> dict[str, str]:
    """Return what is wrong by the name of the field, as a form shows it: `/pacing/weight` is `pacing.weight`.

    A refusal that names no field stands under `otherwise`.
    """
    if not isinstance(refused, InvalidInput):
        return {otherwise: refused.detail}
    return {each["pointer"].strip("/?").replace("/", ".") or "form": plain(each["detail"]) for each in refused.errors}


def beside(wrong: Mapping[str, str], names: Collection[str], *, otherwise: str = "form") -> dict[str, str]:
    """Return what is wrong by those fields that a form has: what is wrong within one stands beside the whole of it."""
    found: dict[str, str] = {}
    for name, said in wrong.items():
        field = name
        while field and field not in names:
            field = field.rpartition(".")[0]
        found.setdefault(field or otherwise, said)
    return found


_NOT_SAID = {"windows", "on", "on_outcome", "form", "redial", "set_not_before", "set_priority", "suppress"}


_RULES = {
    "calling_hours.always": "Calling hours: it calls at any hour",
    "lists.registry": "Do-not-call registries are not asked",
    "law.mode": "The law of the place where a person is does not hold",
}


def rule(name: str) -> str:
    """Return a rule that a campaign leaves out, by the field that leaves it out: `guards.silence` is a guard."""
    return _RULES.get(name) or f"Guard, {phrase(name.rpartition('.')[2])}: laxer than it is for everybody, or off"


def field_phrase(name: str) -> str:
    """Return the name of a field of a form as words: `calling_hours.windows.0.start` is `calling hours, start`."""
    return ", ".join(phrase(part) for part in name.split(".") if part not in _NOT_SAID and not part.isdecimal())


def new_key() -> str:
    """Return a key that no other form has."""
    return token_urlsafe(16)


def wall_clock(at: datetime | None, zone: str | None) -> str:
    """Return a moment as a field of a form shows it, by the clock of a zone."""
    return "" if at is None else _local(at, zone).strftime("%Y-%m-%dT%H:%M")


def from_wall_clock(written: str, zone: str | None) -> str | None:
    """Return what was written into such a field as a timestamp; None for nothing, as it is for what is no time."""
    if not written:
        return None
    try:
        return format_timestamp(datetime.fromisoformat(written).replace(tzinfo=clock_of(zone or "UTC")))
    except (ValueError, OverflowError):  # a time that UTC has no year for
        return written


def read_number(written: str) -> int | float | str | None:
    """Return what was written as a number; None for nothing, and as it is where JSON has none, for REST to refuse."""
    if not written:
        return None
    for kind in (int, float):
        try:
            read = kind(written)
        except ValueError:
            continue
        return read if abs(read) < _LARGEST else written  # not true of what is no number
    return written


def with_end(fields: Sequence[tuple[str, str]], end: str) -> list[tuple[str, str]]:
    """Return fields, (name, label), whose names go on with `end`."""
    return [(name + end, label) for name, label in fields]


def any_of(fields: Sequence[tuple[str, str]], *said: Mapping[str, Any]) -> bool:
    """Return whether one of these fields, (name, label), says something or is wrong."""
    return any(each.get(name) for name, _ in fields for each in said)
