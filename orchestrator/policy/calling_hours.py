"""Whether a set of time zones may be called now, and when it may be called next.

A number can belong to several zones: the hour must be open in all of them. What cannot be decided is closed: no zone,
a name that is no zone, or zones that share less than two hours a day. Hours are read off the wall clock of the place:
a local time that comes twice (clocks set back) is open twice, one that never comes (clocks set forward) is skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache, reduce
from itertools import pairwise
from operator import and_, or_
from typing import NamedTuple

from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.weekly_hours import CONTACT, WEEK, CallingHours
from orchestrator.policy.zones.zone_names import zone_info, zones_of

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * _DAY_MINUTES
_COMMON_MINUTES_A_DAY = 120
_HORIZON_DAYS = 400  # longer than a year of holidays


class Bound(NamedTuple):
    """Hours that must be open, and the key of the zones in all of which they must be."""

    hours: CallingHours
    zone_key: str


class _Span(NamedTuple):
    start: int
    end: int
    is_tail: bool  # of a window that began the evening before


class _Day(NamedTuple):
    """The minutes of a local day that are open, as bits; those of the evening before apart."""

    own: int
    tails: int


class _Clock(NamedTuple):
    """The hours of a week by the clock of one zone."""

    zone: tzinfo | None
    week: tuple[_Day, ...]
    holidays: frozenset[date]


def is_open(hours: CallingHours, zone_key: str, now: datetime) -> bool:
    """Return whether the local times of all zones of the key are inside a window at `now`; never raises."""
    if hours.always:
        return True
    zones = _zones(hours, zone_key)
    return _share_enough(hours, zones, now.year) and all(_is_open_in(hours, zone, now) for zone in zones)


def next_opening(hours: CallingHours, zone_key: str, now: datetime) -> datetime | None:
    """Return the first moment from `now` on that is open, in UTC; None when there is none within 400 days."""
    return next_common_opening([Bound(hours, zone_key)], now)


def next_common_opening(bounds: Sequence[Bound], now: datetime) -> datetime | None:
    """Return the first moment from `now` on at which all of these are open, in UTC; None for none within 400 days."""
    if all(is_open(*bound, now) for bound in bounds):
        return now.astimezone(UTC)
    if any(is_zone_unknown(*bound, now) for bound in bounds):
        return None
    moments = _openings(bounds, now.astimezone(UTC).replace(second=0, microsecond=0))
    return next((moment for moment in moments if all(is_open(*bound, moment) for bound in bounds)), None)


def is_zone_unknown(hours: CallingHours, zone_key: str, now: datetime) -> bool:
    """Return whether the hours need a zone and the key has none (see above: "cannot be decided")."""
    return not hours.always and not _share_enough(hours, _zones(hours, zone_key), now.year)


def closed_reason(hours: CallingHours, zone_key: str, now: datetime) -> Reason:
    """Return why the zones of a key that are not open may not be called."""
    return Reason.ZONE_UNKNOWN if is_zone_unknown(hours, zone_key, now) else Reason.OUTSIDE_HOURS


def open_keys(hours: CallingHours, zone_keys: Iterable[str], now: datetime) -> list[str]:
    """Return those zone keys that are open now, for a claim that takes only contacts it could dial."""
    return [key for key in zone_keys if is_open(hours, key, now)]


def week_of(hours: CallingHours, zone_key: str, now: datetime) -> int:
    """Return a week from Monday 00:00 UTC as bits, one a minute, set where all zones of the key are open.

    Without holidays, and with the clocks as they are at `now`; no bit is set where that cannot be decided.
    """
    if hours.always:
        return (1 << _WEEK_MINUTES) - 1
    zones = _zones(hours, zone_key)
    if not _share_enough(hours, zones, now.year):
        return 0
    local = _week_bits(hours)
    return reduce(and_, (_as_utc(local, now.astimezone(zone_info(zone))) for zone in zones))


def _zones(hours: CallingHours, zone_key: str) -> tuple[str, ...]:
    return zones_of(zone_key) if hours.timezone == CONTACT else (hours.timezone,)


def _is_open_in(hours: CallingHours, zone_name: str, now: datetime) -> bool:
    local = now.astimezone(zone_info(zone_name))
    if local.date() in hours.holidays:
        return False
    minute = local.hour * 60 + local.minute
    return any(
        span.start <= minute < span.end and not (span.is_tail and local.date() - _DAY in hours.holidays)
        for span in _week(hours)[local.weekday()]
    )


@lru_cache(maxsize=512)
def _week(hours: CallingHours) -> tuple[tuple[_Span, ...], ...]:
    days: list[list[_Span]] = [[] for _ in WEEK]
    for window in hours.windows:
        for index in map(WEEK.index, window.days):
            end = _DAY_MINUTES if window.is_overnight else window.end_minute
            days[index].append(_Span(window.start_minute, end, is_tail=False))
            if window.is_overnight:
                days[(index + 1) % 7].append(_Span(0, window.end_minute, is_tail=True))
    return tuple(tuple(day) for day in days)


@lru_cache(maxsize=4096)
def _share_enough(hours: CallingHours, zones: tuple[str, ...], year: int) -> bool:
    """Return whether all zones are real and share two hours a day, or all that the windows have.

    Judged in January and in July, so that the answer does not change with the clocks.
    """
    rules: list[tzinfo] = [info for zone in zones if (info := zone_info(zone))]
    if not rules or len(rules) < len(zones):
        return False
    return all(_share_enough_at(hours, rules, datetime(year, month, 15, 12, tzinfo=UTC)) for month in (1, 7))


def _share_enough_at(hours: CallingHours, rules: list[tzinfo], moment: datetime) -> bool:
    local = _week_bits(hours)
    common = reduce(and_, (_as_utc(local, moment.astimezone(zone)) for zone in rules))
    days = len({day for window in hours.windows for day in window.days})
    return common.bit_count() >= min(_COMMON_MINUTES_A_DAY * days, local.bit_count())


def _week_bits(hours: CallingHours) -> int:
    """Return the local week as bits, one a minute: zones are then compared by turning and `and`."""
    return sum(
        (_bits(day, is_tail=False) | _bits(day, is_tail=True)) << (n * _DAY_MINUTES)
        for n, day in enumerate(_week(hours))
    )


def _bits(spans: Iterable[_Span], *, is_tail: bool) -> int:
    """Return the minutes of a day that those of its windows have which began on it, or the evening before."""
    of_day = (span for span in spans if span.is_tail is is_tail)
    return reduce(or_, (((1 << (span.end - span.start)) - 1) << span.start for span in of_day), 0)


def _as_utc(week: int, local: datetime) -> int:
    ahead = int((local.utcoffset() or timedelta()).total_seconds()) // 60 % _WEEK_MINUTES
    return (week >> ahead) | ((week & ((1 << ahead) - 1)) << (_WEEK_MINUTES - ahead))


def _openings(bounds: Sequence[Bound], start: datetime) -> Iterator[datetime]:
    """Yield, in order and one a day at most, moments from `start`, a whole minute, at which all clocks are open."""
    clocks = [clock for bound in bounds if not bound.hours.always for clock in _clocks(*bound)]
    zones = {clock.zone for clock in clocks}
    for days in range(_HORIZON_DAYS):
        day = start + days * _DAY
        changes = {moment for zone in zones for moment in _clock_change(zone, day, day + _DAY)}
        for begin, end in pairwise([day, *sorted(changes), day + _DAY]):
            minutes = (end - begin) // _MINUTE
            if common := reduce(and_, (_open_minutes(clock, begin, minutes) for clock in clocks)):
                yield begin + _first_bit(common) * _MINUTE


def _clocks(hours: CallingHours, zone_key: str) -> Iterator[_Clock]:
    days = tuple(_Day(_bits(day, is_tail=False), _bits(day, is_tail=True)) for day in _week(hours))
    return (_Clock(zone_info(zone), days, hours.holidays) for zone in _zones(hours, zone_key))


def _open_minutes(clock: _Clock, begin: datetime, minutes: int) -> int:
    """Return the minutes from `begin` on that are open, as bits, while the clock of the zone is not set."""
    local = begin.astimezone(clock.zone)
    two_days = _open_on(clock, local.date()) | _open_on(clock, local.date() + _DAY) << _DAY_MINUTES
    return two_days >> (local.hour * 60 + local.minute) & ((1 << minutes) - 1)


def _open_on(clock: _Clock, day: date) -> int:
    if day in clock.holidays:
        return 0
    own, tails = clock.week[day.weekday()]
    return own if day - _DAY in clock.holidays else own | tails


def _first_bit(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def _clock_change(zone: tzinfo | None, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the moment at which the zone's clocks were set within these 24 hours, if they were."""
    before, after = start.astimezone(zone).utcoffset(), end.astimezone(zone).utcoffset()
    if before == after:
        return
    while end - start > timedelta(seconds=1):
        middle = start + (end - start) // 2
        start, end = (middle, end) if middle.astimezone(zone).utcoffset() == before else (start, middle)
    yield end.replace(microsecond=0)
