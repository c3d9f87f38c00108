"""Calls in queues: their place, how they leave, what is told and what can be read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import telnyx

from tests.support.desk import Desk, desk


@pytest.fixture(scope="module")
def table() -> Iterator[Desk]:
    with desk(time_scale=50) as table:
        yield table


def _code(answer: object) -> tuple[int, str, str | None]:
    error = answer.json()["errors"][0]  # type: ignore[attr-defined]
    return answer.status_code, error["code"], error.get("source", {}).get("pointer")  # type: ignore[attr-defined]


def test_calls_wait_in_line_and_are_told_their_place(table: Desk) -> None:
    legs = [table.talk("18") for _ in range(3)]

    for leg in legs:
        table.sdk.calls.actions.enqueue(leg, queue_name="line", max_size=10)

    told = [table.receiver.wait("call.enqueued", leg=leg).payload for leg in legs]
    assert [payload["current_position"] for payload in told] == [1, 2, 3]
    assert {payload["queue"] for payload in told} == {"line"}
    assert all(payload["queue_avg_wait_time_secs"] >= 0 for payload in told)
    listed = [(call.call_control_id, call.queue_position) for call in table.sdk.queues.calls.list("line")]
    assert listed == [(leg, place) for place, leg in enumerate(legs, start=1)]


def test_who_leaves_is_parked_and_those_behind_move_up(table: Desk) -> None:
    first, second = table.talk("18"), table.talk("18")
    for leg in (first, second):
        table.sdk.calls.actions.enqueue(leg, queue_name="leavers")

    table.sdk.calls.actions.leave_queue(first)

    told = table.receiver.wait("call.dequeued", leg=first).payload
    assert (told["reason"], told["queue_position"], told["queue"]) == ("leave", 1, "leavers")
    found = table.sdk.queues.calls.retrieve(second, queue_name="leavers").data
    assert found is not None and found.queue_position == 1
    table.sdk.calls.actions.speak(first, payload="You are back.", voice="female")


def test_waiting_too_long_leaves_the_queue_and_not_the_call(table: Desk) -> None:
    leg = table.talk("18")

    table.sdk.calls.actions.enqueue(leg, queue_name="short", max_wait_time_secs=5)

    assert table.receiver.wait("call.dequeued", leg=leg).payload["reason"] == "timeout"
    assert table.account(leg)["state"] == "answered"


def test_hanging_up_leaves_the_queue_before_the_hangup_is_told(table: Desk) -> None:
    leg = table.talk("18")
    table.sdk.calls.actions.enqueue(leg, queue_name="hangups")

    table.simulator.callee(leg, hang_up=True)

    assert table.history(leg)[-3:] == ["call.enqueued", "call.dequeued", "call.hangup"]
    assert table.receiver.wait("call.dequeued", leg=leg).payload["reason"] == "hangup"


def test_a_call_may_keep_its_place_after_its_hangup_and_a_bridge_with_it_fails(table: Desk) -> None:
    leg, agent = table.talk("18"), table.talk("18")
    table.sdk.calls.actions.enqueue(leg, queue_name="kept", keep_after_hangup=True)
    table.sdk.calls.actions.hangup(leg)
    table.receiver.wait("call.hangup", leg=leg)
    kept = table.sdk.queues.calls.retrieve(leg, queue_name="kept").data

    refused = table.act(agent, "bridge", queue="kept")

    assert kept is not None and kept.is_alive is False
    assert _code(refused) == (422, "90018", "/call_control_id")
    assert table.receiver.wait("call.dequeued", leg=leg).payload["reason"] == "bridging-in-process"


def test_a_bridge_with_a_queue_takes_the_first_in_line(table: Desk) -> None:
    first, second, agent = table.talk("18"), table.talk("18"), table.talk("18")
    for leg in (first, second):
        table.sdk.calls.actions.enqueue(leg, queue_name="served")

    table.act(agent, "bridge", queue="served").raise_for_status()

    assert table.receiver.wait("call.dequeued", leg=first).payload["reason"] == "bridged"
    table.receiver.wait("call.bridged", leg=agent)
    assert table.history(first, last="call.bridged")[-2:] == ["call.dequeued", "call.bridged"]
    assert [call.call_control_id for call in table.sdk.queues.calls.list("served")] == [second]


def test_enqueueing_a_bridged_call_unbridges_it(table: Desk) -> None:
    leg, other = table.talk("18"), table.talk("18")
    table.sdk.calls.actions.bridge(leg, call_control_id_to_bridge_with=other)
    table.receiver.wait("call.bridged", leg=leg)

    table.sdk.calls.actions.enqueue(leg, queue_name="unbridged")

    table.receiver.wait("call.hangup", leg=other)
    assert table.account(leg)["queue"] == "unbridged"


def test_the_wrong_moment_has_its_own_code(table: Desk) -> None:
    leg, other = table.talk("18"), table.talk("18")
    table.act(leg, "enqueue", queue_name="tight", max_size=1).raise_for_status()

    assert _code(table.act(leg, "enqueue", queue_name="tight")) == (422, "90038", "/queue_name")
    assert _code(table.act(other, "enqueue", queue_name="tight")) == (422, "90036", "/queue_name")
    assert _code(table.act(other, "enqueue", queue_name="tight", max_size=2)) == (422, "90037", "/max_size")
    assert _code(table.act(other, "leave_queue")) == (422, "90035", None)
    assert _code(table.act(other, "bridge", queue="nobody")) == (422, "10015", "/queue")
    assert table.account(other)["queue"] is None


def test_queues_are_made_read_changed_and_removed_by_the_sdk(table: Desk) -> None:
    made = table.sdk.queues.create(queue_name="made", max_size=3).data
    table.sdk.queues.update("made", max_size=4)
    leg = table.talk("18")
    table.sdk.calls.actions.enqueue(leg, queue_name="made")
    read = table.sdk.queues.retrieve("made").data
    names = [queue.name for queue in table.sdk.queues.list()]

    table.sdk.queues.calls.update(leg, queue_name="made", keep_after_hangup=True)
    table.sdk.queues.calls.remove(leg, queue_name="made")
    table.sdk.queues.delete("made")

    assert made is not None and made.max_size == 3
    assert read is not None and (read.max_size, read.current_size) == (4, 1)
    assert "made" in names
    with pytest.raises(telnyx.NotFoundError):
        table.sdk.queues.retrieve("made")


def test_a_queue_made_twice_or_without_a_name_is_refused(table: Desk) -> None:
    table.sdk.queues.create(queue_name="twice")

    assert _code(table.post("/queues", {"queue_name": "twice"})) == (422, "10015", "/queue_name")
    assert _code(table.post("/queues", {})) == (422, "10004", "/queue_name")
    assert table.get("/queues/twice/calls/v3:nobody").status_code == 404


def test_a_kept_place_is_given_up_when_the_call_is_forgotten() -> None:
    with desk(time_scale=50, keep_calls=1) as small:
        leg = small.talk("18")
        small.sdk.calls.actions.enqueue(leg, queue_name="kept", keep_after_hangup=True)
        small.sdk.calls.actions.hangup(leg)
        small.receiver.wait("call.hangup", leg=leg)

        for _ in range(2):
            small.receiver.wait("call.hangup", leg=small.dial("40"))

        read = small.sdk.queues.retrieve("kept").data
        assert read is not None and read.current_size == 0
