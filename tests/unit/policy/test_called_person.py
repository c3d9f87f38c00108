"""A table of called persons: who may be dialed at an instant, who waits until when, and who is never dialed."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.policy.caller_id import CallerIdUse, ClosedCallerIds, why_all_closed
from orchestrator.policy.caller_id_pool import NewCallerIdPool
from orchestrator.policy.campaign_rules import CallingHours
from orchestrator.policy.caps import CAP_WINDOW, DEFAULT_CAPS
from orchestrator.policy.consents import RequiredConsent
from orchestrator.policy.dial_gate import GateFacts, Go, Hold, Never, may_dial
from orchestrator.policy.gate.limits import limits_of_law
from orchestrator.policy.guards.judge import GuardCounts, State, judge_abandon
from orchestrator.policy.guards.rules import Guards
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.law import law_for
from orchestrator.policy.law.law_mode import LawMode
from orchestrator.policy.law.regions import regions_of
from orchestrator.policy.lists.registries import Registry, registries_for
from orchestrator.policy.phone.number_kind import number_kind
from orchestrator.policy.purposes import DEFAULT_PURPOSE, Purpose
from orchestrator.policy.ring_time import why_ring_too_short
from orchestrator.policy.zones.contact_zones import law_zones_for, zones_for
from orchestrator.store.sql.number_history import ours_of

ROWS = list(csv.DictReader((Path(__file__).parent / "called_person.csv").read_text().splitlines()))
_DIALS = re.compile(r"(\d+) dials by two other campaigns, oldest (\S+Z)")
_LIST = re.compile(r"list (\S+) as_of (\S+)")
_PURPOSE = re.compile(r"purpose (\w+)")
_ABANDONED = re.compile(r"([\d,]+) humans answered, (\d+) abandoned")
_POOL = re.compile(r"pool of two caller ids, both (\d+) dials in 24 h, oldest (\S+Z)")
_RING = re.compile(r"timeout_secs (\d+)")
_LAST = ("conversation", "abandoned call to it ended")
# What an installation says that says nothing of its own, by the columns of the facts.
INSTALLATION: Any = {
    "number_day_limit": DEFAULT_CAPS.per_number_24h,
    "number_week_limit": DEFAULT_CAPS.per_number_7d,
    "subject_day_limit": DEFAULT_CAPS.per_subject_24h,
    "rest_after_human": DEFAULT_CAPS.rest_after_human,
    "rest_after_abandoned": DEFAULT_CAPS.rest_after_abandoned,
}
HOURS = ("always", "timezone", "windows", "holidays")


# Rows about the wall clock alone: they dial in the night, when the law of New York is closed.
BY_THE_CLOCK_ALONE = {"14", "15", "17", "18"}


def _facts(number: str, settings: dict[str, Any], now: datetime) -> GateFacts:
    windows = {name: settings[name] for name in HOURS if name in settings}
    hours = CallingHours.model_validate({**windows, **({"timezone": settings["tz"]} if "tz" in settings else {})})
    purpose = found[1] if (found := _PURPOSE.search(settings.get("x", ""))) else DEFAULT_PURPOSE
    law, ends_at = law_for(regions_of(number), Purpose(purpose)), settings.get("ends_at")
    limits = ours_of(INSTALLATION).tightened_by(limits_of_law(law))
    last = {name: _moment(name, settings.get("x", "")) for name in _LAST}
    dials = _DIALS.search(settings.get("x", ""))
    closed = _closed_caller_ids(settings.get("x", ""), now)
    return GateFacts(
        campaign_status=_status(settings.get("x", "")),
        calling_hours=hours,
        zone_key=zones_for(number, None, settings.get("default_timezone"), now=now).key,
        law_zone_key=law_zones_for(number, default_timezone=settings.get("default_timezone"), now=now),
        law=law,
        attempts_spent=0,
        max_attempts=3,
        number_kind=number_kind(number),
        suppressed=settings.get("suppressed", False),
        number_dials_last_day=int(dials[1]) if dials else 0,
        number_day_limit=limits.per_number_24h,
        last_human_at=last["conversation"],
        rest_after_human=limits.rest_after_human,
        last_abandoned_at=last["abandoned call to it ended"],
        rest_after_abandoned=limits.rest_after_abandoned,
        number_frees_at=datetime.fromisoformat(dials[2]) + CAP_WINDOW if dials else None,
        consent_required=_consent_required(settings.get("x", "")),
        ends_at=datetime.fromisoformat(ends_at) if ends_at else None,
        registries=_registries(number, settings.get("x", "")),
        caller_ids_closed=closed.reason if closed else None,
        caller_ids_open_at=closed.until if closed else None,
    )


def _status(said: str) -> str:
    """Return the status of a campaign of whose people so many were abandoned."""
    found = _ABANDONED.search(said)
    people, abandoned = (int(found[1].replace(",", "")), int(found[2])) if found else (0, 0)
    reading = judge_abandon(Guards().in_force(DEFAULT_PURPOSE), GuardCounts(abandoned=(abandoned, people)))
    return CampaignStatus.PAUSED if reading.state is State.PAUSE else CampaignStatus.RUNNING


def _closed_caller_ids(said: str, now: datetime) -> ClosedCallerIds | None:
    """Return why nobody is dialed from a pool of two numbers, the second of which frees later."""
    if not (found := _POOL.search(said)):
        return None
    pool = NewCallerIdPool.model_validate({"name": "x", "numbers": [{"number": "+12125550100"}]})
    first = CallerIdUse(pool.per_day, pool.per_hour, int(found[1]), 0, datetime.fromisoformat(found[2]) + CAP_WINDOW)
    return why_all_closed([replace(first, day_frees_at=now + CAP_WINDOW), first], now)


def _moment(name: str, said: str) -> datetime | None:
    found = re.search(rf"{name} (\S+Z)", said)
    return datetime.fromisoformat(found[1]) if found else None


def _consent_required(words: str) -> RequiredConsent:
    """Return what a campaign asks for to whom the law's demand is its own."""
    return RequiredConsent.WRITTEN if "no consent of kind written" in words else RequiredConsent.NONE


