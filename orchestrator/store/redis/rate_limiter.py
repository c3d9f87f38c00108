"""Rate, channels and the carrier's health in Redis: asked before anything is dialed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import redis

from orchestrator.ids import new_version
from orchestrator.model.event import Event
from orchestrator.model.live_call import LiveCall
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.pacing import DispatchLimits
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import WAKE_AFTER_MS
from orchestrator.store.redis.scripts import ScriptCall, raise_errors, run_script, run_scripts

CLOSE_AFTER_FAILURES = 10
LATE_MS = 100
_LATE_EVENTS_COUNTED = 100
SLOWED_AT_LEAST = 0.2  # dials per s: what bad answers leave of the rate, however slow the account was when they came

_REASONS = {b"closed": Reason.CARRIER_UNAVAILABLE, b"rate": Reason.RATE, b"channels": Reason.NO_CAPACITY}


@dataclass(frozen=True)
class RateLimit:
    """A connection's or campaign's limits: `rate` dials per s, `burst` dials, `channels` live calls; 0 = no limit."""

    scope: str
    rate: float = 0.0
    burst: float = 1.0
    channels: int = 0


@dataclass(frozen=True)
class Room:
    """How many dials could be granted: if none, why, and in how many seconds the rate has room again.

    `because` is what a person or a guard has said of it.
    """

    lacks: Reason | None
    wait_s: float
    dials: int = 0
    because: str = ""


class Permission(StrEnum):
    """What the last look before a POST answered."""

    PERMITTED = "permitted"
    REFUSED = "refused"
    CLOSED = "closed"
    STALE = "stale"


@dataclass(frozen=True)
class AskedSend:
    """A send that is about to leave: `name` tells it from every other, `epoch` is the one that SQL knows.

    A repeat asks for a dial that was made before, so it leaves while dispatch is shut, too.
    """

    name: str
    connection_id: str
    epoch: str
    live: LiveCall
    limits: DispatchLimits
    is_repeat: bool = False


@dataclass(frozen=True)
class AnswerReport:
    """How the carrier answered a dial; `rate` is the connection's full one in dials per s, `event` is for the call."""

    connection_id: str
    good: bool
    rate: float
    reason: str = ""
    event: Event | None = None


@dataclass(frozen=True)
class Health:
    """How the carrier has answered lately: the slowed rate if any, whether dispatch is closed, and why.

    `epoch` is this Redis's own, None for one that came back empty; `late` counts the calls whose next command
    has waited to be sent for a tenth of a second or more, and the events that have waited as long to be acted on;
    `sent` counts the dials of the last second.
    """

    epoch: str | None
    late: int
    sent: int
    rate: float | None
    closed: bool
    reason: str | None
    last_webhook_ms: int


def reserve(
    client: redis.Redis,
    keys: Keys,
    connection: RateLimit,
    campaign: RateLimit,
    *,
    call_ids: Sequence[str],
    lease_s: int,
) -> int:
    """Return how many of `call_ids`, from the first, were granted a place in the rate and a channel, both at once."""
    [answer] = run_scripts(client, [_reservation(keys, connection, campaign, call_ids=call_ids, lease_s=lease_s)])
    raise_errors([answer])
    return int(answer[0])


def read_room(client: redis.Redis, keys: Keys, rate_limits: Sequence[tuple[RateLimit, RateLimit]]) -> list[Room]:
    """Return, for each connection and campaign, how many dials could be granted now; takes nothing."""
    answers = run_scripts(client, [_reservation(keys, *pair, call_ids=(), lease_s=0) for pair in rate_limits])
    raise_errors(answers)
    return [Room(_REASONS.get(why), wait_s=wait / 1000, dials=room) for _, why, wait, room in answers]


def return_reservation(
    client: redis.Redis,
    keys: Keys,
    connection: RateLimit,
    campaign: RateLimit,
    *,
    call_ids: Sequence[str],
    rate_too: bool,
) -> None:
    """Return channels (and with `rate_too` the place in the rate) that were granted and not used; safe to repeat."""
    if call_ids:
        rates = [connection.rate, campaign.rate] if rate_too else [0, 0]
        names = _limit_keys(keys, connection, campaign)
        run_script(client, ScriptCall("give_back", names, [*rates, SLOWED_AT_LEAST, *call_ids]))


