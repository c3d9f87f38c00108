"""What the end of a call makes of its contact, its campaign and its record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from orchestrator.clock import utc_now
from orchestrator.operations.contacts.erase_person import erase_contact
from orchestrator.policy.retry import MOST_FAULTS
from tests.support.carrier_stub import refusal
from tests.support.world import CONNECTION, World

ONCE = {"max_attempts": 1, "on": {}}
THRICE = {"max_attempts": 3, "on": {"no_answer": {"after": "3h"}, "busy": {"after": "10m"}}}


def end(world: World, cause: str, sip: str | None, *, retry: Any = THRICE, code: str | None = None) -> str:
    """Return a call that ended unanswered with this hangup."""
    call_id = world.dialed_call(retry=retry)
    error = {"telnyx_error": {"error_code": code}} if code else {}
    world.hang_up(call_id, cause=cause, sip_hangup_cause=sip, **error)
    return call_id


def minutes_to_wait(world: World, call_id: str) -> float:
    wait: timedelta = world.contact_of(call_id)["due_at"] - utc_now()
    return wait.total_seconds() / 60


def dial_again(world: World, call_id: str) -> str:
    """Claim and dial the contact's next attempt, whenever it would be due."""
    contact = world.contact_of(call_id)
    world.execute("UPDATE contacts SET due_at = now() WHERE id = :id", id=contact["id"])
    [again] = world.claim(contact["campaign_id"])
    world.dialer.dial_call(again)
    return again


@pytest.mark.parametrize(
    ("cause", "sip", "status", "disposition"),
    [
        ("normal_clearing", "487", "waiting", "no_answer"),
        ("normal_clearing", "503", "held", "failed"),
        ("unspecified", "500", "held", "failed"),
        ("unspecified", "unspecified", "held", "failed"),
        ("unspecified", "404", "exhausted", "not_found"),
        ("unspecified", "484", "exhausted", "not_found"),
        ("call_rejected", "604", "exhausted", "not_found"),
        ("normal_clearing", "200", "completed", "answered"),
    ],
)
def test_a_contact_that_was_not_reached_is_not_completed(
    world: World, cause: str, sip: str, status: str, disposition: str
) -> None:
    call_id = end(world, cause, sip)

    contact = world.contact_of(call_id)
    assert (contact["status"], contact["disposition"]) == (status, disposition)


def test_a_fault_of_the_carriers_spends_no_attempt_and_the_contact_is_called_again(world: World) -> None:
    call_id = end(world, "normal_clearing", "503", retry=ONCE)

    contact = world.contact_of(call_id)
    assert (contact["status"], contact["reason"], contact["attempts"]) == ("held", "carrier_fault", 1)
    again = dial_again(world, call_id)
    assert (world.call_row(again)["state"], world.call_row(again)["attempt"]) == ("accepted", 2)
    world.hang_up(again, cause="timeout", sip_hangup_cause="487")
    assert (world.contact_of(call_id)["status"], world.contact_of(call_id)["attempts"]) == ("exhausted", 2)


def test_each_fault_in_turn_is_waited_for_twice_as_long_and_the_twelfth_is_the_last(world: World) -> None:
    world.set_caps()  # by default the fourth would wait for tomorrow
    call_id = end(world, "unspecified", "503", retry=ONCE)

    waits = [minutes_to_wait(world, call_id)]
    for _ in range(MOST_FAULTS - 2):
        call_id = dial_again(world, call_id)
        world.hang_up(call_id, cause="unspecified", sip_hangup_cause="503")
        waits.append(minutes_to_wait(world, call_id))
    last = dial_again(world, call_id)
    world.hang_up(last, cause="unspecified", sip_hangup_cause="503")

    assert [round(wait) for wait in waits] == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]
    contact = world.contact_of(last)
    assert (contact["status"], contact["reason"]) == ("exhausted", "carrier_fault")


def test_a_campaigns_own_rule_for_failed_calls_says_when_a_fault_is_repeated(world: World) -> None:
    rules = {"max_attempts": 1, "on": {"failed": {"after": "20m", "at_most": 2}}}
    call_id = end(world, "unspecified", "503", retry=rules)

    assert 19 < minutes_to_wait(world, call_id) <= 20
    again = dial_again(world, call_id)
    world.hang_up(again, cause="unspecified", sip_hangup_cause="503")
    assert world.contact_of(again)["status"] == "exhausted"


