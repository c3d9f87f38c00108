"""Says before a campaign dials what would become of it: who may be called, who waits for what, who never will be."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Engine, Row, RowMapping

from orchestrator.errors import InvalidFlow, NotFound
from orchestrator.flow.definition import Flow
from orchestrator.flow.what_is_said import warn_before_start
from orchestrator.model.campaign_status import FINAL_CAMPAIGN
from orchestrator.operations.caller_ids.find_pools import MOST_COUNTED
from orchestrator.operations.campaigns.check_start import NEVER, find_start_errors, nobody_dialable
from orchestrator.operations.campaigns.create_campaign import found
from orchestrator.operations.campaigns.survey_contacts import PAGE, CallerIds, Group, Survey, survey_contacts
from orchestrator.operations.contacts.explained import voice_of
from orchestrator.policy.caller_id import why_all_closed
from orchestrator.policy.caller_id_choice import Choose
from orchestrator.policy.campaign_rules import Pacing
from orchestrator.policy.caps import Caps
from orchestrator.policy.consent_warnings import consent_warnings
from orchestrator.policy.consents import ConsentRule, RequiredConsent
from orchestrator.policy.guards.budget import Spend
from orchestrator.policy.guards.rules import Guards
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.law import Law, law_for
from orchestrator.policy.law.law_mode import LawMode
from orchestrator.policy.law.setting import stored_setting
from orchestrator.policy.law_warnings import Practice, law_warnings
from orchestrator.policy.lists.campaign_lists import OFF, CampaignLists
from orchestrator.policy.lists.list_fields import ListKind
from orchestrator.policy.lists.registries import Registry
from orchestrator.policy.preflight import Estimate, Finding, Plan, StartError, estimate, warnings
from orchestrator.policy.purposes import DEFAULT_PURPOSE, Purpose, Voice
from orchestrator.policy.retention import Retention
from orchestrator.policy.weekly_hours import stored_hours
from orchestrator.store.sql import campaigns
from orchestrator.store.sql.budgets import Spent, read_spent
from orchestrator.store.sql.caller_id_pools import read_pools
from orchestrator.store.sql.caller_id_uses import AskedCallerId, read_use_rows, use_of
from orchestrator.store.sql.connections import find_connection
from orchestrator.store.sql.contacts_ahead import CallsLately, ListInForce, lists_of, read_calls_lately
from orchestrator.store.sql.dial_counts import CallerIdCap, count_from
from orchestrator.store.sql.dial_ledger import database_now
from orchestrator.store.sql.dialing_stop import Stop, read_stop
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.store.sql.installation_policy import read_policy, said_retention
from orchestrator.store.sql.numbers import answered


@dataclass(frozen=True)
class CallerIdAhead:
    """A caller id; how the carrier attests it (None: not known), and how often it may dial today (None: no cap).

    `dials_24h` is what was dialed from it in the 24 hours until then, up to `MOST_COUNTED`.
    """

    number: str
    attestation: str | None
    room_today: int | None
    dials_24h: int


@dataclass(frozen=True)
class RegionAhead:
    """The contacts of one region, and how many of them may be dialed."""

    region: str
    contacts: int
    dialable_now: int


@dataclass(frozen=True)
class ListAhead:
    """A list that the campaign asks: when its copy was made, how old it is, and whether it is young enough."""

    name: str
    as_of: datetime | None
    age_days: int | None
    ok: bool


@dataclass(frozen=True)
class Override:
    """A field by which a campaign leaves a rule out, and the reason in writing."""

    field: str
    because: str | None


@dataclass(frozen=True)
class Preflight:
    """What would become of a campaign's contacts at a moment, if it ran; all of them are counted once."""

    at: datetime
    contacts: int
    dialable_now: int
    held: Sequence[Group]
    never: Sequence[Group]
    by_region: Sequence[RegionAhead]
    caller_ids: Sequence[CallerIdAhead]
    lists: Sequence[ListAhead]
    overrides: Sequence[Override]
    estimate: Estimate
    errors: Sequence[Finding]
    warnings: Sequence[Finding]


