"""The one repeat of a send that went unanswered: when it is made, and when it must not be."""

from __future__ import annotations

import pytest

from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.store.sql.dial_ledger import Send, mark_answered
from tests.support.carrier_stub import CarrierStub, accepted_dial, refusal
from tests.support.world import World


def judge(world: World) -> list[str]:
    return resolve_unanswered_dials(world.sql, world.redis, world.keys)


def test_r2_an_unanswered_dial_is_repeated_once_with_the_same_body(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    carrier.dial = accepted_dial
    world.age_send(call_id, 16)

    [again] = judge(world)
    world.dialer.dial_call(again)

    first, second = carrier.dials
    assert first.body == second.body
    assert (world.call_row(call_id)["state"], world.call_row(call_id)["send_no"]) == ("accepted", 2)


def test_r2_a_second_copy_of_the_message_does_nothing_while_the_send_is_young(
    world: World, carrier: CarrierStub
) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()

    world.dialer.dial_call(call_id)

    assert len(carrier.dials) == 1
    assert judge(world) == []


def test_r2_after_forty_seconds_an_unanswered_dial_is_unknown_and_never_sent_again(
    world: World, carrier: CarrierStub
) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.age_send(call_id, 41)

    assert judge(world) == []
    world.dialer.dial_call(call_id)

    assert world.call_row(call_id)["state"] == "unknown"
    assert len(carrier.dials) == 1


def repeat_of_an_unanswered_send(world: World, carrier: CarrierStub) -> str:
    """Return an attempt whose repeat has been published and not yet taken by a worker."""
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.age_send(call_id, 16)
    assert judge(world) == [call_id]
    return call_id


def test_r2_a_repeat_that_waited_in_its_queue_past_forty_seconds_is_not_sent(
    world: World, carrier: CarrierStub
) -> None:
    call_id = repeat_of_an_unanswered_send(world, carrier)
    world.age_send(call_id, 25)

    world.dialer.dial_call(call_id)

    assert len(carrier.dials) == 1


def test_r2_a_repeat_is_not_sent_once_a_webhook_has_come_in_while_it_waited(world: World, carrier: CarrierStub) -> None:
    call_id = repeat_of_an_unanswered_send(world, carrier)
    world.hear(call_id, "call.initiated")
    world.advance()

    world.dialer.dial_call(call_id)

    assert len(carrier.dials) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE campaigns SET status = 'paused'",
        "UPDATE installation SET dialing_stopped = '{}'",
        "INSERT INTO suppressions (id, phone, scope, reason) SELECT 's', phone, 'global', 'x' FROM contacts",
    ],
    ids=["pause", "stop", "suppression"],
)
def test_r9_a_repeat_is_not_sent_once_the_gate_says_no(world: World, carrier: CarrierStub, change: str) -> None:
    call_id = repeat_of_an_unanswered_send(world, carrier)
    world.execute(change)

    world.dialer.dial_call(call_id)

    assert len(carrier.dials) == 1
    assert world.call_row(call_id)["state"] == "dialing"


def test_r3_a_repeat_is_not_sent_once_the_first_send_has_been_answered(world: World, carrier: CarrierStub) -> None:
    call_id = repeat_of_an_unanswered_send(world, carrier)
    with world.sql.begin() as tx:
        mark_answered(tx, Send(call_id, 1, world.call_row(call_id)))  # type: ignore[arg-type]  # a row it is

    world.dialer.dial_call(call_id)

    assert len(carrier.dials) == 1


def test_r2_two_unanswered_sends_are_unknown(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.age_send(call_id, 16)
    world.dialer.dial_call(judge(world)[0])
    world.age_send(call_id, 16)

    assert judge(world) == []
    assert world.call_row(call_id)["state"] == "unknown"
    assert len(carrier.dials) == 2


@pytest.mark.parametrize(
    "answer",
    [refusal(429, "90103"), refusal(403, "10010", detail="limit D1"), refusal(401, "10009"), refusal(422, "10016")],
)
def test_r3_after_an_unanswered_send_a_no_to_the_repeat_moves_nothing(
    world: World, carrier: CarrierStub, answer: tuple[int, dict[str, object]]
) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.age_send(call_id, 16)
    carrier.dial = lambda _asked: answer

    world.dialer.dial_call(judge(world)[0])
    world.advance()

    assert world.call_row(call_id)["state"] == "dialing"
    assert world.contact_of(call_id)["status"] == "calling"


def test_r3_a_webhook_answers_for_the_carrier_and_stops_the_repeat(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.hear(call_id, "call.initiated")
    world.advance()
    world.age_send(call_id, 16)

    assert judge(world) == []
    world.dialer.dial_call(call_id)

    row = world.call_row(call_id)
    assert (row["state"], row["call_control_id"]) == ("accepted", f"v3:{call_id}")
    assert len(carrier.dials) == 1
