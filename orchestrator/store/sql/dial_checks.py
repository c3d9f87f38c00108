"""Gathers what the gate looks at, for contacts that are locked by the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.policy.caller_id import ClosedCallerIds
from orchestrator.policy.caps import Caps
from orchestrator.policy.consents import RequiredConsent
from orchestrator.policy.dial_gate import GateFacts
from orchestrator.policy.gate.limits import limits_of_law
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.kinds import Kind
from orchestrator.policy.law.law import Law, law_for
from orchestrator.policy.law.law_mode import LawMode
from orchestrator.policy.law.regions import regions_of
from orchestrator.policy.law.setting import setting_of
from orchestrator.policy.lifted_holds import lifted_by, stored_lifts
from orchestrator.policy.lists.reassigned import stored_answers
from orchestrator.policy.lists.registries import Registry, registries_for, stored_lists
from orchestrator.policy.phone.kinds import NumberKind
from orchestrator.policy.phone.number_kind import number_kind
from orchestrator.policy.phone.number_region import number_regions, stored_regions
from orchestrator.policy.purposes import DEFAULT_PURPOSE, Purpose, Voice
from orchestrator.policy.retry_rules import RetryRules
from orchestrator.policy.weekly_hours import CallingHours, stored_hours
from orchestrator.policy.zones.contact_zones import law_zones_for, zones_for
from orchestrator.store.sql.consent_facts import consent_moments
from orchestrator.store.sql.dial_counts import Dials
from orchestrator.store.sql.hours_in_force import hours_in_force
from orchestrator.store.sql.listed_numbers import REGISTRIES, standing
from orchestrator.store.sql.moment import AT, IS_ASKED, known_by_then
from orchestrator.store.sql.number_history import HISTORY, NumberDials, caps_and_dials, ours_of
from orchestrator.store.sql.tables import CALLING_US

_HOLDS = f"(s.expires_at IS NULL OR s.expires_at > {AT})"
_IS_SUPPRESSED = f"""
    EXISTS (SELECT 1 FROM suppressions s WHERE s.phone = c.phone AND s.scope IN ('global', k.id)
            AND {_HOLDS} AND {known_by_then("s.created_at")})
    OR ({IS_ASKED} AND EXISTS (SELECT 1 FROM lifted_suppressions s WHERE s.phone = c.phone
            AND s.scope IN ('global', k.id) AND s.created_at <= {AT} AND s.lifted_at > {AT} AND {_HOLDS}))
"""  # noqa: S608 built from constants
# Every window ends at AT, so that an explanation of another moment reads what the ledger knew then.
_COLUMNS = f"""
    c.id AS contact_id, c.phone, c.external_id, c.timezone, c.timezone_source, c.region, c.variables, c.attempts,
    c.attempts - coalesce((c.tally->>'unspent')::int, 0) AS attempts_spent, c.attempts_limit,
    c.status AS contact_status, c.current_call_id, c.not_before, c.not_after, c.ignore_hours,
    k.id AS campaign_id, k.kind, k.status AS campaign_status, k.starts_at, k.ends_at, k.number_gap_s,
    {hours_in_force("k")} AS calling_hours, k.purpose, k.voice, k.law::text AS law,
    coalesce(k.caps, '{{}}')::text AS own_caps,
    k.default_timezone, k.retry::text AS retry, k.caller_id_pool,
    coalesce(k.allow_number_kinds, '[]')::text AS allow_number_kinds,
    (SELECT r.dial_regions::text FROM connections r WHERE r.id = k.connection_id) AS dial_regions,
    (CASE WHEN c.caller_id IS NOT NULL THEN jsonb_build_array(c.caller_id)
          WHEN k.caller_id_pool IS NULL THEN coalesce(k.caller_ids, '[]')
          ELSE (SELECT jsonb_path_query_array(p.numbers, '$[*].number') FROM caller_id_pools p
                WHERE p.id = k.caller_id_pool) END)::text AS may_show,
    caps.epoch, caps.dialing_stopped,
    ({_IS_SUPPRESSED}) AS suppressed,
    EXISTS (SELECT 1 FROM calls WHERE from_number = c.phone AND {CALLING_US}) AS is_calling_us,
    {HISTORY},
    m.revoked_at, m.consented_at, m.required_consent_at, k.consent->>'require' AS consent_required,
    k.lists::text AS lists, {REGISTRIES} AS registries, z.listed_on, z.is_allowed, z.answers,
    coalesce(CAST(:at AS timestamptz), clock_timestamp()) AS db_now
