"""What a person has agreed to and taken back decides whether they are dialed, at the claim and at the send."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from orchestrator.clock import utc_now
from orchestrator.errors import Conflict
from orchestrator.operations.campaigns.preflight_campaign import preflight_campaign
from orchestrator.operations.contacts.erase_person import erase_contact, erase_number
from orchestrator.operations.contacts.explain_contact import explain_contact
from orchestrator.operations.contacts.hang_up_suppressed import hang_up_suppressed
from orchestrator.operations.contacts.record_consent import (
    NewConsent,
    Recorded,
    Revocation,
    record_consent,
    record_revocation,
)
from orchestrator.operations.dialing.place_call import NewCall, place_call
from orchestrator.policy.caps import DEFAULT_CAPS
from orchestrator.store.sql import dial_checks
from orchestrator.store.sql.suppressed_calls import SUPPRESSED
from tests.support.carrier_stub import CarrierStub
from tests.support.lock_points import LockPoint, in_thread, waits_for_a_lock
from tests.support.stepwise import Process
from tests.support.watched_stores import Fault
from tests.support.world import World

PHONE = "+13125550177"
WRITTEN = {"consent": {"require": "written"}}
CONNECTS = """
name: connects
start: agent
steps:
  agent: {transfer: {to: "+13125550100"}, on: {target.call.hangup: bye}}
  bye: {hangup: {}}
