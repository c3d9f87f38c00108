"""Commands from outside on live calls: every one of the carrier's, in order with the flow's, without disturbing it."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from orchestrator.errors import Conflict, InvalidInput
from orchestrator.operations.calls.request_command import ACTIONS
from orchestrator.store.redis.live_calls import read_log
from orchestrator.telnyx.client_state import ClientState
from tests.support.carrier_stub import Asked, CarrierStub, refusal
from tests.support.world import World

LISTENING = """
name: listening
outcomes: [heard]
start: one
steps:
  one: {speak: {payload: "One", voice: female}, on: {call.speak.ended: two}}
  two: {gather: {maximum_digits: 1}, on: {call.gather.ended: {outcome: heard, goto: bye}}}
  bye: {hangup: {}}
"""

BODIES: dict[str, dict[str, Any]] = {
    "answer": {},
    "bridge": {"call_control_id": "v3:another"},
    "client_state_update": {"client_state": base64.b64encode(b"mine").decode()},
    "enqueue": {"queue_name": "support"},
    "fork_start": {"rx": "udp:192.0.2.1:9000", "tx": "udp:192.0.2.1:9001"},
    "gather_using_audio": {"audio_url": "https://example.com/a.mp3"},
    "gather_using_speak": {"payload": "Hello", "voice": "female"},
    "playback_start": {"audio_url": "https://example.com/a.mp3"},
    "record_start": {"format": "wav", "channels": "dual"},
    "refer": {"sip_address": "sip:ann@example.com"},
    "reject": {"cause": "USER_BUSY"},
    "send_dtmf": {"digits": "1"},
    "speak": {"payload": "Hello", "voice": "female"},
    "streaming_start": {"stream_url": "wss://example.com/media"},
    "transfer": {"to": "+13125550150"},
}


def answered_call(world: World) -> str:
    call_id = world.dialed_call(flow=LISTENING)
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.work(call_id)
    return call_id


def act(world: World, call_id: str, action: str, *, request_id: str = "req-1", **fields: Any) -> str:
    command = ACTIONS[action].model_validate(fields)
    command_id = world.request_command(call_id, command, request_id=request_id)
    world.work(call_id)
    return command_id


def sent(carrier: CarrierStub) -> list[str]:
    return [asked.path.rsplit("/", 1)[1] for asked in carrier.actions]


def step_of(world: World, call_id: str) -> str | None:
    live = world.live(call_id)
    assert live is not None
    return live.step


@pytest.mark.proves("REST")
@pytest.mark.parametrize("action", [name for name in ACTIONS if name not in ("answer", "reject")])
def test_every_command_goes_to_the_leg_under_its_id(world: World, carrier: CarrierStub, action: str) -> None:
    call_id = answered_call(world)

    command_id = act(world, call_id, action, **BODIES.get(action, {}))

    asked = next(a for a in carrier.actions if a.path.endswith(f"/{action}") and a is not carrier.actions[0])
    assert asked.path == f"/v2/calls/v3:{call_id}/actions/{action}"
    assert asked.method == ("PUT" if action == "client_state_update" else "POST")
    assert asked.body.get("command_id") == (None if action == "client_state_update" else command_id)
    state = ClientState.decode(asked.body["client_state"])
    assert state is not None and (state.call, state.role) == (call_id, "A")


@pytest.mark.parametrize("action", ["answer", "reject"])
def test_only_a_call_that_came_in_is_answered_or_rejected(world: World, action: str) -> None:
    call_id = answered_call(world)

    with pytest.raises(Conflict, match="came in") as refused:
        act(world, call_id, action, **BODIES[action])

    assert refused.value.code == "not_incoming"


def test_a_text_spoken_from_outside_ends_behind_the_flows_own_and_moves_nothing(
    world: World, carrier: CarrierStub
) -> None:
    call_id = answered_call(world)
    act(world, call_id, "speak", payload="Beside", voice="female")

    for _ in range(2):
        world.hear(call_id, "call.speak.started")
        world.hear(call_id, "call.speak.ended", status="completed")
        world.work(call_id)

    assert (step_of(world, call_id), sent(carrier)) == ("two", ["speak", "speak", "gather"])


def test_the_ending_of_what_was_asked_for_earlier_does_not_end_the_flows_own_command(world: World) -> None:
    call_id = answered_call(world)
    world.hear(call_id, "call.speak.ended", status="completed")
    world.work(call_id)
    act(world, call_id, "gather", maximum_digits=1)

    world.hear(call_id, "call.gather.ended", status="valid", digits="1")
    world.work(call_id)

    assert step_of(world, call_id) == "bye"  # the flow's gather is the older one


def test_an_ending_nobody_asked_for_moves_nothing(world: World) -> None:
    call_id = answered_call(world)

    world.hear(call_id, "call.playback.ended", status="completed")
    world.work(call_id)

    assert step_of(world, call_id) == "one"


def test_a_refused_command_from_outside_leaves_the_flow_where_it_is(world: World, carrier: CarrierStub) -> None:
    call_id = answered_call(world)
    carrier.act = lambda _asked: refusal(422, "90035", title="Not in a queue")

    command_id = act(world, call_id, "leave_queue")

    assert step_of(world, call_id) == "one"
    fates = [line for line in read_log(world.redis, world.keys, call_id) if line["type"] == "command.failed"]
    assert [(line["payload"]["command_id"], line["payload"]["code"]) for line in fates] == [(command_id, "90035")]


def lives_on(world: World, call_id: str) -> bool:
    live = world.live(call_id)
    return live is not None and live.gone_at is None and live.phase == "answered"


@pytest.mark.parametrize(("is_alive", "lives"), [(True, True), (False, False), (None, False)])
def test_r14_a_server_that_lacks_a_command_is_asked_whether_the_leg_lives(
    world: World, carrier: CarrierStub, is_alive: bool | None, lives: bool
) -> None:
    call_id = answered_call(world)
    carrier.act = lambda _asked: refusal(404, "10005", title="Resource not found")
    told = {"call_control_id": f"v3:{call_id}", "is_alive": is_alive}
    carrier.get = lambda _asked: refusal(404, "10005") if is_alive is None else (200, {"data": told})

    act(world, call_id, "suppression_start")

    assert lives_on(world, call_id) is lives


def test_r14_a_hangup_that_finds_nothing_needs_no_question(world: World, carrier: CarrierStub) -> None:
    call_id = answered_call(world)
    carrier.act = lambda _asked: refusal(404, "10005", title="Resource not found")

    act(world, call_id, "hangup")

    assert not lives_on(world, call_id)
    assert [asked for asked in carrier.asked if asked.method == "GET"] == []


@pytest.mark.parametrize("code", ["90015", "90018"])
def test_r14_a_bridge_whose_other_call_is_over_ends_no_call_of_ours(
    world: World, carrier: CarrierStub, code: str
) -> None:
    call_id = answered_call(world)
    carrier.act = lambda _asked: refusal(422, code, pointer="/call_control_id")

    act(world, call_id, "bridge", call_control_id="v3:another")

    assert lives_on(world, call_id)


def test_a_hangup_ends_the_flow(world: World, carrier: CarrierStub) -> None:
    call_id = answered_call(world)
    act(world, call_id, "hangup")

    world.hear(call_id, "call.speak.ended", status="completed")
    world.work(call_id)

    live = world.live(call_id)
    assert live is not None and live.closing
    assert "gather" not in sent(carrier)


def test_a_transfer_holds_the_flow_and_one_that_is_refused_lets_it_go_on(world: World, carrier: CarrierStub) -> None:
    call_id = answered_call(world)
    act(world, call_id, "transfer", **BODIES["transfer"])
    world.hear(call_id, "call.speak.ended", status="completed")
    world.work(call_id)
    held = sent(carrier)

    target = {"leg": "B", "call_control_id": "v3:target"}
    world.hear(call_id, "call.initiated", **target)
    world.hear(call_id, "call.hangup", hangup_cause="user_busy", **target)
    world.work(call_id)

    assert held == ["speak", "transfer"]
    assert sent(carrier) == ["speak", "transfer", "speak"]  # what was said is not known to have been heard


def test_a_call_that_rings_is_not_transferred(world: World) -> None:
    call_id = world.dialed_call(flow=LISTENING)
    world.hear(call_id, "call.initiated")
    world.work(call_id)

    with pytest.raises(Conflict) as refused:
        act(world, call_id, "transfer", **BODIES["transfer"])

    assert refused.value.code == "not_answered"


def test_the_users_state_travels_inside_ours_and_is_shown_with_later_webhooks(
    world: World, carrier: CarrierStub
) -> None:
    call_id = answered_call(world)
    act(world, call_id, "client_state_update", **BODIES["client_state_update"])

    echoed = carrier.actions[-1].body["client_state"]
    world.hear(call_id, "call.speak.ended", status="completed", client_state=echoed)
    world.work(call_id)

    ended = next(line for line in read_log(world.redis, world.keys, call_id) if line["type"] == "call.speak.ended")
    assert ended["payload"]["client_state"] == "mine"
    assert ClientState.decode(carrier.actions[-1].body["client_state"]) == ClientState(
        call=call_id, role="A", user="mine"
    )


def test_a_command_without_an_id_is_repeated_until_it_is_answered(world: World, carrier: CarrierStub) -> None:
    call_id = answered_call(world)
    answers = iter([(0, {}), (200, {"data": {"result": "ok"}})])

    def break_off_once(_asked: Asked) -> tuple[int, dict[str, Any]]:
        return next(answers)

    carrier.act = break_off_once

    act(world, call_id, "client_state_update", **BODIES["client_state_update"])
    world.work(call_id)

    asked = [a.body for a in carrier.actions if a.method == "PUT"]
    live = world.live(call_id)
    assert len(asked) == 2 and asked[0] == asked[1] and "command_id" not in asked[0]
    assert live is not None and [one.action for one in live.outstanding] == ["speak"]


def test_a_bridge_names_another_call_of_ours_by_its_id(world: World, carrier: CarrierStub) -> None:
    one, other = answered_call(world), answered_call(world)

    act(world, one, "bridge", call_control_id=other)
    world.hear(one, "call.bridged")
    world.hear(other, "call.bridged")
    world.advance()

    assert carrier.actions[-1].body["call_control_id"] == f"v3:{other}"
    assert [step_of(world, call) for call in (one, other)] == ["one", "one"]
    assert "call.bridged" in [line["type"] for line in read_log(world.redis, world.keys, other)]


def test_a_bridge_to_a_call_that_is_over_is_refused(world: World) -> None:
    one, other = answered_call(world), answered_call(world)
    world.hear(other, "call.hangup", hangup_cause="normal_clearing")
    world.advance()

    with pytest.raises(InvalidInput) as refused:
        act(world, one, "bridge", call_control_id=other)

    assert refused.value.errors[0]["pointer"] == "/call_control_id"


def test_what_became_of_a_command_stands_in_the_record_beside_it(world: World, carrier: CarrierStub) -> None:
    call_id = answered_call(world)
    carrier.act = lambda _asked: refusal(422, "90035", title="Not in a queue")
    command_id = act(world, call_id, "leave_queue")

    world.hang_up(call_id)

    rows = world.query("SELECT type FROM call_events WHERE event_id LIKE :id ORDER BY position", id=f"%{command_id}")
    assert [row.type for row in rows] == ["action.requested", "leave_queue", "command.failed"]


@pytest.mark.parametrize(
    ("action", "field"),
    [("speak", "payload"), ("gather_using_speak", "payload"), ("gather_using_speak", "invalid_payload")],
)
def test_broken_ssml_is_refused_before_it_is_sent(world: World, action: str, field: str) -> None:
    call = answered_call(world)
    spoken = {"payload": "<speak>Hi</speak>", "voice": "female", "payload_type": "ssml"}

    with pytest.raises(InvalidInput) as refused:
        act(world, call, action, **{**spoken, field: "<speak>Jack & Jones</speak>"})
    act(world, call, action, **{**spoken, field: "<speak>Jack &amp; Jones</speak>"})

    assert [(error["pointer"], error["code"]) for error in refused.value.errors] == [(f"/{field}", "not_ssml")]
