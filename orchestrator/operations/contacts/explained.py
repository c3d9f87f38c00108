"""The answer to "why is this person (not) called?": the gate's verdict, its sentence, the zones and regions of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping

from orchestrator.errors import InvalidFlow, NotFound
from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.operations.dialing.check_gate import caller_id_of
from orchestrator.policy.caller_id import PoolInUse, why_all_closed
from orchestrator.policy.dial_gate import GateFacts
from orchestrator.policy.explain import Explanation
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.hold_sentences import sentence_of_check, sources_in_words
from orchestrator.policy.law.law_mode import LawMode
from orchestrator.policy.purposes import Voice
from orchestrator.policy.zones.contact_zones import Provenance, binding_zones
from orchestrator.policy.zones.zone_names import zone_info
from orchestrator.store.sql.caller_id_pools import read_pools
from orchestrator.store.sql.caller_id_uses import AskedCallerId, read_use_rows, use_of
from orchestrator.store.sql.dial_counts import CallerIdCap, Dials, count_from
from orchestrator.store.sql.dialing_stop import Stop
from orchestrator.store.sql.flow_cache import FlowCache

MAY_BE_DIALED = "Nothing stands in the way: the contact may be dialed."


class ZoneAt(NamedTuple):
    """A time zone of a contact, where it is known from, and its local time; None for a name that is no zone."""

    name: str
    source: Provenance
    local: datetime | None


@dataclass(frozen=True)
class Explained:
    """A verdict at a moment, with all that led to it."""

    at: datetime
    explanation: Explanation
    sentence: str
    zones: tuple[ZoneAt, ...]
    regions: tuple[str, ...]


def dials_from_its_caller_id(tx: Connection, row: RowMapping, *, at: datetime | None) -> Dials:
    """Return what was dialed in 24 h from the number that a contact would see, where that is capped."""
    cap, caller_id = row["caller_id_day_limit"], caller_id_of(row)
    if cap is None or not caller_id or row["caller_id_pool"]:
        return Dials()
    [dials] = count_from(tx, [CallerIdCap(caller_id, cap)], at=at)
    return dials


def pool_in_use(tx: Connection, row: RowMapping, *, at: datetime | None) -> PoolInUse | None:
    """Return the campaign's pool of caller ids as it stands, where it has one; the caps for all hold there too."""
    pool = read_pools(tx, [row["caller_id_pool"]]).get(row["caller_id_pool"]) if row["caller_id_pool"] else None
    if pool is None:
        return None
    most = row["caller_id_day_limit"]
    capped = pool.under([] if most is None else [most])
    asked = [AskedCallerId(number, capped.per_day, capped.per_hour) for number in capped.caller_ids]
    found = dict(zip(capped.caller_ids, read_use_rows(tx, asked, at=at), strict=True))
    return PoolInUse(
        per_day=pool.per_day,
        per_hour=pool.per_hour,
        uses={number: use_of(each) for number, each in found.items()},
        resting_because={number: (each["rested_for"] or {}).get("detail") for number, each in found.items()},
    )


def with_pool(facts: GateFacts, pool: PoolInUse | None, now: datetime) -> GateFacts:
    """Return the facts beside the pool of caller ids, and why a call may be made from none of its numbers."""
    closed = why_all_closed(pool.uses.values(), now) if pool else None
    return replace(
        facts,
        pool=pool,
        caller_ids_closed=closed.reason if closed else None,
        caller_ids_open_at=closed.until if closed else None,
    )


def voice_of(flows: FlowCache, flow_id: str | None) -> Voice | None:
    """Return the voice of a flow; None where nobody knows it, such as of a flow that this version cannot run."""
    try:
        return flows.voice(flow_id)
    except (InvalidFlow, NotFound):
        return None


def begun_by(facts: GateFacts, at: datetime) -> GateFacts:
    """Return the facts with a scheduled campaign running from its `starts_at` on."""
    has_begun = facts.starts_at is None or facts.starts_at <= at
    is_scheduled = facts.campaign_status == CampaignStatus.SCHEDULED
    return replace(facts, campaign_status=CampaignStatus.RUNNING) if is_scheduled and has_begun else facts


def zones_at(row: RowMapping, at: datetime) -> tuple[ZoneAt, ...]:
    """Return the zones that decide when a contact may be called."""
    said = row["timezone"], row["timezone_source"], row["default_timezone"]
    sources = binding_zones(row["phone"], *said, region=row["region"], now=at)
    return tuple(
        ZoneAt(name, source, at.astimezone(info) if (info := zone_info(name)) else None)
        for name, source in sorted(sources.items())
    )


def in_words(
    explanation: Explanation,
    *,
    stop: Stop | None = None,
    paused_because: Mapping[str, Any] | None = None,
    ended_so: str | None = None,
) -> str:
    """Return what to tell people; the others are what is known of a stop, of a pause, and of the contact's end."""
    match explanation.reason:
        case None:
            return " ".join([MAY_BE_DIALED, *_lifted(explanation), *_warned_of(explanation)])
        case Reason.DIALING_STOPPED if stop:
            return stop.sentence
        case Reason.CAMPAIGN_PAUSED if paused_because:
            return f"{Reason.CAMPAIGN_PAUSED.sentence} {paused_because['detail']}"
        case Reason.CONTACT_CLOSED if ended_so:
            return f"{Reason.CONTACT_CLOSED.sentence} {ended_so}"
        case reason:
            held = next(each for each in explanation.checks if each.reason)
            return sentence_of_check(held, reason)


def _lifted(explanation: Explanation) -> Iterator[str]:
    """Yield which holds a person has lifted for one more call, and why."""
    for checked in explanation.checks:
        if who := checked.facts.get("lifted_by"):
            yield f"{who} has lifted {checked.check} for this one call: {checked.facts['lifted_because']}"


def _warned_of(explanation: Explanation) -> Iterator[str]:
    """Yield what the law says where the campaign does not obey it (`law.mode: warn`)."""
    for checked in explanation.checks:
        if checked.facts.get("mode") == LawMode.WARN and (code := checked.facts.get("would_hold")):
            yield (
                f"The campaign is only warned of the law, which says {code}: {Reason(code).what_holds}"
                f"{sources_in_words(checked)}"
            )
