"""Whole calls with other people in them, on real processes: agents, queues, bridges, and those who call us."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.support.poll import eventually
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import CALLER_ID, StackRun, stack_and_simulator

PRESSES_1, STAYS, BUSY, NO_ANSWER, AGENT = "01", "18", "40", "42", "50"

LEAD = f"""
name: lead
outcomes: [connected, waited, nobody, hung_up]
outcome: hung_up
start: ask
defaults: {{speak: {{voice: female}}}}
steps:
  ask:
    gather_using_speak: {{payload: "Press 1 to talk to somebody.", voice: female, maximum_digits: 1}}
    on: {{call.gather.ended: [{{match: {{digits: "1"}}, goto: first}}, {{goto: bye}}]}}
  first:
    transfer: {{to: "+13105550140", from: "{CALLER_ID}", timeout_secs: 15}}
    on: {{target.call.bridged: {{outcome: connected, goto: talk}}, target.call.hangup: second}}
    timeout: {{after: 60s, goto: second}}
  second:
    transfer: {{to: "+13105550142", from: "{CALLER_ID}", timeout_secs: 15}}
    on: {{target.call.bridged: {{outcome: connected, goto: talk}}, target.call.hangup: queue}}
    timeout: {{after: 60s, goto: queue}}
  queue:
    enqueue: {{queue_name: leads, max_wait_time_secs: 20}}
    on: {{call.dequeued: [{{match: {{reason: timeout}}, outcome: waited, goto: sorry}}, {{outcome: connected}}]}}
  sorry: {{speak: {{payload: "Sorry, nobody is free."}}, on: {{call.speak.ended: bye}}}}
  talk: {{wait_for: target.call.hangup, goto: bye}}
  bye: {{hangup: {{}}}}