@dataclass(frozen=True)
class _Around:
    """What is known beside the contacts."""

    campaign: Row[Any]
    account: Row[Any] | None
    lately: CallsLately
    stop: Stop | None
    lists: Sequence[ListInForce]
    spend: Spend | None
    spent: Spent
    retention: Retention
    unanswered: Sequence[str]
    is_local_choice: bool

    @property
    def must_clear(self) -> tuple[str, ...]:
        return CampaignLists.model_validate(self.campaign.lists or {}).must_clear


def preflight_campaign(
    campaign_id: str, *, at: datetime | None, sql: Engine, flows: FlowCache, caps: Caps, page: int = PAGE
) -> Preflight:
    """Return what the gate would say of all contacts of a campaign at `at`, as if it ran; raise NotFound for none.

    Left out, `at` is now, or the campaign's starts_at where that is later. Nothing is changed.
    """
    with sql.connect() as tx:
        campaign = found(campaigns.find_campaign(tx, campaign_id), campaign_id)
        now = database_now(tx)
        when = at or max(now, campaign.starts_at or now)
        shown, caller_ids = _look_at_caller_ids(tx, campaign, _cap(campaign, caps), when)
        account = find_connection(tx, campaign.connection_id)
        spend = Spend.model_validate(campaign.spend) if campaign.spend else None
        around = _Around(
            campaign,
            account,
            lately=read_calls_lately(tx, currency=spend.currency if spend else None),
            stop=read_stop(tx),
            lists=lists_of(tx, campaign_id),
            spend=spend,
            spent=read_spent(tx, campaign_id),
            retention=said_retention(read_policy(tx)),
            unanswered=_unanswered(tx, shown),
            is_local_choice=_chooses_local(tx, campaign.caller_id_pool),
        )
        errors = [] if campaign.status in FINAL_CAMPAIGN else find_start_errors(tx, campaign, flows=flows, caps=caps)
    survey = survey_contacts(
        campaign,
        when,
        sql=sql,
        caps=caps,
        caller_ids=caller_ids,
        flow_voice=voice_of(flows, campaign.flow_id),
        page=page,
    )
    reachable = survey.dialable_now + sum(each.contacts for each in survey.held.values()) - survey.waits_for_somebody
    return Preflight(
        at=when,
        contacts=survey.contacts,
        dialable_now=survey.dialable_now,
        held=_largest(survey.held),
        never=_largest(survey.never),
        by_region=[RegionAhead(name, n, survey.dialable_by_region[name]) for name, n in survey.by_region.most_common()],
        caller_ids=shown,
        lists=[_ahead(each, when, around.must_clear) for each in around.lists],
        overrides=list(_overrides(campaign)),
        estimate=_estimate(around, reachable),
        errors=[*errors, *_nobody(survey, errors)],
        warnings=[
            *_warnings(around, survey, shown, reachable, when),
            *_warned_of(survey),
            *_by_law(campaign, survey, flows),
            *_of_other_rules(around, survey, flows, when),
            *_of_what_is_said(campaign, survey, flows),
        ],
    )


def _cap(campaign: Row[Any], caps: Caps) -> int | None:
    own, shared = campaign.caps.get("per_caller_id_24h"), caps.per_caller_id_24h
    return min((cap for cap in (own, shared) if cap is not None), default=None)


def _look_at_caller_ids(
    tx: Connection, campaign: Row[Any], cap: int | None, at: datetime
) -> tuple[list[CallerIdAhead], CallerIds]:
    if campaign.caller_id_pool:
        return _look_at_pool(tx, campaign.caller_id_pool, cap, at)
    numbers = list(campaign.caller_ids)
    counted = count_from(tx, [CallerIdCap(number, cap) for number in numbers], at=at) if cap is not None else []
    dials = dict(zip(numbers, counted, strict=True)) if cap is not None else {}
    told = read_use_rows(tx, [AskedCallerId(number, 0, 0) for number in numbers], at=at, at_least=MOST_COUNTED)
    full = {number: each for number, each in dials.items() if cap is not None and each.counted >= cap}
    rooms = [None if cap is None else max(0, cap - dials[number].counted) for number in numbers]
    return list(map(_caller_id_ahead, numbers, told, rooms)), CallerIds(full)


