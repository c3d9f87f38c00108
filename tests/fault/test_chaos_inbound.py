"""Long runs in which processes are killed while people call us: whoever we are told of is served once, and recorded."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.killer import killer
from tests.support.leftovers import wrong_recordings
from tests.support.poll import eventually
from tests.support.raw_server import RawServer, raw_server, reply
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import CALLER_ID, StackRun, stack_and_simulator

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

CALLERS = 80
PROCESSES = ("commands", "engine", "webhooks", "api")
UNTIDY = {"webhook_repeat": 0.10, "webhook_delay": 0.20, "webhook_delay_ms": 1_000}
DESK = """
name: desk
answers: {plan: null}
outcomes: [served, hung_up]
outcome: hung_up
start: ask
inbound: pick_up
steps:
  pick_up: {answer: {}, on: {call.answered: tape}}
  tape: {record_start: {channels: single, format: wav}, goto: look_up}
  look_up:
    http: {url: "WEB/plans?of={{ contact.phone }}", timeout: 5s}
    on: {http.succeeded: {set: {plan: "{{ event.body.plan }}"}, goto: ask}, http.failed: ask}
  ask:
    gather_using_speak: {payload: "Press one.", valid_digits: "1", maximum_digits: 1, voice: female}
    on: {call.gather.ended: [{match: {digits: "1"}, outcome: served, goto: bye}, {goto: bye}]}
    timeout: {after: 60s, goto: bye}
  bye: {hangup: {}}
"""


@contextmanager
def plans() -> Iterator[RawServer]:
    """Yield a web address that knows everybody's plan."""
    with raw_server(lambda _server: lambda connection, _asked: connection.sendall(reply(200, {"plan": "gold"}))) as web:
        yield web


@pytest.mark.parametrize("seed", range(61, 64))
def test_callers_are_served_once_recorded_and_looked_up_while_processes_die(tmp_path: Path, seed: int) -> None:
    with plans() as web, stack_and_simulator(tmp_path / "data", seed=seed, time_scale=4) as (stack, simulator):
        stack.stop()
        stack.start(ORCHESTRATOR_TRUSTED_HOSTS="127.0.0.1")
        flow = stack.rest.send("/v1/flows", DESK.replace("WEB", web.url), media="application/yaml")
        stack.rest.post("/v1/numbers", {"number": CALLER_ID, "flow": flow["id"]})
        simulator.set_faults(**UNTIDY)

        with killer(stack, PROCESSES, chance=random.Random(seed), every_s=3.0):
            legs = [call_in(simulator, number) for number in range(CALLERS)]
            eventually(lambda: simulator.summary()["live"] == 0, within=300)
        simulator.set_faults()
        eventually(stack.is_ready, within=60)

        eventually(lambda: simulator.summary()["webhooks_under_way"] == 0, within=60)
        # The carrier repeats webhooks for seconds only; a call that comes in while all is dead is never told of.
        told = {
            leg["call_control_id"]: leg for leg in simulator.ledger()["incoming"] if was_told(leg, "call.initiated")
        }
        assert len(told.keys() & set(legs)) >= CALLERS // 2
        calls = eventually(lambda: all_ended(stack, told), within=200, every=0.5)
        assert [line for leg in told for line in differences(calls[leg], told[leg])] == []
        eventually(lambda: unfetched(stack, calls, told) == [], within=120, every=0.5)
        assert wrong_recordings(stack) == []
        assert Counter(Counter(asked.headers["idempotency-key"] for asked in web.requests).values())[1] >= CALLERS // 2


def call_in(simulator: SimulatorProcess, number: int) -> str:
    """Let one more person call, a moment after the one before."""
    live = simulator.summary()["live"]
    eventually(lambda: simulator.summary()["live"] < max(live, 12), within=60)
    return simulator.call_in(caller=f"+141555501{number:02d}", to=CALLER_ID, presses="1", gives_up_after_s=600)


def was_told(leg: Mapping[str, Any], event: str) -> bool:
    """Say whether this event of the leg reached us."""
    return any(notice["type"] == event and notice["delivered_at"] for notice in leg["webhooks"])


def all_ended(stack: StackRun, legs: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """Return our calls by the caller's leg, once there is one for each and all have ended; fail for a second one."""
    listed = [stack.rest.get(f"/v1/calls/{call['id']}") for call in stack.rest.pages("/v1/calls", direction="inbound")]
    calls = {call["call_control_id"]: call for call in listed}
    assert len(calls) == len(listed), "a caller was taken in twice"
    is_over = calls.keys() >= set(legs) and all(call["status"] == "ended" for call in listed)
    return calls if is_over else {}


def differences(call: Mapping[str, Any], leg: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is not as the carrier saw it."""
    done = Counter(c["command_id"] for c in leg["commands"] if c["status"] == 200 and not c["duplicate"])
    if done and max(done.values()) > 1:
        yield f"{leg['from']}: a command was carried out twice"
    if was_told(leg, "call.hangup") and leg["hangup_cause"] != call["hangup_cause"]:
        yield f"{leg['from']}: {call['hangup_cause']} to us, {leg['hangup_cause']} to the carrier"
    if was_told(leg, "call.gather.ended") and leg["digits"] == "1" and call["outcome"] != "served":
        yield f"{leg['from']}: pressed 1, outcome {call['outcome']}"
    if call["outcome"] == "served" and call["answers"] != {"plan": "gold"}:
        yield f"{leg['from']}: served with {call['answers']}"


def unfetched(stack: StackRun, calls: Mapping[str, Any], told: Mapping[str, Any]) -> list[str]:
    """Return the calls whose recording was told and is not here."""
    here = {each["call_id"] for each in stack.rest.pages("/v1/recordings") if each["status"] == "fetched"}
    saved = [leg for leg, facts in told.items() if was_told(facts, "call.recording.saved")]
    return [calls[leg]["id"] for leg in saved if calls[leg]["id"] not in here]