"""  # noqa: S608 built from constants
_MOMENTS = consent_moments("caps.number_key", at=AT, known=known_by_then("e.recorded_at"))
_CONSENTS = f"CROSS JOIN LATERAL ({_MOMENTS}) m"
_LISTS = f"CROSS JOIN LATERAL ({standing('c.phone', 'k')}) z"
_FACTS = text(
    f"""
    SELECT one.* FROM unnest(CAST(:ids AS text[])) AS asked(id) CROSS JOIN LATERAL (
        SELECT {_COLUMNS}, coalesce(c.flow_id, k.flow_id) AS flow_id, c.caller_id, k.caller_ids, k.connection_id,
            k.spend::text AS spend,
            (SELECT b.from_number FROM calls b WHERE b.id = c.last_call_id AND k.caller_id_pool IS NOT NULL)
                AS last_caller_id
        FROM contacts c JOIN campaigns k ON k.id = c.campaign_id
            {caps_and_dials(besides="''")} {_CONSENTS} {_LISTS}
        WHERE c.id = asked.id OFFSET 0) one
    """  # noqa: S608 built from constants
)
# OFFSET 0 keeps it planned as for one attempt: a plan that is kept must not read a table whole that was small once.
_SEND_FACTS = text(
    f"""
    SELECT one.* FROM unnest(CAST(:call_ids AS text[])) AS asked(id) CROSS JOIN LATERAL (
        SELECT {_COLUMNS}, a.id, a.state, a.flow_id, a.connection_id, a.to_number, a.from_number, a.request,
               n.calls_per_second, k.variables::text AS shared_variables
        FROM calls a JOIN contacts c ON c.id = a.contact_id JOIN campaigns k ON k.id = c.campaign_id
            JOIN connections n ON n.id = a.connection_id
            {caps_and_dials(besides="a.id")} {_CONSENTS} {_LISTS}
        WHERE a.id = asked.id OFFSET 0) one
    """  # noqa: S608 built from constants
)
# A contact of no campaign, as if both stood in the tables.
_SUPPOSED_FACTS = text(
    f"""
    SELECT {_COLUMNS}, k.flow_id, c.caller_id, k.caller_ids, k.connection_id
    FROM jsonb_populate_record(NULL::contacts, :contact) c
        CROSS JOIN jsonb_populate_record(NULL::campaigns, :campaign) k
        {caps_and_dials(besides="''")} {_CONSENTS} {_LISTS}
    """  # noqa: S608 built from constants
).bindparams(bindparam("contact", type_=JSONB), bindparam("campaign", type_=JSONB))


def read_facts(
    tx: Connection, contact_ids: Sequence[str], caps: Caps, *, at: datetime | None = None
) -> dict[str, RowMapping]:
    """Return, by contact id, the contact with its campaign and all that speaks for or against dialing it.

    With `at`, what the ledger knows is read as it stands at that moment; the settings are those of now.
    """
    rows = tx.execute(_FACTS, {"ids": list(contact_ids), "at": at, **caps.model_dump()}).mappings()
    return {row["contact_id"]: row for row in rows}


def read_supposed_facts(
    tx: Connection, contact: Mapping[str, Any], campaign: Mapping[str, Any], caps: Caps, *, at: datetime | None
) -> RowMapping:
    """Return a row as `read_facts` does, for a contact and a campaign that are stored nowhere, by their columns."""
    supposed = {"contact": dict(contact), "campaign": dict(campaign)}
    return tx.execute(_SUPPOSED_FACTS, {**supposed, "at": at, **caps.model_dump()}).mappings().one()


def read_send_facts(tx: Connection, call_ids: Sequence[str], caps: Caps) -> Sequence[RowMapping]:
    """Return attempts, each beside all that speaks for or against sending it, and its connection's calls per second."""
    return tx.execute(_SEND_FACTS, {"call_ids": list(call_ids), "at": None, **caps.model_dump()}).mappings().all()