def _look_at_pool(tx: Connection, pool_id: str, cap: int | None, at: datetime) -> tuple[list[CallerIdAhead], CallerIds]:
    found = read_pools(tx, [pool_id]).get(pool_id)
    if found is None:
        return [], CallerIds()
    pool = found.under([] if cap is None else [cap])
    asked = [AskedCallerId(number, pool.per_day, pool.per_hour) for number in pool.caller_ids]
    rows = read_use_rows(tx, asked, at=at, at_least=MOST_COUNTED)
    uses = [use_of(row) for row in rows]
    closed = None if any(use.is_open(at) for use in uses) else why_all_closed(uses, at)
    rooms = (max(0, use.per_day - use.dials_day) for use in uses)
    return list(map(_caller_id_ahead, pool.caller_ids, rows, rooms)), CallerIds({}, closed)


def _caller_id_ahead(number: str, use: RowMapping, room: int | None) -> CallerIdAhead:
    return CallerIdAhead(number, use["attestation"], room, use["dials_day"])


def _ahead(found: ListInForce, at: datetime, must_clear: Collection[str]) -> ListAhead:
    age_days = None if found.as_of is None else (at - found.as_of).days
    is_old = (found.kind == ListKind.REGISTRY or found.name in must_clear) and _registry(found).is_stale(at)
    return ListAhead(found.name, found.as_of, age_days, ok=not is_old)


def _registry(found: ListInForce) -> Registry:
    return Registry(found.name, found.as_of, timedelta(seconds=found.max_age_s or 0), frozenset(found.regions))


def _largest(groups: Mapping[Reason, Group]) -> list[Group]:
    return sorted(groups.values(), key=lambda group: -group.contacts)


def _overrides(campaign: Row[Any]) -> Iterator[Override]:
    if stored_hours(campaign.calling_hours).always:
        yield Override("calling_hours.always", campaign.always_because)
    lists = CampaignLists.model_validate(campaign.lists or {})
    if lists.registry == OFF:
        yield Override("lists.registry", lists.because)
    law = stored_setting(campaign.law)
    if law.mode is not LawMode.ENFORCE:
        yield Override("law.mode", law.because)
    for field, because in Guards.stored(campaign.guards).loosened().items():
        yield Override(field, because)


def _nobody(survey: Survey, errors: Sequence[Finding]) -> Iterator[Finding]:
    """Yield that nobody may ever be dialed, now that all were asked; a campaign of nobody says so at its start."""
    undone = (survey.never.keys() - {Reason.CONTACT_CLOSED}) | (survey.held.keys() & {NEVER})
    if not undone or survey.dialable_now or survey.held.keys() - {NEVER}:
        return
    if all(error.code != StartError.NOBODY_DIALABLE for error in errors):
        yield Finding("/contacts", StartError.NOBODY_DIALABLE, nobody_dialable(sorted(undone)))


def _estimate(around: _Around, dials: int) -> Estimate:
    pacing, account = Pacing.model_validate(around.campaign.pacing), around.account
    rates = [rate for rate in (pacing.calls_per_second, account and account.calls_per_second) if rate]
    channels = [most for most in (pacing.max_live_calls, account and account.max_live_calls) if most]
    return estimate(
        dials,
        rate=min(rates, default=None),
        channels=min(channels, default=None),
        call_s=around.lately.seconds,
        cost=around.lately.cost,
        currency=around.lately.currency,
    )


def _warnings(
    around: _Around, survey: Survey, caller_ids: Sequence[CallerIdAhead], dials: int, at: datetime
) -> list[Finding]:
    campaign = around.campaign
    return warnings(
        Plan(
            purpose=campaign.purpose,
            is_always_open=stored_hours(campaign.calling_hours).always,
            caller_ids=len(caller_ids),
            made=max((each.dials_24h for each in caller_ids), default=0),
            verified=[each.number for each in caller_ids if each.attestation == "verified"],
            dials=dials,
            asks_for_consent=RequiredConsent((campaign.consent or {}).get("require", RequiredConsent.NONE))
            is not RequiredConsent.NONE,
            asks_lists=any(each.kind == "registry" for each in around.lists),
            old_lists=[each.name for each in around.lists if not _ahead(each, at, around.must_clear).ok],
            held_for_ever=survey.waits_for_somebody,
            never_in_hours=survey.held[NEVER].contacts if NEVER in survey.held else 0,
            stop=around.stop.sentence if around.stop else None,
            cost=None if around.lately.cost is None else around.lately.cost * dials,
            spend=around.spend,
            left_in_all=_left_in_all(around),
        )
    )


