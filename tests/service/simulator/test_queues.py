"""Calls in queues: position, leaving, webhooks and reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import telnyx

from tests.support.simulated_carrier import SimulatedCarrier, simulated_carrier


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=50) as carrier:
        yield carrier


def _code(answer: object) -> tuple[int, str, str | None]:
    error = answer.json()["errors"][0]  # type: ignore[attr-defined]
    return answer.status_code, error["code"], error.get("source", {}).get("pointer")  # type: ignore[attr-defined]


def test_queued_calls_get_their_position(carrier: SimulatedCarrier) -> None:
    legs = [carrier.talk("18") for _ in range(3)]

    for leg in legs:
        carrier.sdk.calls.actions.enqueue(leg, queue_name="line", max_size=10)

    payloads = [carrier.receiver.wait("call.enqueued", leg=leg).payload for leg in legs]
    assert [payload["current_position"] for payload in payloads] == [1, 2, 3]
    assert {payload["queue"] for payload in payloads} == {"line"}
    assert all(payload["queue_avg_wait_time_secs"] >= 0 for payload in payloads)
    listed = [(call.call_control_id, call.queue_position) for call in carrier.sdk.queues.calls.list("line")]
    assert listed == [(leg, place) for place, leg in enumerate(legs, start=1)]


def test_a_call_that_leaves_is_parked_and_the_next_move_up(carrier: SimulatedCarrier) -> None:
    first, second = carrier.talk("18"), carrier.talk("18")
    for leg in (first, second):
        carrier.sdk.calls.actions.enqueue(leg, queue_name="leavers")

    carrier.sdk.calls.actions.leave_queue(first)

    payload = carrier.receiver.wait("call.dequeued", leg=first).payload
    assert (payload["reason"], payload["queue_position"], payload["queue"]) == ("leave", 1, "leavers")
    found = carrier.sdk.queues.calls.retrieve(second, queue_name="leavers").data
    assert found is not None and found.queue_position == 1
    carrier.sdk.calls.actions.speak(first, payload="You are back.", voice="female")


def test_waiting_too_long_leaves_the_queue_and_not_the_call(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.enqueue(leg, queue_name="short", max_wait_time_secs=5)

    assert carrier.receiver.wait("call.dequeued", leg=leg).payload["reason"] == "timeout"
    assert carrier.account(leg)["state"] == "answered"


def test_a_hangup_leaves_the_queue_before_it_is_sent(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.enqueue(leg, queue_name="hangups")

    carrier.simulator.callee(leg, hang_up=True)

    assert carrier.history(leg)[-3:] == ["call.enqueued", "call.dequeued", "call.hangup"]
    assert carrier.receiver.wait("call.dequeued", leg=leg).payload["reason"] == "hangup"


def test_a_call_may_keep_its_place_after_its_hangup_and_a_bridge_with_it_fails(carrier: SimulatedCarrier) -> None:
    leg, agent = carrier.talk("18"), carrier.talk("18")
    carrier.sdk.calls.actions.enqueue(leg, queue_name="kept", keep_after_hangup=True)
    carrier.sdk.calls.actions.hangup(leg)
    carrier.receiver.wait("call.hangup", leg=leg)
    kept = carrier.sdk.queues.calls.retrieve(leg, queue_name="kept").data

    refused = carrier.act(agent, "bridge", queue="kept")

    assert kept is not None and kept.is_alive is False
    assert _code(refused) == (422, "90018", "/call_control_id")
    assert carrier.receiver.wait("call.dequeued", leg=leg).payload["reason"] == "bridging-in-process"


def test_a_bridge_with_a_queue_takes_its_first_call(carrier: SimulatedCarrier) -> None:
    first, second, agent = carrier.talk("18"), carrier.talk("18"), carrier.talk("18")
    for leg in (first, second):
        carrier.sdk.calls.actions.enqueue(leg, queue_name="served")

    carrier.act(agent, "bridge", queue="served").raise_for_status()

    assert carrier.receiver.wait("call.dequeued", leg=first).payload["reason"] == "bridged"
    carrier.receiver.wait("call.bridged", leg=agent)
    assert carrier.history(first, last="call.bridged")[-2:] == ["call.dequeued", "call.bridged"]
    assert [call.call_control_id for call in carrier.sdk.queues.calls.list("served")] == [second]


def test_enqueueing_a_bridged_call_unbridges_it(carrier: SimulatedCarrier) -> None:
    leg, other = carrier.talk("18"), carrier.talk("18")
    carrier.sdk.calls.actions.bridge(leg, call_control_id_to_bridge_with=other)
    carrier.receiver.wait("call.bridged", leg=leg)

    carrier.sdk.calls.actions.enqueue(leg, queue_name="unbridged")

    carrier.receiver.wait("call.hangup", leg=other)
    assert carrier.account(leg)["queue"] == "unbridged"


def test_a_command_in_the_wrong_state_has_its_own_code(carrier: SimulatedCarrier) -> None:
    leg, other = carrier.talk("18"), carrier.talk("18")
    carrier.act(leg, "enqueue", queue_name="tight", max_size=1).raise_for_status()

    assert _code(carrier.act(leg, "enqueue", queue_name="tight")) == (422, "90038", "/queue_name")
    assert _code(carrier.act(other, "enqueue", queue_name="tight")) == (422, "90036", "/queue_name")
    assert _code(carrier.act(other, "enqueue", queue_name="tight", max_size=2)) == (422, "90037", "/max_size")
    assert _code(carrier.act(other, "leave_queue")) == (422, "90035", None)
    assert _code(carrier.act(other, "bridge", queue="nobody")) == (422, "10015", "/queue")
    assert carrier.account(other)["queue"] is None


def test_queues_are_created_read_changed_and_deleted_by_the_sdk(carrier: SimulatedCarrier) -> None:
    made = carrier.sdk.queues.create(queue_name="made", max_size=3).data
    carrier.sdk.queues.update("made", max_size=4)
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.enqueue(leg, queue_name="made")
    read = carrier.sdk.queues.retrieve("made").data
    names = [queue.name for queue in carrier.sdk.queues.list()]

    carrier.sdk.queues.calls.update(leg, queue_name="made", keep_after_hangup=True)
    carrier.sdk.queues.calls.remove(leg, queue_name="made")
    carrier.sdk.queues.delete("made")

    assert made is not None and made.max_size == 3
    assert read is not None and (read.max_size, read.current_size) == (4, 1)
    assert "made" in names
    with pytest.raises(telnyx.NotFoundError):
        carrier.sdk.queues.retrieve("made")


def test_a_queue_with_a_taken_name_or_none_is_refused(carrier: SimulatedCarrier) -> None:
    carrier.sdk.queues.create(queue_name="twice")

    assert _code(carrier.post("/queues", {"queue_name": "twice"})) == (422, "10015", "/queue_name")
    assert _code(carrier.post("/queues", {})) == (422, "10004", "/queue_name")
    assert carrier.get("/queues/twice/calls/v3:nobody").status_code == 404


def test_a_kept_place_is_given_up_when_the_call_is_forgotten() -> None:
    with simulated_carrier(time_scale=50, keep_calls=1) as small:
        leg = small.talk("18")
        small.sdk.calls.actions.enqueue(leg, queue_name="kept", keep_after_hangup=True)
        small.sdk.calls.actions.hangup(leg)
        small.receiver.wait("call.hangup", leg=leg)

        for _ in range(2):
            small.receiver.wait("call.hangup", leg=small.dial("40"))

        read = small.sdk.queues.retrieve("kept").data
        assert read is not None and read.current_size == 0