"""


def ago(**span: float) -> datetime:
    return utc_now() - timedelta(**span)


def consent(world: World, phone: str = PHONE, **changes: Any) -> Recorded:
    """Record a written consent to what a campaign calls for that says nothing, an hour ago."""
    document = {
        "phone": phone,
        "kind": "written",
        "purposes": ["informational"],
        "text": "You may call me.",
        "source": "form 7",
        "at": ago(hours=1),
        **changes,
    }
    return world.run(record_consent, NewConsent.model_validate(document))


def revoke(world: World, phone: str = PHONE, **changes: Any) -> Recorded:
    """Record a revocation of all calls, which came just now."""
    document = {"phone": phone, "channel": "sms", "words": "STOP", "at": utc_now(), **changes}
    return world.run(record_revocation, Revocation.model_validate(document))


def contact(world: World, **campaign: Any) -> tuple[str, str]:
    campaign_id = world.campaign(**campaign)
    return campaign_id, world.contact(campaign_id, phone=PHONE)


def verdict(world: World, **campaign: Any) -> str:
    """Return what becomes of a contact of a new campaign that is claimed: `calling`, or why not."""
    campaign_id, contact_id = contact(world, **campaign)
    for call_id in world.claim(campaign_id):
        world.set_call(call_id, state="ended", disposition="no_answer")
        return "calling"
    row = world.contact_row(contact_id)
    return str(row["reason"])


def hangups(carrier: CarrierStub) -> list[str]:
    return [asked.path.split("/")[3] for asked in carrier.actions if asked.path.endswith("/hangup")]


def ringing_call(world: World, **campaign: Any) -> str:
    campaign_id, _ = contact(world, **campaign)
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    world.hear(call_id, "call.initiated")
    world.work(call_id)
    return call_id


# -- what a campaign asks for ---------------------------------------------------------------------------------------


def test_a_campaign_that_asks_for_nothing_dials_without_a_consent(world: World) -> None:
    assert verdict(world) == "calling"


@pytest.mark.parametrize(
    ("required", "given", "becomes"),
    [
        ("express", {"kind": "express"}, "calling"),
        ("express", {"kind": "oral"}, "calling"),
        ("express", {"kind": "written"}, "calling"),
        ("written", {"kind": "written"}, "calling"),
        ("written", {"kind": "express"}, "consent_missing"),
        ("written", {"kind": "oral"}, "consent_missing"),
        ("express", {"purposes": ["sales"]}, "consent_missing"),
        ("express", {"purposes": ["sales", "informational"]}, "calling"),
        ("express", {"phone": "+13125550178"}, "consent_missing"),
        ("express", {"expires_at": ago(minutes=1)}, "consent_missing"),
        ("express", {"expires_at": utc_now() + timedelta(hours=1)}, "calling"),
    ],
)
def test_a_consent_must_be_of_the_kind_and_for_the_purpose(
    world: World, required: str, given: dict[str, Any], becomes: str
) -> None:
    consent(world, **given)

    assert verdict(world, consent={"require": required}) == becomes


@pytest.mark.parametrize(
    ("campaign", "purposes", "becomes"),
    [
        ({"purpose": "sales"}, ["sales"], "calling"),
        ({"purpose": "sales"}, ["informational"], "consent_missing"),
        ({"consent": {"require": "written", "purposes": ["sales", "survey"]}}, ["sales"], "consent_missing"),
        ({"consent": {"require": "written", "purposes": ["sales", "survey"]}}, ["survey", "sales"], "calling"),
    ],
)
def test_the_purposes_are_those_of_the_rule_or_the_campaigns_own(
    world: World, campaign: dict[str, Any], purposes: list[str], becomes: str
) -> None:
    consent(world, purposes=purposes)

    assert verdict(world, **{**WRITTEN, **campaign}) == becomes


def test_who_is_held_for_want_of_a_consent_is_released_by_it(world: World) -> None:
    campaign_id, contact_id = contact(world, **WRITTEN)
    other = world.contact(campaign_id)
    assert world.claim(campaign_id) == []
    assert world.contact_row(contact_id)["due_at"] is None

    consent(world)

    assert [world.call_row(call_id)["contact_id"] for call_id in world.claim(campaign_id)] == [contact_id]
    assert world.contact_row(other)["reason"] == "consent_missing"


def test_a_consent_that_meets_the_claim_which_holds_its_contact_releases_it(world: World) -> None:
    campaign_id, contact_id = contact(world, **WRITTEN)
    point = LockPoint(world.sql, before="UPDATE contacts")

    with in_thread(lambda: world.claim(campaign_id)):
        point.is_reached()  # it has read that there is no consent
        with in_thread(lambda: consent(world)) as consenting:
            waits_for_a_lock(world, unless=consenting)
            point.go_on()

    assert world.contact_row(contact_id)["status"] == "waiting"


# -- revocations -----------------------------------------------------------------------------------------------------


def test_a_revocation_of_all_binds_every_campaign_for_good(world: World) -> None:
    revoke(world)

    campaign_id, contact_id = contact(world)
    world.claim(campaign_id)

    row = world.contact_row(contact_id)
    assert (row["status"], row["reason"]) == ("suppressed", "consent_revoked")


def test_a_revocation_binds_a_single_call(world: World) -> None:
    revoke(world)
    wanted = NewCall(to=PHONE, from_="+13125550100", ignore_hours=True, because="a test")

    with pytest.raises(Conflict) as refused:
        world.run(place_call, wanted, contact_id="con_01ARZ3NDEKTSV4RRFFQ69G5FAV")

    assert refused.value.code == "consent_revoked"


@pytest.mark.parametrize(
    ("campaign", "becomes"),
    [
        ({"subject": "Spring offer"}, "consent_revoked"),
        ({"subject": "SPRING OFFER"}, "consent_revoked"),
        ({"name": "spring offer"}, "consent_revoked"),
        ({"name": "spring offer", "subject": "other"}, "calling"),
        ({"subject": "Your parcel"}, "calling"),
    ],
)
def test_a_revocation_of_a_subject_binds_the_campaigns_about_it(
    world: World, campaign: dict[str, Any], becomes: str
) -> None:
    revoke(world, scope="subject", subject="Spring offer")

    assert verdict(world, **campaign) == becomes


@pytest.mark.parametrize(
    ("revoked", "given", "becomes"),
    [
        (3, [{"at": 2}], "calling"),
        (2, [{"at": 3}], "consent_revoked"),
        (2, [{"at": 2}], "consent_revoked"),
        (3, [{"at": 2, "purposes": ["sales"]}], "consent_revoked"),
        (3, [{"at": 2, "expires_at": 1}], "consent_revoked"),
        (3, [{"at": 4}, {"at": 2, "kind": "oral"}], "calling"),
    ],
)
@pytest.mark.parametrize("is_late", [False, True], ids=["in order", "the revocation comes late"])
def test_the_newest_by_when_it_was_said_decides(
    world: World, revoked: float, given: list[dict[str, Any]], becomes: str, is_late: bool
) -> None:
    moments = {hours: ago(hours=hours) for hours in (1, 2, 3, 4)}
    consents = [{k: moments[v] if k in ("at", "expires_at") else v for k, v in each.items()} for each in given]
    if not is_late:
        revoke(world, at=moments[revoked])
    for each in consents:
        consent(world, **each)
    if is_late:
        revoke(world, at=moments[revoked])

    assert verdict(world) == becomes


def test_a_consent_before_the_revocation_is_none_although_another_kind_came_since(world: World) -> None:
    consent(world, at=ago(hours=3))
    revoke(world, at=ago(hours=2))
    consent(world, at=ago(hours=1), kind="oral")

    assert (verdict(world, **WRITTEN), verdict(world)) == ("consent_missing", "calling")


def test_what_is_sent_again_is_recorded_once(world: World) -> None:
    at, said = ago(hours=1), ago(minutes=1)
    given = [consent(world, at=at), consent(world, at=at), consent(world, at=at, text="You may call me often.")]
    taken = [revoke(world, at=said), revoke(world, at=said)]

    assert [each.is_new for each in given + taken] == [True, False, True, True, False]
    assert given[0].row == given[1].row and taken[0].row == taken[1].row
    assert world.query("SELECT count(*) FROM consent_events") == [(3,)]


def test_a_revocation_noted_by_a_clock_that_is_ahead_holds_from_now_on(world: World) -> None:
    revoke(world, at=utc_now() + timedelta(minutes=4))
    before = verdict(world)
    consent(world, at=utc_now())

    assert (before, verdict(world)) == ("consent_revoked", "calling")


# -- what is under way -------------------------------------------------------------------------------------------------


def test_r9_a_revocation_takes_back_what_was_claimed(world: World, carrier: CarrierStub) -> None:
    campaign_id, contact_id = contact(world)
    [call_id] = world.claim(campaign_id)

    revoke(world)
    world.dialer.dial_call(call_id)

    row = world.contact_row(contact_id)
    assert carrier.dials == [] and world.call_row(call_id)["withdrawn_reason"] == "consent_revoked"
    assert (row["status"], row["reason"], row["attempts"]) == ("suppressed", "consent_revoked", 0)


def test_a_revocation_of_another_subject_leaves_what_was_claimed(world: World, carrier: CarrierStub) -> None:
    campaign_id, _ = contact(world)
    [call_id] = world.claim(campaign_id)

    revoke(world, scope="subject", subject="something else")
    world.dialer.dial_call(call_id)

    assert len(carrier.dials) == 1


def test_r1_the_gate_asks_for_revocations_at_the_last_moment(
    world: World, carrier: CarrierStub, process: Process
) -> None:
    campaign_id, _ = contact(world)
    [call_id] = world.claim(campaign_id)

    process.dies(Fault.DEATH_BEHIND, "commit", revoke)
    world.dialer.dial_call(call_id)

    assert carrier.dials == [] and world.call_row(call_id)["withdrawn_reason"] == "consent_revoked"


def test_r9_a_send_that_has_asked_the_gate_is_waited_for_and_none_follows(world: World, carrier: CarrierStub) -> None:
    campaign_id, _ = contact(world)
    [call_id] = world.claim(campaign_id)
    point = LockPoint(world.sql, before="send_no = 1")
    dialed_when_it_returned: list[int] = []

    def revoking() -> None:
        revoke(world)
        dialed_when_it_returned.append(len(carrier.dials))

    with in_thread(lambda: world.dialer.dial_call(call_id)):
        point.is_reached()  # the gate said go, and the row is locked
        with in_thread(revoking) as running:
            waits_for_a_lock(world, unless=running)
            assert dialed_when_it_returned == []
            point.go_on()

    world.dialer.dial_call(call_id)
    assert dialed_when_it_returned == [1] and len(carrier.dials) == 1


def test_a_phone_that_rings_is_hung_up_when_its_person_revokes(world: World, carrier: CarrierStub) -> None:
    call_id = ringing_call(world, retry={"max_attempts": 3, "on": {"canceled": {"after": "1m"}}})

    revoke(world)
    world.work(call_id)
    world.hang_up(call_id, cause="originator_cancel")

    assert hangups(carrier) == [f"v3:{call_id}"]
    assert world.contact_of(call_id)["status"] == "suppressed"


def test_a_revocation_that_binds_not_this_campaign_lets_the_phone_ring(world: World, carrier: CarrierStub) -> None:
    call_id = ringing_call(world)

    revoke(world, scope="subject", subject="something else")
    world.work(call_id)

    assert hangups(carrier) == []


def test_a_late_revocation_before_the_consent_lets_the_phone_ring(world: World, carrier: CarrierStub) -> None:
    consent(world)
    call_id = ringing_call(world)

    revoke(world, at=ago(hours=2))
    world.work(call_id)

    assert hangups(carrier) == []


def test_what_a_dead_process_left_ringing_is_found_by_the_sweeper(
    world: World, carrier: CarrierStub, process: Process
) -> None:
    call_id = ringing_call(world)
    process.dies(Fault.DEATH_BEHIND, "commit", revoke)

    told = hang_up_suppressed(world.sql, world.redis, world.keys)
    world.work(call_id)

    assert told == [call_id] and hangups(carrier) == [f"v3:{call_id}"]


# -- on record -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE consent_events SET at = now()",
        "UPDATE consent_events SET text = 'something else'",
        "UPDATE consent_events SET phone = NULL, text = NULL",
        "UPDATE consent_events SET phone = NULL, text = NULL, source = NULL, digest = NULL, kind = 'oral'",
        "DELETE FROM consent_events",
    ],
)
def test_nothing_on_record_is_changed(world: World, change: str) -> None:
    consent(world)

    with pytest.raises(DBAPIError, match="never changed"):
        world.execute(change)


def test_an_erasure_clears_the_words_and_keeps_the_revocation(world: World) -> None:
    consent(world, at=ago(hours=3), text="I am Annabel", evidence_url="https://example.test/annabel")
    revoke(world, words="Annabel says stop", at=ago(hours=2))

    world.run(erase_number, PHONE)

    rows = world.query("SELECT phone, text, source, evidence_url, words, digest FROM consent_events")
    assert set(rows) == {(None,) * 6}
    assert verdict(world) == "consent_revoked"
    consent(world, at=ago(hours=1))
    assert verdict(world) == "calling"


def test_a_consent_whose_words_were_erased_proves_nothing_any_more(world: World) -> None:
    consent(world)
    world.run(erase_number, PHONE)

    assert verdict(world, **WRITTEN) == "consent_missing"


def test_the_erasure_of_one_contact_leaves_what_the_person_said(world: World) -> None:
    _, contact_id = contact(world)
    consent(world)

    world.run(erase_contact, contact_id)

    assert verdict(world, **WRITTEN) == "calling"


def test_the_sweeper_looks_each_open_call_up_by_an_index(world: World) -> None:
    ringing_call(world)
    world.execute(
        "INSERT INTO consent_events (id, number_key, phone, act, scope, words, channel, at) SELECT 'cns_' || n, "
        "number_key('+1646' || (5550000 + n)), '+1646' || (5550000 + n), 'revoked', 'all', 'x', 'sms', now() "
        "FROM generate_series(1, 20000) n"
    )
    world.execute("ANALYZE consent_events")

    plan = "\n".join(row[0] for row in world.query(f"EXPLAIN {SUPPRESSED.text}"))

    assert "consent_events_by_number" in plan and "Seq Scan on consent_events" not in plan


@pytest.mark.parametrize(
    ("campaign", "warned"),
    [
        ({"purpose": "sales", "voice": "recorded"}, ["written", "express"]),
        ({"purpose": "sales", "voice": "recorded", **WRITTEN}, []),
        ({"purpose": "sales", "voice": "agent"}, []),
        ({"purpose": "sales"}, ["written", "express"]),  # the usual flow speaks
        ({"purpose": "sales", "flow": CONNECTS}, []),
        ({"purpose": "informational", "voice": "agent"}, []),
    ],
)
def test_a_look_ahead_says_where_the_law_asks_for_more_consent(
    world: World, campaign: dict[str, Any], warned: list[str]
) -> None:
    campaign_id, _ = contact(world, status="draft", **campaign)

    told = world.run(preflight_campaign, campaign_id, at=None)

    found = [warning.detail for warning in told.warnings if warning.code == "consent_asked_by_law"]
    assert [detail.partition("asks for ")[2].split()[0] for detail in found] == warned


def test_a_look_ahead_counts_who_has_not_consented_and_who_has_revoked(world: World) -> None:
    campaign_id, _ = contact(world, status="draft", **WRITTEN)
    revoked = world.contact(campaign_id)
    revoke(world, str(world.contact_row(revoked)["phone"]))

    told = world.run(preflight_campaign, campaign_id, at=None)

    assert [(group.reason, group.contacts) for group in told.held] == [("consent_missing", 1)]
    assert [(group.reason, group.contacts) for group in told.never] == [("consent_revoked", 1)]


def test_an_explanation_of_the_past_leaves_out_what_was_recorded_since(world: World) -> None:
    _, contact_id = contact(world)
    before = utc_now()
    revoke(world, at=ago(days=2))

    then, now = (world.run(explain_contact, contact_id, at=at) for at in (before, None))

    assert (then.explanation.reason, now.explanation.reason) == (None, "consent_revoked")


def test_a_claim_looks_consents_up_by_their_index(world: World) -> None:
    _, contact_id = contact(world)
    world.execute(
        "INSERT INTO consent_events (id, number_key, phone, act, scope, words, channel, at) SELECT 'cns_' || n, "
        "number_key('+1646' || (5550000 + n)), '+1646' || (5550000 + n), 'revoked', 'all', 'x', 'sms', now() "
        "FROM generate_series(1, 20000) n"
    )
    world.execute("ANALYZE consent_events")

    with world.sql.begin() as tx:
        tx.execute(text("SET LOCAL plan_cache_mode = 'force_generic_plan'"))
        params = {"ids": [contact_id], "at": None, **DEFAULT_CAPS.model_dump()}
        plan = "\n".join(tx.execute(text(f"EXPLAIN {dial_checks._FACTS.text}"), params).scalars())

    assert "consent_events_by_number" in plan and "Seq Scan on consent_events" not in plan
