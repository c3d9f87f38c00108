"""Calls that come to a number of ours: taken in once, whatever is told twice, late, in disorder or dies between."""

from __future__ import annotations

import pytest

from orchestrator.operations.calls.request_command import ACTIONS
from orchestrator.operations.recovery.poll_call_status import poll_call_status
from orchestrator.store.redis.live_calls import read_log
from tests.support.carrier_stub import CarrierStub
from tests.support.incoming import CALLER, LEG, OURS, answered, inbound, mapped, only_call, tell
from tests.support.world import CONNECTION, World

PICKS_UP = """
name: picks-up
inputs: {first_name: {default: friend}}
outcomes: [heard, hung_up]
outcome: hung_up
start: greet
inbound: pick_up
steps:
  pick_up: {answer: {}, on: {call.answered: greet}}
  greet: {speak: {payload: "Hello {{ contact.first_name }}", voice: female}, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""

TURNS_AWAY = """
name: turns-away
start: bye
inbound: no
steps:
  no: {reject: {cause: USER_BUSY}}
  bye: {hangup: {}}
"""

NEVER_AGAIN = """
name: never-again
start: stop
steps:
  stop: {suppress: {scope: campaign, reason: asked}, goto: bye}
  bye: {hangup: {}}
"""


def sent(carrier: CarrierStub) -> list[str]:
    return [asked.path.rsplit("/", 1)[1] for asked in carrier.actions]


def orphans(world: World) -> int:
    return int(world.redis.xlen(world.keys.unmatched_webhooks))


def test_a_call_to_a_mapped_number_walks_through_its_flow_to_its_record(world: World, carrier: CarrierStub) -> None:
    mapped(world)
    tell(world)
    world.advance()
    call_id = only_call(world)
    world.work(call_id)
    answered(world, call_id)
    world.work(call_id)
    answered(world, call_id, "call.speak.ended", status="completed")
    world.work(call_id)
    answered(world, call_id, "call.hangup", hangup_cause="normal_clearing", hangup_source="caller")
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()

    row = world.call_row(call_id)
    assert sent(carrier) == ["answer", "speak", "hangup"]
    assert carrier.actions[0].path == f"/v2/calls/{LEG}/actions/answer"
    assert (row["state"], row["disposition"], row["outcome"]) == ("ended", "answered", "heard")
    assert (row["to_number"], row["from_number"], row["joined_contact_id"]) == (OURS, CALLER, None)
    assert world.contact_of(call_id)["status"] not in ("waiting", "held", "calling")


def test_it_begins_at_the_flows_inbound_step(world: World, carrier: CarrierStub) -> None:
    mapped(world, PICKS_UP)
    tell(world)
    world.advance()
    call_id = only_call(world)
    world.work(call_id)

    answered(world, call_id)
    world.work(call_id)

    assert sent(carrier) == ["answer", "speak"]
    assert carrier.actions[1].body["payload"].endswith("Hello friend")


def test_a_flow_may_turn_a_caller_away(world: World, carrier: CarrierStub) -> None:
    mapped(world, TURNS_AWAY)
    tell(world)
    world.advance()
    call_id = only_call(world)
    world.work(call_id)

    answered(world, call_id, "call.hangup", hangup_cause="call_rejected", hangup_source="callee")
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()

    assert sent(carrier) == ["reject"]
    assert (world.call_row(call_id)["state"], world.call_row(call_id)["disposition"]) == ("ended", "rejected")


def test_a_number_that_is_not_mapped_stays_an_orphan(world: World, carrier: CarrierStub) -> None:
    mapped(world)

    tell(world, to="+13125550199")
    tell(world, direction="outgoing", state="bridging")
    world.advance()

    assert (inbound(world), orphans(world)) == ([], 2)


def test_a_caller_whom_a_campaign_dialed_lately_is_joined_to_that_contact(world: World, carrier: CarrierStub) -> None:
    mapped(world, PICKS_UP)
    campaign = world.campaign(flow=PICKS_UP)
    contact = world.contact(campaign, phone=CALLER, variables={"first_name": "Ada"})
    [dialed] = world.claim(campaign)
    world.dialer.dial_call(dialed)
    tell(world)
    world.advance()
    [row] = inbound(world)
    world.work(row.id)

    answered(world, row.id)
    world.work(row.id)

    assert row.joined_contact_id == contact
    assert carrier.actions[-1].body["payload"].endswith("Hello Ada")
    assert world.contact_row(contact)["current_call_id"] == dialed


@pytest.mark.parametrize(("days", "ago"), [(0, 0), (3, 4)])
def test_a_caller_who_was_dialed_too_long_ago_is_a_stranger(world: World, days: int, ago: int) -> None:
    mapped(world, PICKS_UP, join_days=days)
    campaign = world.campaign(flow=PICKS_UP)
    world.contact(campaign, phone=CALLER)
    [dialed] = world.claim(campaign)
    world.dialer.dial_call(dialed)
    world.execute("UPDATE calls SET last_sent_at = now() - make_interval(days => :d) WHERE id = :id", d=ago, id=dialed)

    tell(world)
    world.advance()

    assert [row.joined_contact_id for row in inbound(world)] == [None]


def test_a_caller_who_wants_no_more_calls_is_suppressed_and_not_our_own_number(world: World) -> None:
    mapped(world, NEVER_AGAIN)
    campaign = world.campaign()
    world.contact(campaign, phone=CALLER)
    [dialed] = world.claim(campaign)
    world.dialer.dial_call(dialed)
    tell(world)
    world.advance()
    call_id = only_call(world)
    answered(world, call_id)
    answered(world, call_id, "call.hangup", hangup_cause="normal_clearing")
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()

    told = world.query("SELECT phone, scope FROM suppressions")
    assert [tuple(row) for row in told] == [(CALLER, campaign)]


def test_who_hangs_up_before_anybody_answers_ends_the_call(world: World, carrier: CarrierStub) -> None:
    mapped(world)
    tell(world)
    tell(world, "call.hangup", hangup_cause="originator_cancel", hangup_source="caller")
    world.advance()
    call_id = only_call(world)
    world.work(call_id)
    world.let_timers_fire()
    world.advance()
    world.settle()

    row = world.call_row(call_id)
    assert (row["state"], row["disposition"], sent(carrier)) == ("ended", "canceled", [])


@pytest.mark.proves("REST")
@pytest.mark.parametrize(
    ("action", "body", "told", "became"),
    [
        ("answer", {}, ("call.answered", {}), ("accepted", None)),
        (
            "reject",
            {"cause": "CALL_REJECTED"},
            ("call.hangup", {"hangup_cause": "call_rejected"}),
            ("ended", "rejected"),
        ),
    ],
)
def test_a_caller_who_waits_is_answered_or_rejected_by_an_action_and_what_comes_of_it_is_heard(
    world: World,
    carrier: CarrierStub,
    action: str,
    body: dict[str, str],
    told: tuple[str, dict[str, str]],
    became: tuple[str, str | None],
) -> None:
    mapped(world, TURNS_AWAY.replace("reject: {cause: USER_BUSY}", "wait_for: call.dtmf.received, goto: bye"))
    tell(world)
    world.advance()
    call_id = only_call(world)
    world.work(call_id)

    world.request_command(call_id, ACTIONS[action].model_validate(body), request_id="req-1")
    world.work(call_id)
    answered(world, call_id, told[0], **told[1])
    world.work(call_id)
    heard = [line["type"] for line in read_log(world.redis, world.keys, call_id)]
    if action == "reject":
        world.let_timers_fire()
        world.advance()
        world.settle()

    assert [asked.path for asked in carrier.actions] == [f"/v2/calls/{LEG}/actions/{action}"]
    assert carrier.actions[0].body.items() >= body.items()
    assert told[0] in heard
    assert (world.call_row(call_id)["state"], world.call_row(call_id)["disposition"]) == became


@pytest.mark.parametrize(("said", "talk_s"), [("", 14_400), ("dial: {time_limit_secs: 900}\n", 900)])
def test_a_caller_may_talk_as_long_as_the_carrier_allows_unless_the_flow_says_less(
    world: World, said: str, talk_s: int
) -> None:
    mapped(world, said + PICKS_UP)
    tell(world)
    world.advance()

    [row] = inbound(world)

    assert (row.ring_limit_s, row.talk_limit_s) == (60, talk_s)
    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 0


def asked_after(world: World, carrier: CarrierStub, call_id: str, *, minutes: float) -> None:
    """Let the call have come in so long ago, and the sweeper come by; the carrier says that it lives."""
    carrier.get = lambda _asked: (200, {"data": {"call_control_id": LEG, "is_alive": True}})
    world.let_time_of_calls_pass(minutes * 60)
    poll_call_status(world.sql, world.redis, world.keys, world.carrier)
    world.work(call_id)


def test_a_caller_who_talks_is_asked_about_now_and_then_and_hung_up_on_at_the_limit(
    world: World, carrier: CarrierStub
) -> None:
    mapped(world, PICKS_UP)
    tell(world)
    world.advance()
    call_id = only_call(world)
    answered(world, call_id)
    world.work(call_id)

    asked_after(world, carrier, call_id, minutes=13)
    asked_after(world, carrier, call_id, minutes=13)
    assert [asked.method for asked in carrier.asked].count("GET") == 2
    assert "hangup" not in sent(carrier)

    asked_after(world, carrier, call_id, minutes=240)
    assert sent(carrier)[-1] == "hangup"


def test_a_caller_whose_hangup_was_lost_is_not_taken_for_one_who_talks(world: World, carrier: CarrierStub) -> None:
    mapped(world)
    tell(world)
    world.advance()
    [row] = inbound(world)

    assert (row.deadline_at - row.reserved_at).total_seconds() <= 12 * 60