def _registries(number: str, said: str) -> tuple[Registry, ...]:
    stored = [[name, ["US"], ["sales"], f"{as_of}T00:00:00Z", 31 * 86_400] for name, as_of in _LIST.findall(said)]
    return registries_for(json.dumps(stored), None, "sales", regions_of(number))


def _told(verdict: Go | Hold | Never) -> tuple[str, str, str]:
    reason, until = getattr(verdict, "reason", ""), getattr(verdict, "until", None)
    return type(verdict).__name__, str(reason), f"{until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if until else ""


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row['id']} {row['why']}") for row in ROWS])
def test_a_called_person_is_judged_as_the_table_says(row: dict[str, str]) -> None:
    now = datetime.fromisoformat(row["instant_utc"])
    if row["reason"] == "ring_floor":
        assert why_ring_too_short(int(_RING.search(row["campaign_settings"])[1]))  # type: ignore[index]  # it stands there
        return

    facts = _facts(row["number"], json.loads(row["campaign_settings"]), now)
    mode = LawMode.OFF if row["id"] in BY_THE_CLOCK_ALONE else LawMode.ENFORCE

    verdict = may_dial(replace(facts, law_mode=mode), now)

    assert _told(verdict) == (row["expected_verdict"], row["reason"], row["until_utc"])


@pytest.mark.parametrize("ident", sorted(BY_THE_CLOCK_ALONE))
def test_the_law_of_new_york_never_opens_in_the_night(ident: str) -> None:
    [row] = [row for row in ROWS if row["id"] == ident]
    now = datetime.fromisoformat(row["instant_utc"])

    verdict = may_dial(_facts(row["number"], json.loads(row["campaign_settings"]), now), now)

    assert verdict == Hold(Reason.NO_COMMON_HOURS, None)