def test_a_fault_whose_campaign_is_over_ends_the_contact(world: World) -> None:
    call_id = world.dialed_call(retry=THRICE)
    world.execute("UPDATE campaigns SET status = 'canceled'")

    world.hang_up(call_id, cause="unspecified", sip_hangup_cause="503")

    assert world.contact_of(call_id)["status"] == "canceled"


def test_an_answer_that_is_told_after_a_fault_was_recorded_spends_the_attempt_and_ends_the_contact(
    world: World,
) -> None:
    call_id = end(world, "normal_clearing", "503")

    world.hear(call_id, "call.answered", ago_s=30)
    world.advance()
    world.settle()

    contact = world.contact_of(call_id)
    assert (contact["status"], contact["disposition"], contact["tally"].get("unspent")) == ("completed", "answered", 0)
    assert world.call_row(call_id)["fault"] is None


def test_a_caller_who_was_not_answered_is_never_called_back_for_it(world: World) -> None:
    call_id = world.dialed_call(retry=THRICE)
    world.set_call(call_id, direction="inbound")
    world.execute("UPDATE campaigns SET kind = 'inbound'")

    world.hang_up(call_id, cause="unspecified", sip_hangup_cause="503")

    assert world.contact_of(call_id)["status"] == "exhausted"


def test_a_single_call_is_made_once_whatever_the_carrier_failed(world: World) -> None:
    call_id = world.dialed_call(retry=ONCE, kind="direct")

    world.hang_up(call_id, cause="unspecified", sip_hangup_cause="503")

    assert world.contact_of(call_id)["status"] == "exhausted"
    assert world.call_row(call_id)["fault"] == "carrier_fault"


def test_r5_an_account_block_told_in_a_hangup_pauses_like_one_told_in_an_answer(world: World) -> None:
    call_id = world.dialed_call(retry=ONCE)
    other, elsewhere = world.campaign(), world.campaign(connection_id=other_connection(world))
    world.contact(other)
    [reserved] = world.claim(other)

    world.hang_up(call_id, cause="call_rejected", sip_hangup_cause="403", telnyx_error={"error_code": "D17"})

    campaign, contact = world.campaign_row(world.call_row(call_id)["campaign_id"]), world.contact_of(call_id)
    assert (campaign["status"], campaign["status_reason"]["code"]) == ("paused", "carrier_refused")
    assert "D17" in campaign["status_reason"]["detail"]
    assert (contact["status"], contact["reason"]) == ("held", "carrier_refused")
    assert (world.campaign_row(other)["status"], world.call_row(reserved)["state"]) == ("paused", "withdrawn")
    assert world.campaign_row(elsewhere)["status"] == "running"


def other_connection(world: World) -> str:
    world.execute("INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES ('conn-2', 1, 1)")
    return "conn-2"


def test_r5_the_pause_is_made_up_for_when_the_engine_died_before_it(world: World) -> None:
    call_id = end(world, "call_rejected", "403", code="D17")
    world.execute("UPDATE campaigns SET status = 'running'")  # as if it had died between the record and the pause

    world.hear(call_id, "call.cost", total_cost="0.01")  # the entry is delivered anew
    world.advance()
    world.settle()

    assert world.campaign_row(world.call_row(call_id)["campaign_id"])["status"] == "paused"


def test_r5_a_campaign_that_was_resumed_since_is_not_paused_by_a_late_fact_of_an_older_call(world: World) -> None:
    call_id = end(world, "call_rejected", "403", code="D17")
    world.execute("UPDATE campaigns SET status = 'running', proving_since = now()")

    world.hear(call_id, "call.cost", total_cost="0.01")
    world.advance()
    world.settle()

    assert world.campaign_row(world.call_row(call_id)["campaign_id"])["status"] == "running"


