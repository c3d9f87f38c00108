"""Whether a set of time zones may be called now, and when it may be called next.

A number can belong to several zones: the hour must be open in all of them. What cannot be decided is closed: no zone,
a name that is no zone, or zones that share less than two hours a day. Hours are read off the wall clock of the place:
a local time that comes twice (clocks set back) is open twice, one that never comes (clocks set forward) is skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache, reduce
from operator import and_
from typing import NamedTuple

from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.weekly_hours import CONTACT, WEEK, CallingHours
from orchestrator.policy.zones.zone_names import zone_info, zones_of

_DAY = timedelta(days=1)
_DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * _DAY_MINUTES
_COMMON_MINUTES_A_DAY = 120
_HORIZON_DAYS = 400  # longer than a year of holidays


class _Span(NamedTuple):
    start: int
    end: int
    is_tail: bool  # of a window that began the evening before


def is_open(hours: CallingHours, zone_key: str, now: datetime) -> bool:
    """Return whether the local times of all zones of the key are inside a window at `now`; never raises."""
    if hours.always:
        return True
    zones = _zones(hours, zone_key)
    return _share_enough(hours, zones, now.year) and all(_is_open_in(hours, zone, now) for zone in zones)


def next_opening(hours: CallingHours, zone_key: str, now: datetime) -> datetime | None:
    """Return the first moment from `now` on that is open, in UTC; None when there is none within 400 days."""
    if is_open(hours, zone_key, now):
        return now.astimezone(UTC)
    if is_zone_unknown(hours, zone_key, now):
        return None
    candidates = _candidates(hours, _zones(hours, zone_key), now.astimezone(UTC))
    return next((moment for moment in candidates if is_open(hours, zone_key, moment)), None)


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
    bits = 0
    for index, day in enumerate(_week(hours)):
        for span in day:
            bits |= ((1 << (span.end - span.start)) - 1) << (index * _DAY_MINUTES + span.start)
    return bits


def _as_utc(week: int, local: datetime) -> int:
    ahead = int((local.utcoffset() or timedelta()).total_seconds()) // 60 % _WEEK_MINUTES
    return (week >> ahead) | ((week & ((1 << ahead) - 1)) << (_WEEK_MINUTES - ahead))


def _candidates(hours: CallingHours, zones: tuple[str, ...], now: datetime) -> Iterator[datetime]:
    """Yield, in order, every moment after `now` at which some zone may open; none of them is promised to be open."""
    for days in range(_HORIZON_DAYS):
        start, end = now + days * _DAY, now + (days + 1) * _DAY
        turns = {turn for zone in zones for turn in _turns(hours, zone, start, end)}
        yield from sorted(turn for turn in turns if start < turn <= end)


def _turns(hours: CallingHours, zone_name: str, start: datetime, end: datetime) -> Iterator[datetime]:
    zone = zone_info(zone_name)
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    yield from _clock_change(zone, start, end)
    while day <= last:
        yield from _span_starts(hours, zone, day)
        day += _DAY


def _span_starts(hours: CallingHours, zone: tzinfo | None, day: date) -> Iterator[datetime]:
    for span in _week(hours)[day.weekday()]:
        wall = datetime.combine(day, time(span.start // 60, span.start % 60), tzinfo=zone)
        yield wall.astimezone(UTC)
        yield wall.replace(fold=1).astimezone(UTC)  # the same wall time once more, where clocks are set back


def _clock_change(zone: tzinfo | None, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the moment at which the zone's clocks were set within these 24 hours, if they were."""
    before, after = start.astimezone(zone).utcoffset(), end.astimezone(zone).utcoffset()
    if before == after:
        return
    while end - start > timedelta(seconds=1):
        middle = start + (end - start) // 2
        start, end = (middle, end) if middle.astimezone(zone).utcoffset() == before else (start, middle)
    yield end.replace(microsecond=0)
