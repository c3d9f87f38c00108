"""A voicemail is left completely, once and after the greeting; otherwise it does not count as left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from orchestrator.flow import Flow, load_flow
from orchestrator.flow.samples import sample
from tests.support.calls_at_the_simulator import LedCall
from tests.support.simulated_carrier import SimulatedCarrier, simulated_carrier

SCALE = 20.0
ANN = {"first_name": "Ann", "appointment": "Monday at 9"}
AT_LENGTH = ANN | {"appointment": "Monday at 9, " * 50}  # said for seconds of real time: whoever hangs up is in time
MESSAGE = "This is Elm Clinic for Ann. Your appointment is Monday at 9."
GREETING = "call.machine.premium.greeting.ended"

AT_ONCE = sample("appointment").replace(
    """start:
  human: greet
  machine: voicemail
  fax: bye
  timeout: {after: 6s, goto: greet}
""",
    "start: {answered: greet, machine: voicemail}\n",
)


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=SCALE, keep_bodies=True) as carrier:
        yield carrier


@dataclass(frozen=True)
class Message:
    """The voicemail messages of a call: their positions among the webhooks, and the status with which each ended."""

    begins: list[int]
    endings: list[str]
    greeting: int | None


def led(
    carrier: SimulatedCarrier,
    last_digits: str,
    flow: Flow,
    *,
    hangs_up_at: str | None = None,
    nth: int = 1,
    contact: dict[str, str] = ANN,
) -> LedCall:
    call = LedCall(carrier, flow, last_digits, scale=SCALE, contact=contact)
    counted = iter(range(1, 100))

    def seen(event: str) -> None:
        if event == hangs_up_at and next(counted) == nth:
            carrier.simulator.callee(call.leg, hang_up=True)

    call.run(seen=seen)
    return call


def message_of(call: LedCall) -> Message:
    types = [each.type for each in call._carrier.receiver.of(call.leg)]
    begins = [place for place, kind in enumerate(types) if kind == "call.speak.started"]
    endings = [str(each.payload["status"]) for each in call.webhooks("call.speak.ended")]
    return Message(begins, endings, types.index(GREETING) if GREETING in types else None)


@pytest.mark.parametrize("text", [sample("appointment"), AT_ONCE], ids=["detected first", "speaks at once"])
@pytest.mark.parametrize("last_digits", ["20", "21", "22", "23"])
def test_the_message_begins_behind_the_greeting_and_is_said_whole_and_once(
    carrier: SimulatedCarrier, last_digits: str, text: str
) -> None:
    call = led(carrier, last_digits, load_flow(text))

    message = message_of(call)
    assert message.endings == ["completed"]
    assert message.greeting is not None
    assert message.begins[0] > message.greeting
    assert (call.call.outcome, call.disposition) == ("voicemail", "machine")


@pytest.mark.parametrize("last_digits", ["20", "22", "23", "24"])
@pytest.mark.parametrize("moment", ["call.answered", GREETING, "call.speak.started"])
def test_a_message_that_the_machine_cut_off_does_not_count_as_left(
    carrier: SimulatedCarrier, last_digits: str, moment: str
) -> None:
    call = led(carrier, last_digits, load_flow(sample("appointment")), hangs_up_at=moment, contact=AT_LENGTH)

    assert "completed" not in message_of(call).endings
    assert call.call.outcome == "hung_up"


def test_a_machine_that_hangs_up_in_mid_message_was_left_none(carrier: SimulatedCarrier) -> None:
    flow = load_flow(sample("appointment"))
    call = led(carrier, "20", flow, hangs_up_at="call.speak.started", contact=AT_LENGTH)

    assert message_of(call).endings == ["call_hangup"]
    assert (call.call.outcome, call.disposition) == ("hung_up", "machine")


def test_a_message_that_was_whole_when_the_machine_hung_up_counts(carrier: SimulatedCarrier) -> None:
    call = led(carrier, "20", load_flow(sample("appointment")), hangs_up_at="call.speak.ended")

    assert message_of(call).endings == ["completed"]
    assert call.call.outcome == "voicemail"