def test_a_hangup_that_names_no_room_holds_the_contact_and_pauses_nothing(world: World) -> None:
    call_id = end(world, "call_rejected", "403", code="D22", retry=ONCE)

    contact = world.contact_of(call_id)
    assert (contact["status"], contact["reason"]) == ("held", "carrier_busy")
    assert world.campaign_row(contact["campaign_id"])["status"] == "running"


def test_a_hangup_that_names_the_number_is_final(world: World) -> None:
    call_id = end(world, "call_rejected", "403", code="D13")

    assert world.contact_of(call_id)["status"] == "exhausted"
    assert world.call_row(call_id)["fault"] is None


def test_what_the_carrier_said_of_the_end_is_kept(world: World) -> None:
    call_id = end(world, "call_rejected", "403", code="D17")

    row = world.call_row(call_id)
    assert (row["hangup_cause"], row["sip_hangup_cause"]) == ("call_rejected", "403")
    assert (row["telnyx_error"], row["fault"]) == ({"error_code": "D17"}, "carrier_refused")


def test_an_error_of_any_shape_and_size_is_kept_within_bounds(world: World) -> None:
    call_id = world.dialed_call()
    error = {"error_code": 10010, "detail": "x" * 9_000, "inner": {"a": [1]}, **{f"f{n}": n for n in range(99)}}

    world.hang_up(call_id, cause="call_rejected", sip_hangup_cause=403, telnyx_error=error)

    kept = world.call_row(call_id)["telnyx_error"]
    assert (kept["error_code"], len(kept["detail"]), kept["inner"]) == ("10010", 500, "{'a': [1]}")
    assert len(kept) == 20


@pytest.mark.parametrize("is_forgotten", [False, True])
@pytest.mark.parametrize(
    ("hangup", "status", "disposition", "campaign"),
    [
        ({"hangup_cause": "normal_clearing", "sip_hangup_cause": "200"}, "completed", "answered", "running"),
        ({"hangup_cause": "normal_clearing", "sip_hangup_cause": "487"}, "exhausted", "no_answer", "running"),
        ({"hangup_cause": "unspecified", "sip_hangup_cause": "503"}, "exhausted", "failed", "running"),
        ({"hangup_cause": "unspecified", "sip_hangup_cause": "404"}, "exhausted", "not_found", "running"),
        ({"hangup_cause": "call_rejected", "telnyx_error": {"error_code": "D17"}}, "exhausted", "failed", "paused"),
    ],
)
def test_r14_a_late_hangup_corrects_an_assumed_one_by_the_same_table_and_reopens_nothing(
    world: World, hangup: dict[str, Any], status: str, disposition: str, campaign: str, is_forgotten: bool
) -> None:
    call_id = assumed_over(world)
    if is_forgotten:
        world.redis.delete(world.keys.call(call_id), world.keys.log(call_id))

    world.hear(call_id, "call.hangup", **hangup)
    world.hear(call_id, "call.cost", total_cost="0.01")
    world.advance()
    world.settle()

    contact = world.contact_of(call_id)
    assert (contact["status"], contact["disposition"]) == (status, disposition)
    assert world.campaign_row(contact["campaign_id"])["status"] == campaign


def assumed_over(world: World) -> str:
    """Return a call that the carrier no longer knows and of whose end no hangup has come."""
    call_id = world.dialed_call(retry=THRICE)
    world.advance()
    world.end_overdue_calls()
    assert (world.contact_of(call_id)["status"], world.call_row(call_id)["disposition"]) == ("unknown", "unknown")
    return call_id


def test_erasing_leaves_of_an_error_only_its_code(world: World) -> None:
    call_id = world.dialed_call()
    error = {"error_code": "D13", "detail": "Not to +13125550142"}
    world.hang_up(call_id, cause="call_rejected", sip_hangup_cause="403", telnyx_error=error)

    world.run(erase_contact, world.contact_of(call_id)["id"])

    assert world.call_row(call_id)["telnyx_error"] == {"error_code": "D13"}


def test_a_refused_dial_is_no_fault_of_the_route(world: World, carrier: Any) -> None:
    carrier.dial = lambda _asked: refusal(403, "10010", detail="Country not allowed D13")
    call_id = world.dialed_call(retry=THRICE)
    world.advance()
    world.settle()

    assert world.contact_of(call_id)["status"] == "exhausted"
    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 0