def gate_facts(
    row: RowMapping,
    *,
    contact_status_ok: bool,
    from_caller_id: Dials,
    closed_caller_ids: ClosedCallerIds | None = None,
    flow_voice: Voice | None = None,
) -> GateFacts:
    """Return a row of `read_facts` or `read_send_facts` as the gate reads it.

    `flow_voice` is the voice of its flow, which counts where the campaign names none; None where nobody knows it.
    """
    hours, dials = hours_of(row["calling_hours"]), NumberDials(row)
    lists = stored_lists(row["lists"])
    law, law_mode = law_of(row, flow_voice), setting_of(row["law"]).mode
    enforced = law if law_mode is LawMode.ENFORCE else None
    lifts = stored_lifts(row["lifts"])
    lifted = lifted_by(lifts)
    ours = ours_of(row, lifted=lifted)
    limits = ours.tightened_by(limits_of_law(enforced))
    in_a_day, in_a_week = dials.in_a_day(limits.per_number_24h), dials.in_a_week(limits.per_number_7d)
    on_subject = dials.on_subject(limits.per_subject_24h)
    return GateFacts(
        campaign_status=row["campaign_status"],
        calling_hours=hours,
        zone_key=_zone_key(row),
        law_zone_key=_law_zone_key(row),
        attempts_spent=row["attempts_spent"],
        max_attempts=row["attempts_limit"] or rules_of(row["retry"]).most_attempts,
        dialing_stopped=row["dialing_stopped"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        not_before=row["not_before"],
        not_after=row["not_after"],
        ignore_hours=row["ignore_hours"],
        law=law,
        law_mode=law_mode,
        suppressed=row["suppressed"],
        revoked_at=row["revoked_at"],
        consented_at=row["consented_at"],
        consent_required=RequiredConsent(row["consent_required"] or RequiredConsent.NONE),
        required_consent_at=row["required_consent_at"],
        listed_on=row["listed_on"],
        registries=_registries(row, enforced),
        allow_list=lists.allow,
        is_allowed=row["is_allowed"],
        answers=stored_answers(row["answers"]),
        must_clear=lists.must_clear,
        contact_status_ok=contact_status_ok,
        contact_status=row["contact_status"],
        number_kind=number_kind(row["phone"]),
        allowed_kinds=kinds_of(row["allow_number_kinds"]),
        number_regions=number_regions(row["phone"]),
        dial_regions=stored_regions(row["dial_regions"], row["may_show"]),
        number_in_use=row["is_calling_us"],
        last_dial_to_number_at=row["last_dial_to_number_at"],
        number_gap=timedelta(0) if Reason.NUMBER_GAP in lifted else row["number_gap"],
        gap_said_by=_gap_said_by(row),
        last_dial_at=dials.last_at,
        law_gap=(enforced and enforced.caps.min_gap) or timedelta(0),
        number_dials_last_day=in_a_day.counted,
        number_day_limit=limits.per_number_24h,
        number_frees_at=in_a_day.frees_at,
        number_dials_last_week=in_a_week.counted,
        number_week_limit=limits.per_number_7d,
        number_week_frees_at=in_a_week.frees_at,
        subject_dials_last_day=on_subject.counted,
        subject_day_limit=limits.per_subject_24h,
        subject_frees_at=on_subject.frees_at,
        last_human_at=row["last_human_at"],
        rest_after_human=limits.rest_after_human,
        last_abandoned_at=row["last_abandoned_at"],
        rest_after_abandoned=limits.rest_after_abandoned,
        ours=ours,
        own_caps=values_of(row["own_caps"]),
        lifts=lifts,
        caller_id_dials_last_day=from_caller_id.counted,
        caller_id_day_limit=row["caller_id_day_limit"],
        caller_id_frees_at=from_caller_id.frees_at,
        caller_ids_closed=closed_caller_ids.reason if closed_caller_ids else None,
        caller_ids_open_at=closed_caller_ids.until if closed_caller_ids else None,
    )


def _registries(row: RowMapping, enforced: Law | None) -> tuple[Registry, ...]:
    """Return the registries that cover a contact, none of them older than the law lets a copy be."""
    regions = regions_of(row["phone"], row["region"])
    covering = registries_for(row["registries"], row["lists"], row["purpose"], regions)
    ages = [rule.max_age for rule in enforced.values(Kind.LIST)] if enforced and covering else []
    return tuple(each.within(min(ages)) for each in covering) if ages else covering


def _gap_said_by(row: RowMapping) -> str:
    own = timedelta(seconds=row["number_gap_s"])
    return "min_gap" if row["min_gap"] is not None and row["min_gap"] > own else "number_gap"


def _zone_key(row: RowMapping) -> str:
    # Not the zone that is stored: an older version may have written it, by what it knew of places then.
    said = row["timezone"], row["default_timezone"]
    return zones_for(row["phone"], *said, region=row["region"], now=row["db_now"]).key


def law_of(row: RowMapping, flow_voice: Voice | None) -> Law:
    """Return the law that binds a call to the contact of such a row, whether its campaign obeys it or not."""
    voice = Voice(row["voice"]) if row["voice"] else flow_voice
    regions, purpose = regions_of(row["phone"], row["region"]), Purpose(row["purpose"] or DEFAULT_PURPOSE)
    return law_for(regions, purpose, voice, also=setting_of(row["law"]).more_packs)


def _law_zone_key(row: RowMapping) -> str:
    said = row["timezone"], row["timezone_source"], row["default_timezone"]
    return law_zones_for(row["phone"], *said, region=row["region"], now=row["db_now"])


@lru_cache(maxsize=1024)
def hours_of(stored: str) -> CallingHours:
    """Return calling hours from their stored JSON text."""
    return stored_hours(json.loads(stored))


@lru_cache(maxsize=1024)
def values_of(stored: str) -> Mapping[str, Any]:
    """Return values for everybody from their stored JSON text."""
    return MappingProxyType(json.loads(stored))


@lru_cache(maxsize=1024)
def kinds_of(stored: str) -> frozenset[NumberKind]:
    """Return kinds of numbers from their stored JSON text."""
    return frozenset(map(NumberKind, json.loads(stored)))


@lru_cache(maxsize=1024)
def rules_of(stored: str) -> RetryRules:
    """Return retry rules from their stored JSON text."""
    return RetryRules.model_validate_json(stored)