def permit_sends(client: redis.Redis, keys: Keys, asked: Sequence[AskedSend]) -> list[Permission | redis.ResponseError]:
    """Create each call's live state unless it is there and enter the sends in the logs of the trailing windows.

    `refused` is the law's answer (R7), which counts those before it in `asked`, too; `closed` says that dispatch has
    been shut since the claim (R7), `stale` that Redis is not the one of this epoch (R20). An answer may be an error of
    its own send.
    """
    answers = run_scripts(client, [_permission(keys, each) for each in asked])
    return [Permission(answer.decode()) if isinstance(answer, bytes) else answer for answer in answers]


def report_answers(client: redis.Redis, keys: Keys, reports: Sequence[AnswerReport]) -> bool:
    """Report how the carrier answered dials, to each call by its event; True when one of them closed dispatch."""
    answers = run_scripts(client, [_report(keys, each) for each in reports])
    raise_errors(answers)
    return b"closed" in answers


def read_health(client: redis.Redis, keys: Keys, connection_id: str) -> Health:
    """Return the carrier's health as the tasks reported it."""
    names = [keys.health(connection_id), keys.epoch, keys.wakes, keys.sends(connection_id), keys.events]
    args = [WAKE_AFTER_MS - LATE_MS, LATE_MS, _LATE_EVENTS_COUNTED]
    answer = run_script(client, ScriptCall("read_health", names, args))
    (rate, closed, reason, last_webhook), epoch, late, sent = answer
    return Health(
        epoch=_text(epoch),
        late=int(late),
        sent=int(sent),
        rate=float(rate) if rate else None,
        closed=closed is not None,
        reason=_text(reason),
        last_webhook_ms=int(last_webhook or 0),
    )


def close_dispatch(client: redis.Redis, keys: Keys, connection_id: str, *, reason: str) -> None:
    """Shut dispatch until `open_dispatch`."""
    client.hset(keys.health(connection_id), mapping={"closed": 1, "reason": reason})


def open_dispatch(client: redis.Redis, keys: Keys, connection_id: str) -> None:
    """Let dispatch run again: the carrier has answered."""
    client.hdel(keys.health(connection_id), "closed", "reason", "failures")


def note_webhook(keys: Keys, connection_id: str, *, at_ms: int) -> ScriptCall:
    """Return the script call that notes that a webhook of one of our calls came in: the carrier reaches us."""
    return ScriptCall("write_though_full", [keys.health(connection_id)], ["HSET", "heard", at_ms])


def dials_in_trailing_5_s(client: redis.Redis, keys: Keys, connection_id: str) -> int:
    """Return the number of sends the law has counted in the last 5 s."""
    seconds, micros = client.time()
    now = seconds * 1000 + micros / 1000
    return int(client.zcount(keys.sends(connection_id), now - 5000, "+inf"))


def _reservation(
    keys: Keys, connection: RateLimit, campaign: RateLimit, *, call_ids: Sequence[str], lease_s: int
) -> ScriptCall:
    names = _limit_keys(keys, connection, campaign)
    limits = [connection.rate, connection.burst, connection.channels, campaign.rate, campaign.burst, campaign.channels]
    return ScriptCall("reserve", names, [*limits, lease_s * 1000, SLOWED_AT_LEAST, *call_ids])


def _permission(keys: Keys, asked: AskedSend) -> ScriptCall:
    limits, live = asked.limits, asked.live
    law: list[str | int] = [limits.law_sends, int(limits.law_window_s * 1000), asked.name, asked.epoch]
    kind = "repeat" if asked.is_repeat else "first"
    names = [keys.sends(asked.connection_id), keys.epoch, keys.call(live.call_id), keys.health(asked.connection_id)]
    return ScriptCall("permit_send", names, [*law, live.model_dump_json(), new_version(), kind])


def _report(keys: Keys, report: AnswerReport) -> ScriptCall:
    event_json = report.event.model_dump_json() if report.event else ""
    answer = "good" if report.good else "bad"
    args: list[str | float] = [answer, report.rate, CLOSE_AFTER_FAILURES, report.reason, event_json, SLOWED_AT_LEAST]
    return ScriptCall("report_answer", [keys.health(report.connection_id), keys.events], args)


def _limit_keys(keys: Keys, connection: RateLimit, campaign: RateLimit) -> list[str]:
    return [
        keys.gcra(connection.scope),
        keys.gcra(campaign.scope),
        keys.slots(connection.scope),
        keys.slots(campaign.scope),
        keys.health(connection.scope),
    ]


def _text(value: bytes | str | None) -> str | None:
    return value.decode() if isinstance(value, bytes) else value
