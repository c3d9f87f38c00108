"""Reads how a campaign goes on: what its contacts wait for, until when, and when the last of them will be dialed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import redis
from sqlalchemy import Connection, Row

from orchestrator.model.contact_status import OPEN_CONTACTS, ContactStatus
from orchestrator.operations.campaigns.explain_campaign import Limits
from orchestrator.operations.campaigns.why_waiting import (
    Because,
    Waiting,
    by_reason,
    read_waiting,
    why_campaign_waits,
    why_held,
    why_waiting,
)
from orchestrator.operations.dialing.find_dial_blockers import room_within
from orchestrator.policy.calling_hours import is_open
from orchestrator.policy.eta import Due, EtaBasis, last_dial_at
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.preflight import ASSUMED_CALL_S
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql.call_minutes import count_calls_not_over, count_calls_over
from orchestrator.store.sql.campaigns import running_paces
from orchestrator.store.sql.dialing_stop import Stop
from orchestrator.store.sql.tallies import Tally

_PACE_OVER_S = 600
_PACE_AT_LEAST_OVER_S = 5
_COUNTED = 2_000  # it is polled: of more contacts than that one answer would take too long
_FEW_DIALS = 20  # say nothing of the pace
_FEW_CONTACTS = 20  # say nothing of how many dials a contact needs


@dataclass(frozen=True)
class Eta:
    """When the last contact will have been dialed, and by what that is reckoned; None where it cannot be.

    `dials_per_s` is the pace that it is `based_on`; `dials_each` is how many dials a contact took so far; `left_out`
    contacts wait until somebody acts, and are not reckoned with.
    """

    at: datetime | None
    dials_per_s: float
    based_on: EtaBasis
    dials_each: float
    left_out: int


@dataclass(frozen=True)
class Outlook:
    """What contacts wait for, by reason, and when the last will have been dialed; None for a campaign that stands."""

    waiting: Mapping[Reason, Because]
    held: Mapping[Reason, Because]
    eta: Eta | None


def read_outlook(
    tx: Connection,
    campaign: Row[Any],
    contacts: Sequence[Tally],
    *,
    dialed: int,
    limits: Limits,
    stop: Stop | None,
    now: datetime,
    client: redis.Redis,
    keys: Keys,
) -> Outlook:
    """Return how a campaign goes on; `contacts` counts its contacts, `dialed` its dials."""
    waiting = read_waiting(tx, campaign, contacts, now, most=_COUNTED)
    if whole := why_campaign_waits(campaign, contacts, stop, now):
        undone = sum(waiting.by_zone.values())
        all_of_them = Because(whole.reason, whole.sentence, undone, whole.next_at)
        return Outlook(by_reason([all_of_them] if undone else []), by_reason(why_held(waiting)), None)
    room = room_within(running_paces(tx, [campaign.id]), is_stopped=False, client=client, keys=keys).get(campaign.id)
    held = list(why_held(waiting))
    eta = _eta(tx, campaign, waiting, held, dials_each=_dials_each(contacts, dialed), limits=limits)
    return Outlook(by_reason(why_waiting(waiting, room)), by_reason(held), eta)


def _eta(
    tx: Connection, campaign: Row[Any], waiting: Waiting, held: Sequence[Because], *, dials_each: float, limits: Limits
) -> Eta | None:
    now, measured = waiting.now, _pace_lately(tx, campaign, waiting.now)
    by_channels = limits.channels and limits.channels / ASSUMED_CALL_S
    allowed = min([pace for pace in (limits.rate, by_channels) if pace], default=0.0)
    pace = measured or allowed
    if not pace:
        return None
    due = [*_due_in_zones(waiting), *_due_later(waiting)]
    at = last_dial_at(due, hours=waiting.hours, dials_per_s=pace, dials_each=dials_each, now=now)
    left_out = sum(each.contacts for each in held if each.next_at is None)
    based_on = EtaBasis.ALLOWED_PACE if measured is None else EtaBasis.MEASURED_PACE
    return Eta(at, round(pace, 3), based_on, round(dials_each, 2), left_out)


def _due_in_zones(waiting: Waiting) -> Iterator[Due]:
    """Yield who waits for nothing but the hours of a zone; those of an open one who are not due are left to others."""
    share = waiting.later_of_open / waiting.open_now if waiting.open_now else 0.0
    for zone, n in waiting.by_zone.items():
        yield Due(n * (1 - share) if is_open(waiting.hours, zone, waiting.now) else n, zone, waiting.now)


def _due_later(waiting: Waiting) -> Iterator[Due]:
    """Yield who is not due yet, by reason: all but one with the first of them, and one with the last."""
    counted = sum(each.later or 0 for each in waiting.later)
    for each in waiting.later:
        is_held = each.status == ContactStatus.HELD
        n = waiting.held[each.reason] if is_held else (each.later or 0) / (counted or 1) * waiting.later_of_open
        if n and each.next_at and each.last_at:
            yield Due(max(n - 1, 0), "", each.next_at)
            yield Due(min(n, 1), "", each.last_at)


def _dials_each(contacts: Sequence[Tally], dialed: int) -> float:
    done = sum(n for (status, _), n in contacts if status not in OPEN_CONTACTS)
    return max(1.0, dialed / done) if done >= _FEW_CONTACTS else 1.0


def _pace_lately(tx: Connection, campaign: Row[Any], now: datetime) -> float | None:
    """Return the dials a second of the last ten minutes since dialing began in them; None for too few to say."""
    window = now - timedelta(seconds=_PACE_OVER_S)
    set_going = max(campaign.proving_since or window, window)
    since = set_going.replace(second=0, microsecond=0)
    over = count_calls_over(tx, campaign.id, since=since, step_s=60)
    going = count_calls_not_over(tx, campaign.id, since=since, step_s=60)
    by_minute = Counter({minute: n.dials for minute, n in going.items() if minute >= since})
    for each in over:
        if each.what == "dial":
            by_minute[each.step] += each.n
    if by_minute.total() < _FEW_DIALS:
        return None
    began = max(min(by_minute), set_going)
    return by_minute.total() / max((now - began).total_seconds(), _PACE_AT_LEAST_OVER_S)
