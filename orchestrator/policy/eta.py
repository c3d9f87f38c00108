"""When a campaign will have dialed everybody, at the pace it makes and within its hours: a forecast, no promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from orchestrator.policy.calling_hours import week_of
from orchestrator.policy.weekly_hours import CallingHours

HORIZON = timedelta(days=30)
_STEP = timedelta(minutes=15)
_ANY_MINUTE = -1


class EtaBasis(StrEnum):
    """`measured_pace`: dials of the last ten minutes, since dialing began in them; `allowed_pace` where too few."""

    MEASURED_PACE = "measured_pace"
    ALLOWED_PACE = "allowed_pace"


@dataclass(frozen=True)
class Due:
    """So many contacts that may be dialed from a time on, within the hours of their zone; "" is that of any other."""

    contacts: float
    zone: str
    since: datetime


def last_dial_at(
    due: Sequence[Due], *, hours: CallingHours, dials_per_s: float, dials_each: float, now: datetime
) -> datetime | None:
    """Return when the last contact has been dialed, `dials_each` times on average; None if not within 30 days.

    Reckoned by quarters of the clock, and from each time at which somebody becomes due: all who may be dialed share the
    pace in between. Holidays and changes of the clocks are left out of account.
    """
    left = [each.contacts * dials_each for each in due]
    weeks = {zone: week_of(hours, zone, now) for zone in {each.zone for each in due if each.zone}}
    somewhere = 0
    for week in weeks.values():
        somewhere |= week
    weeks[""] = somewhere or _ANY_MINUTE
    begins = sorted({each.since for each in due if each.since > now}, reverse=True)
    at = now
    while at < now + HORIZON:
        if sum(left) <= 0:
            return at
        minute = at.weekday() * 1440 + at.hour * 60 + at.minute
        may = [n for n, each in enumerate(due) if each.since <= at and weeks[each.zone] >> minute & 1]
        wanted = sum(left[n] for n in may)
        until = min([_next_quarter(at), *begins[-1:]])
        begins = begins[:-1] if begins and begins[-1] == until else begins
        dialed = min(wanted, dials_per_s * (until - at).total_seconds())
        for n in may if wanted else ():
            left[n] -= left[n] * dialed / wanted
        if wanted and sum(left) < 1e-6:
            return at + timedelta(seconds=dialed / dials_per_s)
        at = until
    return None


def _next_quarter(at: datetime) -> datetime:
    return at - timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond) + _STEP