def _left_in_all(around: _Around) -> Decimal | None:
    if around.spend is None or around.spend.total is None:
        return None
    left = Fraction(around.spend.total) - around.spent.in_all
    return Decimal(left.numerator) / Decimal(left.denominator)


def _warned_of(survey: Survey) -> Iterator[Finding]:
    """Yield what the law would hold contacts for that may be dialed, for `law.mode` only warns of it."""
    for warned, contacts in survey.warned.most_common():
        written = f" ({'; '.join(warned.sources)})" if warned.sources else ""
        detail = f"{contacts:,} contacts may be dialed that the law says to hold: {warned.reason}{written}"
        yield Finding("/law/mode", "would_hold", detail)


def _by_law(campaign: Row[Any], survey: Survey, flows: FlowCache) -> list[Finding]:
    """Return, once each, where the law of the contacts' places asks for more consent than the campaign does."""
    rule = ConsentRule.model_validate(campaign.consent)
    laws = _laws(campaign, survey, flows)
    return list(dict.fromkeys(finding for law in laws for finding in consent_warnings(rule, law)))


def _of_other_rules(around: _Around, survey: Survey, flows: FlowCache, at: datetime) -> list[Finding]:
    """Return, once each, what the law of the contacts' places asks for that no check of the gate holds."""
    campaign, [purpose, _] = around.campaign, _purpose_and_voice(around.campaign, flows)
    flow = _flow_of(campaign, flows)
    done = Practice(
        at=at,
        abandon=Guards.stored(campaign.guards).in_force(purpose).abandon.pause,
        registries=[_registry(each) for each in around.lists if each.kind == ListKind.REGISTRY],
        retention=around.retention,
        unanswered=around.unanswered,
        is_hidden=flow is not None and flow.dial.get("privacy") == "id",
        is_local_choice=around.is_local_choice,
    )
    laws = _laws(campaign, survey, flows)
    return list(dict.fromkeys(finding for law in laws for finding in law_warnings(done, law)))


def _unanswered(tx: Connection, caller_ids: Sequence[CallerIdAhead]) -> list[str]:
    shown = [each.number for each in caller_ids]
    found = answered(tx, shown)
    return [number for number in shown if number not in found]


def _chooses_local(tx: Connection, pool_id: str | None) -> bool:
    pool = read_pools(tx, [pool_id]).get(pool_id) if pool_id else None
    return pool is not None and pool.choose is Choose.LOCAL_THEN_STICKY


def _of_what_is_said(campaign: Row[Any], survey: Survey, flows: FlowCache) -> list[Finding]:
    """Return what people would not be told, or too late."""
    flow = _flow_of(campaign, flows)
    if flow is None:
        return []
    found = warn_before_start(flow, *_purpose_and_voice(campaign, flows), _laws(campaign, survey, flows))
    return [Finding("/flow", each.code, str(each)) for each in found]


def _flow_of(campaign: Row[Any], flows: FlowCache) -> Flow | None:
    try:
        return flows.get(campaign.flow_id)
    except (InvalidFlow, NotFound):
        return None  # which forbids the start


def _laws(campaign: Row[Any], survey: Survey, flows: FlowCache) -> list[Law]:
    """Return the law by which each of the contacts is called."""
    known, more = _purpose_and_voice(campaign, flows), stored_setting(campaign.law).more_packs
    return [law_for(places, *known, also=more) for places in sorted(survey.places)]


def _purpose_and_voice(campaign: Row[Any], flows: FlowCache) -> tuple[Purpose, Voice | None]:
    voice = Voice(campaign.voice) if campaign.voice else voice_of(flows, campaign.flow_id)
    return Purpose(campaign.purpose or DEFAULT_PURPOSE), voice