"""

CALLBACK = """
name: callback
inputs: {first_name: {default: friend}}
outcomes: [heard, hung_up]
outcome: hung_up
start: greet
inbound: pick_up
defaults: {speak: {voice: female}}
steps:
  pick_up: {answer: {}, on: {call.answered: greet}}
  greet: {speak: {payload: "Hello {{ contact.first_name }}"}, outcome: heard, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""

LISTENING = """
name: listening-on
start: listen
steps:
  listen: {wait_for: call.dtmf.received, on: {call.dtmf.received: bye}, timeout: {after: 500s, goto: bye}}
  bye: {hangup: {}}
"""

WAITING_LINE = """
name: waiting-line
outcomes: [served, hung_up]
outcome: hung_up
start: line
inbound: pick_up
steps:
  pick_up: {answer: {}, on: {call.answered: line}}
  line:
    enqueue: {queue_name: support}
    on:
      call.dequeued:
        - {match: {reason: bridged}, outcome: served}
        - {match: {reason: bridging-in-process}, goto: joining}
        - {goto: bye}
  joining: {wait_for: call.bridged, on: {call.bridged: {outcome: served}}, timeout: {after: 10s, goto: bye}}
  bye: {hangup: {}}
"""

AGENTS = """
name: agents
inputs: {first: {}, second: {}}
outcomes: [connected, hung_up]
outcome: hung_up
start: first
defaults: {bridge: {park_after_unbridge: self}}
steps:
  first:
    bridge: {call_control_id: "{{ contact.first }}"}
    on: {call.bridged: {outcome: connected}, target.call.hangup: second, command.failed: bye}
  second:
    bridge: {call_control_id: "{{ contact.second }}"}
    on: {call.bridged: talk, command.failed: bye}
  talk: {wait_for: target.call.hangup, goto: thanks}
  thanks: {speak: {payload: "Thank you.", voice: female}, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StackRun, SimulatorProcess]]:
    with stack_and_simulator(tmp_path_factory.mktemp("legs") / "data", cards=True) as pair:
        yield pair


@pytest.fixture
def stack(running: tuple[StackRun, SimulatorProcess]) -> StackRun:
    return running[0]


@pytest.fixture
def simulator(running: tuple[StackRun, SimulatorProcess]) -> SimulatorProcess:
    return running[1]


def upload(stack: StackRun, flow: str) -> str:
    return str(stack.rest.send("/v1/flows", flow, media="application/yaml")["id"])


def dial(stack: StackRun, number: str, **document: Any) -> str:
    body = {"to": number, "from": CALLER_ID, "ignore_hours": True, "because": "a test", **document}
    placed = stack.rest.ask("POST", "/v1/calls", json=body, headers={"Idempotency-Key": number})
    assert placed.ok, placed.text
    return str(placed.json()["id"])


def story(stack: StackRun, call_id: str) -> dict[str, Any]:
    return dict(stack.rest.get(f"/v1/calls/{call_id}"))


def ended(stack: StackRun, call_id: str) -> dict[str, Any]:
    eventually(lambda: story(stack, call_id)["status"] == "ended", within=60, every=0.2)
    return story(stack, call_id)


def told(call: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [line for line in call["timeline"] if line["type"] == kind]


def legs_of(stack: StackRun, call_id: str, kind: str) -> list[str]:
    return [str(line["leg"]) for line in told(story(stack, call_id), kind)]


def number_of(stack: StackRun, number: str, flow: str) -> None:
    stack.rest.post("/v1/numbers", {"number": number, "flow": upload(stack, flow)})


def ring_us(simulator: SimulatorProcess, *, caller: str, to: str, **more: Any) -> str:
    """Let somebody call, and return the leg's control id."""
    placed = requests.post(f"{simulator.url}/inbound", json={"from": caller, "to": to, **more}, timeout=30)
    assert placed.status_code == 201, placed.text
    return str(placed.json()["call_control_id"])


def call_of_leg(stack: StackRun, control_id: str) -> str:
    def found() -> list[str]:
        calls = stack.rest.get("/v1/calls", direction="inbound")["data"]
        return [call["id"] for call in calls if call["call_control_id"] == control_id]

    return eventually(found, within=60, every=0.1)[0]


def test_a_lead_tries_two_agents_and_the_queue_before_it_is_told_that_nobody_is_free(stack: StackRun) -> None:
    call = ended(stack, dial(stack, f"+12015550{100 + int(PRESSES_1)}", flow=upload(stack, LEAD)))

    gone = [(line["leg"], line["payload"]["hangup_cause"]) for line in told(call, "call.hangup")]
    [enqueued], [dequeued] = told(call, "call.enqueued"), told(call, "call.dequeued")
    assert gone[:2] == [("B", "user_busy"), ("C", "timeout")] and gone[2][0] == "A"
    assert (enqueued["leg"], enqueued["payload"]["current_position"]) == ("A", 1)
    assert (dequeued["payload"]["reason"], dequeued["payload"]["queue"]) == ("timeout", "leads")
    assert call["outcome"] == "waited"


def test_who_is_suppressed_is_called_by_no_transfer_and_the_next_agent_is_tried(
    stack: StackRun, simulator: SimulatorProcess
) -> None:
    target = f"+13065550{100 + int(BUSY)}"
    stack.rest.post("/v1/suppressions", {"phone": target, "reason": "asked by mail"})
    flow = LEAD.replace("name: lead", "name: lead-suppressed").replace("+13105550140", target)

    call = ended(stack, dial(stack, f"+12065550{100 + int(PRESSES_1)}", flow=upload(stack, flow)))

    [failed] = told(call, "command.failed")
    assert failed["payload"]["code"] == "suppressed"
    assert target not in str(simulator.ledger()) and "+13105550142" in str(simulator.ledger())
    assert call["outcome"] == "waited"


def test_an_agent_who_leaves_ends_the_conversation_and_then_the_call(stack: StackRun) -> None:
    flow = LEAD.replace("name: lead", "name: lead-two").replace("+13105550140", f"+13105550{100 + int(AGENT)}")

    call = ended(stack, dial(stack, f"+12025550{100 + int(PRESSES_1)}", flow=upload(stack, flow)))

    assert {line["leg"] for line in told(call, "call.bridged")} == {"A", "B"}
    assert call["outcome"] == "connected" and told(call, "call.enqueued") == []


def test_somebody_calls_and_is_greeted(stack: StackRun, simulator: SimulatorProcess) -> None:
    number_of(stack, "+13125550111", CALLBACK)

    leg = ring_us(simulator, caller="+12035550110", to="+13125550111")
    call = ended(stack, call_of_leg(stack, leg))

    assert (call["direction"], call["from"], call["to"]) == ("inbound", "+12035550110", "+13125550111")
    assert (call["disposition"], call["outcome"], call["contact_id"]) == ("answered", "heard", None)
    assert told(call, "speak")[0]["payload"]["payload"].endswith("Hello friend")


def test_a_caller_who_gives_up_while_it_rings_ends_the_call(stack: StackRun, simulator: SimulatorProcess) -> None:
    flow = CALLBACK.replace("name: callback", "name: slow").replace(
        "{answer: {}, on: {call.answered: greet}}", "{wait_for: call.dtmf.received, goto: greet}"
    )
    number_of(stack, "+13125550112", flow)

    leg = ring_us(simulator, caller="+12045550110", to="+13125550112", gives_up_after_s=20)
    call = ended(stack, call_of_leg(stack, leg))

    assert (call["disposition"], call["hangup_source"], call["answered_at"]) == ("canceled", "caller", None)


def test_who_waits_in_a_queue_is_bridged_with_an_agents_call(stack: StackRun, simulator: SimulatorProcess) -> None:
    number_of(stack, "+13125550113", WAITING_LINE)
    leg = ring_us(simulator, caller="+12055550118", to="+13125550113", patience_s=80_000)
    caller = call_of_leg(stack, leg)
    eventually(lambda: told(story(stack, caller), "call.enqueued"), within=60, every=0.1)
    agent = dial(stack, f"+12065550{100 + int(STAYS)}")
    eventually(lambda: story(stack, agent)["phase"] == "answered", within=60, every=0.1)

    stack.rest.post(f"/v1/calls/{agent}/actions/bridge", {"queue": "support"})
    for call in (agent, caller):
        eventually(lambda call=call: told(story(stack, call), "call.bridged"), within=60, every=0.1)
    stack.rest.post(f"/v1/calls/{agent}/actions/hangup")

    agents, callers = ended(stack, agent), ended(stack, caller)
    assert agents["status"] == "ended" and callers["outcome"] == "served"
    assert told(callers, "call.dequeued")[0]["payload"]["reason"] in ("bridged", "bridging-in-process")


def test_two_live_calls_are_bridged_by_their_ids(stack: StackRun) -> None:
    one, other = dial(stack, f"+12075550{100 + int(STAYS)}"), dial(stack, f"+12085550{100 + int(STAYS)}")
    for call in (one, other):
        eventually(lambda call=call: story(stack, call)["phase"] == "answered", within=60, every=0.1)

    stack.rest.post(f"/v1/calls/{one}/actions/bridge", {"call_control_id": other, "park_after_unbridge": "self"})
    for call in (one, other):
        eventually(lambda call=call: len(told(story(stack, call), "call.bridged")) == 2, within=60, every=0.1)
    stack.rest.post(f"/v1/calls/{other}/actions/hangup")
    others = ended(stack, other)
    eventually(lambda: told(story(stack, one), "call.hangup"), within=60, every=0.1)

    assert story(stack, one)["phase"] == "answered"
    stack.rest.post(f"/v1/calls/{one}/actions/hangup")
    ones = ended(stack, one)
    assert [line["leg"] for line in told(ones, "call.hangup")] == ["B", "A"]
    assert {line["leg"] for line in told(ones, "call.bridged")} == {"A", "B"}
    assert {line["leg"] for line in told(others, "call.bridged")} == {"A", "Z"}


def test_a_transfer_from_outside_that_nobody_takes_leaves_the_flow_where_it_stood(stack: StackRun) -> None:
    call_id = dial(stack, f"+12145550{100 + int(STAYS)}", flow=upload(stack, LISTENING))
    eventually(lambda: story(stack, call_id)["step"] == "listen", within=60, every=0.1)

    stack.rest.post(f"/v1/calls/{call_id}/actions/transfer", {"to": f"+13105550{100 + int(BUSY)}"})
    eventually(lambda: legs_of(stack, call_id, "call.hangup") == ["B"], within=60, every=0.1)
    between = story(stack, call_id)
    stack.rest.post(f"/v1/calls/{call_id}/actions/transfer", {"to": f"+13105550{100 + int(AGENT)}"})

    call = ended(stack, call_id)
    assert (between["phase"], between["step"]) == ("answered", "listen")
    assert told(call, "call.hangup")[0]["leg"] == "B"
    assert {line["leg"] for line in told(call, "call.bridged")} == {"A", "C"}
    assert [line for line in call["timeline"] if line["kind"] == "command" and line["type"] == "hangup"] == []


def test_a_caller_is_bridged_with_one_agents_call_and_then_with_the_next(stack: StackRun) -> None:
    first, second = dial(stack, f"+12105550{100 + int(STAYS)}"), dial(stack, f"+12125550{100 + int(STAYS)}")
    for agent in (first, second):
        eventually(lambda agent=agent: story(stack, agent)["phase"] == "answered", within=60, every=0.1)

    agents = {"first": first, "second": second}
    caller = dial(stack, f"+12135550{100 + int(STAYS)}", flow=upload(stack, AGENTS), variables=agents)
    for agent, letter in ((first, "B"), (second, "C")):
        eventually(lambda letter=letter: letter in legs_of(stack, caller, "call.bridged"), within=60, every=0.1)
        stack.rest.post(f"/v1/calls/{agent}/actions/hangup")

    call = ended(stack, caller)
    assert [(line["leg"], line["payload"].get("call_id")) for line in told(call, "call.hangup")] == [
        ("B", first),
        ("C", second),
        ("A", None),
    ]
    assert call["outcome"] == "connected" and len(told(call, "speak")) == 1


def test_callers_are_greeted_once_each_while_webhooks_come_twice_late_and_in_disorder(
    stack: StackRun, simulator: SimulatorProcess
) -> None:
    number_of(stack, "+13125550114", CALLBACK.replace("name: callback", "name: busy-line"))
    simulator.set_faults(webhook_repeat=0.6, webhook_delay=0.4, webhook_delay_ms=400, webhook_reorder=0.4)
    try:
        legs = {ring_us(simulator, caller=f"+1209555{n:04d}", to="+13125550114") for n in range(100, 112)}
        calls = [ended(stack, call_of_leg(stack, leg)) for leg in legs]
    finally:
        simulator.set_faults()

    listed = stack.rest.get("/v1/calls", direction="inbound", to="+13125550114")["data"]
    assert {call["call_control_id"] for call in listed} == legs and len(listed) == len(legs)
    assert all(len(told(call, "answer")) == 1 for call in calls)
    assert all(len(told(call, "speak")) <= 1 for call in calls)
