"""The engine is total: whatever comes, in whatever order, twice or never, an answer follows and the rules hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.flow import Flow, advance, load_flow, new_live_call
from orchestrator.flow.samples import SAMPLES, sample
from orchestrator.model.event import Event
from orchestrator.model.live_call import Direction, LiveCall
from tests.support.flows import BEGAN, CONTROL_ID, GREETING, OTHER_ID

WAITING = """
name: waiting
inputs: {language: {default: en}}
answers: {plan: null}
dial: {answering_machine_detection: premium}
start: {answered: ask, machine: leave}
inbound: pick_up
on:
  call.dtmf.received: [{match: {digit: "0"}, during_gather: true, goto: queue}, {set: {plan: "{{ event.digit }}"}}]
  command.failed: sorry
texts: {sorry: {en: Sorry}}
language: en
hours: {desk: {timezone: UTC, windows: [{days: [mon], start: 09:00, end: 17:00}]}}
steps:
  pick_up: {answer: {}, on: {call.answered: ask}}
  ask:
    http: {url: "https://a.test/{{ contact.phone }}", json: {plan: "{{ answers.plan }}"}}
    during: {playback_start: {media_name: music}}
    on: {http.succeeded: {set: {plan: "{{ event.body }}"}, goto: queue}, http.failed: which}
  which: {choose: [{when: "open('desk')", goto: queue}, {goto: sorry}]}
  queue:
    enqueue: {queue_name: desk}
    during: {speak: {payload: Hold, voice: female}}
    repeat: {at_most: 9, then: bye}
    on: {call.dequeued: [{match: {reason: bridged}}, {goto: listen}]}
  listen: {transcription_start: {}, goto: wait}
  wait:
    wait_for: call.transcription
    during: {playback_start: {media_name: music}}
    on: {call.transcription: ask}
    timeout: {after: 9s, goto: sorry}
  leave: {speak: {payload: "{{ texts.sorry }}", voice: female}, on: {call.speak.ended: bye}}
  sorry: {speak: {payload: "{{ texts.sorry }}", voice: female}, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""
FLOWS = [load_flow(GREETING), load_flow(WAITING), load_flow(WAITING), *(load_flow(sample(name)) for name in SAMPLES)]

DIRECTIONS: list[Direction] = ["outgoing", "outgoing", "incoming"]
WEBHOOKS = st.sampled_from(
    [
        ("call.initiated", {}),
        ("call.answered", {}),
        ("call.bridged", {}),
        ("call.machine.detection.ended", {"result": "machine"}),
        ("call.machine.premium.detection.ended", {"result": "human_residence"}),
        ("call.machine.premium.detection.ended", {"result": "fax_detected"}),
        ("call.machine.premium.greeting.ended", {"result": "beep_detected"}),
        ("call.dtmf.received", {"digit": "1"}),
        ("call.dtmf.received", {"digit": "0"}),
        ("call.enqueued", {}),
        ("call.dequeued", {"reason": "bridged"}),
        ("call.dequeued", {"reason": "timeout"}),
        ("call.transcription", {"transcription_data": {}}),
        ("call.playback.started", {}),
        ("call.gather.ended", {"digits": "1", "status": "valid"}),
        ("call.gather.ended", {"digits": "9", "status": "valid"}),
        ("call.gather.ended", {"digits": "", "status": "call_hangup"}),
        ("call.gather.ended", {"digits": ["a"], "status": {}}),
        ("call.speak.started", {}),
        ("call.speak.ended", {"status": "completed"}),
        ("call.playback.ended", {}),
        ("call.recording.saved", {"channels": "dual"}),
        ("call.cost", {"total_cost": "1"}),
        ("call.hangup", {"hangup_cause": "normal_clearing", "sip_hangup_cause": 16}),
        ("call.unheard.of", {"x": None}),
    ]
)
OWN = st.sampled_from(
    [
        "command.accepted",
        "command.failed",
        "command.unknown",
        "command.gone",
        "dial.accepted",
        "dial.rejected",
        "hangup.assumed",
        "timer.due",
        "action.requested",
        "http.succeeded",
        "http.failed",
    ]
)


@st.composite
def happenings(draw: st.DrawFn) -> tuple[str, Any]:
    """Draw a webhook, or the kind of an event of ours: which command or timer it concerns is found when it comes."""
    if draw(st.booleans()):
        kind, payload = draw(WEBHOOKS)
        leg = draw(st.sampled_from(["A", "A", "A", "A", "B"]))
        leg_id = "v3:agent" if leg == "B" else draw(st.sampled_from([CONTROL_ID] * 9 + [OTHER_ID]))
        return "webhook", (kind, payload, leg, leg_id)
    return "own", (draw(OWN), draw(st.integers(0, 5)), draw(st.sampled_from(["hangup", "transfer", "speak"])))


def own_payload(kind: str, pick: int, action: str, *, sent: list[Any], timers: dict[str, Any]) -> dict[str, Any]:
    if kind == "timer.due":
        names = sorted(timers) or ["settle"]
        return {"name": names[pick % len(names)]}
    if kind == "action.requested":
        return {"command_id": f"asked-{len(sent)}", "action": action, "body": {}}
    if kind.startswith(("command.", "http.")) and sent:
        command = sent[-1 - pick % len(sent)]
        return {"command_id": command.command_id, "action": command.action, "code": "1", "title": "t"}
    return {"call_control_id": CONTROL_ID, "code": "1"}


@settings(max_examples=300, deadline=None)
@given(
    flow=st.sampled_from(FLOWS),
    direction=st.sampled_from(DIRECTIONS),
    story=st.lists(st.tuples(happenings(), st.integers(-5_000, 5_000), st.booleans()), max_size=40),
)
def test_whatever_comes_the_rules_hold(flow: Flow, direction: Direction, story: list[tuple[Any, int, bool]]) -> None:
    call = begin(flow, direction)
    sent: list[Any] = []
    timers: dict[str, Any] = {}
    for number, ((source, what), skew_ms, is_repeated) in enumerate(story):
        now = BEGAN + timedelta(seconds=number)
        if source == "webhook":
            kind, payload, leg, leg_id = what
        else:
            kind, leg, leg_id = what[0], "A", None
            payload = own_payload(kind, what[1], what[2], sent=sent, timers=timers)
        event = Event(
            id=f"e{number}",
            type=kind,
            occurred_at=now + timedelta(milliseconds=skew_ms),
            call_id="call_1",
            leg=leg,
            call_control_id=leg_id,
            payload=payload,
        )
        for _ in range(2 if is_repeated else 1):
            before = call
            decision = advance(flow, call, event, now)

            assert decision == advance(flow, call, event, now)
            call = LiveCall.model_validate_json(decision.call.model_dump_json())
            assert call == decision.call
            check_rules(before, decision, known={command.command_id for command in sent})
            timers = {name: due for name, due in {**timers, **decision.timers}.items() if due}
            sent += decision.commands


def begin(flow: Flow, direction: Direction = "outgoing") -> LiveCall:
    known: dict[str, Any] = {"to": "+13125550142", "contact": dict.fromkeys(flow.inputs, "+13125550143")}
    return new_live_call(flow, call_id="call_1", dialed_at=BEGAN, direction=direction, **known)


def check_rules(before: LiveCall, decision: Any, *, known: set[str]) -> None:
    after = decision.call
    ours = [command for command in decision.commands if command.call_control_id is None]
    assert before.phase != "ended" or after.phase == "ended"
    assert before.phase != "ended" or not ours
    assert not before.closing or after.closing
    assert not before.closing or all(command.action == "hangup" for command in ours)
    assert before.settled <= after.settled
    assert after.phase == "ended" or not decision.settle or len(after.recordings) > len(before.recordings)
    assert before.visit <= after.visit <= 200
    assert after.hangups <= 3
    assert not known & {command.command_id for command in ours if not command.command_id.startswith("asked")}
    assert len({command.command_id for command in decision.commands}) == len(decision.commands)
    assert after.phase == "ended" or all(due is None or due >= BEGAN for due in decision.timers.values())
    assert after.outcome is None or isinstance(after.outcome, str)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_a_call_without_a_flow_is_walked_nowhere(flow: Flow) -> None:
    call = begin(flow)
    event = Event(id="1", type="call.answered", occurred_at=BEGAN, call_id="call_1", call_control_id=CONTROL_ID)

    decision = advance(None, call, event, BEGAN)

    assert (decision.call.phase, decision.commands, decision.timers) == ("answered", (), {})


def test_the_same_question_has_the_same_answer_in_another_process() -> None:
    flow = load_flow(GREETING)
    again = replace(load_flow(GREETING))
    event = Event(
        id="1",
        type="call.machine.premium.detection.ended",
        occurred_at=BEGAN,
        call_id="call_1",
        call_control_id=CONTROL_ID,
        payload={"result": "human"},
    )

    assert advance(flow, begin(flow), event, BEGAN) == advance(again, begin(again), event, BEGAN)


def test_a_time_without_a_zone_is_taken_as_utc() -> None:
    flow = load_flow(GREETING)
    event = Event(id="1", type="call.hangup", occurred_at=BEGAN.replace(tzinfo=None), call_id="call_1")

    assert advance(flow, begin(flow), event, BEGAN).call.ended_at == BEGAN
