"""In any situation the explanation, the preflight, the claim and the send say the same of a contact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from orchestrator.clock import utc_now
from orchestrator.ids import new_id
from orchestrator.operations.campaigns.preflight_campaign import preflight_campaign
from orchestrator.operations.contacts.explain_contact import explain_contact
from orchestrator.operations.contacts.lift_hold import lift_hold
from orchestrator.operations.contacts.record_consent import (
    NewConsent,
    Revocation,
    record_consent,
    record_revocation,
)
from orchestrator.operations.contacts.suppress_number import suppress_number
from orchestrator.operations.dialing.stop_dialing import resume_dialing
from orchestrator.policy.explain import Verdict
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.lifted_holds import LIFTABLE, NewLift
from tests.support.carrier_stub import CarrierStub
from tests.support.dial_history import recorded
from tests.support.lists import OTHER, days_ago, load, make
from tests.support.world import BECAUSE, World

_ENFORCED = {"mode": "enforce", "packs": "auto", "because": None}
_PLACES = (*("+1312555", "+1305555", "+1480555") * 3, "+1800555", "+1219200", "+1900555", "+4420794")
_WINDOWS = (*({"always": True},) * 4, {"from": -60, "to": 120}, {"from": 60, "to": 180}, {"from": -300, "to": -120})
_LISTS = (("suppress",), ("registry",), ("stale",), ("allow",), ("allowed", "stale"))
_WAITS_FOR_ITS_CAMPAIGN = (Reason.CAMPAIGN_PAUSED, Reason.CAMPAIGN_NOT_STARTED, Reason.DIALING_STOPPED)
_OF_THE_CAMPAIGN = (*_WAITS_FOR_ITS_CAMPAIGN, Reason.NUMBER_IN_USE)
_serial = count(1000)

campaigns = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["running"] * 12 + ["paused"]),
        "hours": st.sampled_from(_WINDOWS),
        "default_timezone": st.sampled_from([None, None, "Asia/Tokyo", "America/Chicago"]),
        "purpose": st.sampled_from([None, "sales", "debt", "emergency", "internal", "survey"]),
        "voice": st.sampled_from([None, "agent", "recorded"]),
        "is_lawful": st.sampled_from([False, False, True]),
        "starts_at": st.sampled_from([None] * 8 + [-2.0, 0.5]),
        "ends_at": st.sampled_from([None] * 8 + [-1.0, 0.7, 48.0]),
        "gap_h": st.sampled_from([0, 2]),
        "caps": st.sampled_from([{}, {}, {"per_number_24h": 1}, {"per_number_7d": 2}, {"rest_after_human": "7d"}]),
        "require": st.sampled_from(["none"] * 4 + ["express", "written"]),
        "lists": st.sampled_from(
            [()] * 8 + [("suppress",), ("registry",), ("stale",), ("allow",), ("allowed", "stale")]
        ),
    }
)
people = st.fixed_dictionaries(
    {
        "place": st.sampled_from(_PLACES),
        "timezone": st.sampled_from([None, None, "America/New_York", "Pacific/Honolulu"]),
        "timezone_source": st.sampled_from([None, "address", "crm"]),
        "region": st.sampled_from([None, None, "US-FL", "US-LA"]),
        "not_before": st.sampled_from([None] * 8 + [-0.1, 0.5]),
        "not_after": st.sampled_from([None] * 8 + [-0.1, 0.5]),
        "attempts": st.sampled_from([0] * 8 + [1, 3]),
        "suppressed": st.sampled_from([None] * 10 + ["global", "campaign"]),
        "said": st.lists(st.sampled_from(["express", "written", "written", "written", "revoke"]), max_size=2),
        "dials_h": st.lists(st.sampled_from([0.5, 5.0, 23.0, 100.0, 170.0]), max_size=4),
        "answered": st.sampled_from(["no_answer", "human", "abandoned"]),
        "lifted_h": st.sampled_from([None, None, 0.0, 3.0, 200.0]),
    }
)


def _hours(span: dict[str, Any]) -> dict[str, Any]:
    """Return hours of every day that lie so many minutes from now, in UTC: the place of the contact decides."""
    if span.get("always"):
        return {"always": True}
    now = utc_now()
    start, end = (now + timedelta(minutes=span[name]) for name in ("from", "to"))
    return {"timezone": "contact", "windows": [{"days": ["mon-sun"], "start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}]}


def _moment(hours: float | None) -> datetime | None:
    return None if hours is None else utc_now() + timedelta(hours=hours)


def _campaign(world: World, said: dict[str, Any], phone: str) -> str:
    return world.campaign(
        status=said["status"],
        calling_hours=_hours(said["hours"]),
        default_timezone=said["default_timezone"],
        purpose=said["purpose"],
        voice=said["voice"],
        **({"law": _ENFORCED} if said["is_lawful"] else {}),
        starts_at=_moment(said["starts_at"]),
        ends_at=_moment(said["ends_at"]),
        number_gap_s=said["gap_h"] * 3600,
        caps=said["caps"],
        consent={"require": said["require"], "purposes": None},
        lists=_lists(world, said["lists"], phone),
        retry={"max_attempts": 3},
    )


def _lists(world: World, kinds: Sequence[str], phone: str) -> dict[str, Any]:
    """Return the lists of a campaign, made for it alone."""
    named: dict[str, Any] = {"suppress": ["global"], "registry": "off", "allow": None, "because": BECAUSE}
    for kind in kinds:
        name = new_id("lch")
        if kind == "suppress":
            load(world, make(world, name), phone)
            named["suppress"] = [*named["suppress"], name]
        elif kind in ("registry", "stale"):
            list_id = make(world, name, "registry")
            load(
                world, list_id, phone if kind == "registry" else "+14155550142", as_of=days_ago(40 * (kind == "stale"))
            )
            named |= {"registry": [name], "because": None}
        else:
            load(world, make(world, name, "allow"), phone if kind == "allowed" else OTHER)
            named["allow"] = name
    return named


def _tell(world: World, campaign_id: str, said: dict[str, Any], phone: str) -> None:
    """Record what a person has said, and how often this number was called."""
    if said["suppressed"]:
        world.run(suppress_number, phone, scope=campaign_id if said["suppressed"] != "global" else "global", reason="x")
    for n, word in enumerate(said["said"]):
        at = utc_now() - timedelta(hours=10 - n)
        if word == "revoke":
            told = {"phone": phone, "channel": "sms", "words": "STOP", "at": at}
            world.run(record_revocation, Revocation.model_validate(told))
        else:
            what = {"kind": word, "purposes": ["informational", "sales"], "text": "yes", "source": "form", "at": at}
            world.run(record_consent, NewConsent.model_validate({"phone": phone, **what}))
    for hours_ago in said["dials_h"]:
        how = {"disposition": "human" if said["answered"] != "no_answer" else "no_answer"}
        recorded(world, hours_ago=hours_ago, phone=phone, abandoned=said["answered"] == "abandoned", **how)


def _contact(world: World, campaign_id: str, said: dict[str, Any], phone: str) -> str:
    own = {name: said[name] for name in ("timezone", "timezone_source", "region", "attempts")}
    return world.contact(
        campaign_id, phone=phone, not_before=_moment(said["not_before"]), not_after=_moment(said["not_after"]), **own
    )


def _lift(world: World, contact_id: str, hours_ago: float | None) -> None:
    """Lift every hold that can be, so long ago."""
    if hours_ago is None:
        return
    wanted = NewLift.model_validate({"holds": sorted(LIFTABLE), "because": BECAUSE})
    lift_id = world.run(lift_hold, contact_id, wanted, by="anna").id
    ago = "make_interval(secs => CAST(:hours AS float) * 3600)"
    aged = f"UPDATE lifted_holds SET lifted_at = lifted_at - {ago}, expires_at = expires_at - {ago} WHERE id = :id"
    world.execute(aged, id=lift_id, hours=hours_ago)


def _explained(world: World, contact_id: str, at: datetime | None = None) -> tuple[Verdict, Reason | None, Any]:
    found = world.run(explain_contact, contact_id, at=at).explanation
    return found.verdict, found.reason, found.until


def _preflighted(world: World, campaign_id: str) -> tuple[Verdict, Reason | None]:
    told = world.run(preflight_campaign, campaign_id, at=utc_now())
    if told.dialable_now:
        return Verdict.GO, None
    [found] = [(Verdict.HOLD, each.reason) for each in told.held] + [
        (Verdict.NEVER, each.reason) for each in told.never
    ]
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(campaign=campaigns, person=people, is_stopped=st.sampled_from([False] * 6 + [True]))
def test_what_is_explained_and_foreseen_is_what_is_done(
    world: World, carrier: CarrierStub, campaign: dict[str, Any], person: dict[str, Any], is_stopped: bool
) -> None:
    phone = f"{person['place']}{next(_serial)}{'' if person['place'].startswith('+1') else '0'}"
    campaign_id = _campaign(world, campaign, phone)
    _tell(world, campaign_id, person, phone)
    contact_id = _contact(world, campaign_id, person, phone)
    _lift(world, contact_id, person["lifted_h"])
    resume_dialing(world.sql)
    before = len(carrier.dials)

    foreseen = _preflighted(world, campaign_id)
    if is_stopped:
        world.stop_dialing()
    verdict, reason, until = _explained(world, contact_id)
    at_that_instant = _explained(world, contact_id, utc_now() + timedelta(milliseconds=1))
    claimed = world.claim(campaign_id)
    row = world.contact_row(contact_id)
    for call_id in claimed:
        world.dialer.dial_call(call_id)

    event(f"{verdict} {reason}")
    assert at_that_instant[:2] == (verdict, reason)
    assert reason in _OF_THE_CAMPAIGN or foreseen == (verdict, reason)
    assert len(claimed) == len(carrier.dials) - before == (verdict is Verdict.GO)
    if verdict is Verdict.GO:
        assert row["status"] == "calling"
    elif reason in _WAITS_FOR_ITS_CAMPAIGN:
        assert row["status"] == "waiting"
    elif verdict is Verdict.HOLD:
        assert (row["status"], row["reason"], row["due_at"]) == ("held", reason, until)
    else:
        assert row["status"] in ("exhausted", "suppressed", "expired") and row["reason"] == reason
    world.execute("UPDATE calls SET state = 'ended' WHERE state IN ('accepted', 'dialing')")
    world.advance()  # what waits for long keeps others from being dialed
