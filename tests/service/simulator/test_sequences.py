"""The carrier's event sequences, one row each: the commands, and every webhook of the leg in order.

What detection cancels is in test_simulator_detection.py, streams and forks are in media/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.simulated_carrier import CALLER, SimulatedCarrier, number, simulated_carrier

HELLO = {"payload": "Hello from Elm Clinic.", "voice": "female"}
BEGUN = ["call.initiated", "call.answered"]
FILE = ["call.playback.started", "call.playback.ended"]

Drive = Callable[[SimulatedCarrier], str]


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=50) as carrier:
        yield carrier


def _dialed(last_digits: str, **fields: Any) -> Drive:
    return lambda carrier: carrier.dial(last_digits, **fields)


def _answered(last_digits: str, *actions: tuple[str, dict[str, Any]], until: str | None = None, **fields: Any) -> Drive:
    """Return a driver that dials, sends these actions after the answer, waits for an event and hangs up."""

    def drive(carrier: SimulatedCarrier) -> str:
        leg = carrier.talk(last_digits, **fields)
        for action, body in actions:
            carrier.act(leg, action, **body).raise_for_status()
        if until is not None:
            carrier.receiver.wait(until, leg=leg)
        carrier.act(leg, "hangup")
        return leg

    return drive


def _incoming(*actions: tuple[str, dict[str, Any]], **fields: Any) -> Drive:
    def drive(carrier: SimulatedCarrier) -> str:
        leg = carrier.simulator.call_in(caller=number("10"), to=CALLER, **fields)
        for action, body in actions:
            carrier.act(leg, action, **body).raise_for_status()
        return leg

    return drive


def _bridged(carrier: SimulatedCarrier) -> str:
    leg, other = carrier.talk("18"), carrier.talk("18")
    carrier.act(leg, "bridge", call_control_id=other).raise_for_status()
    carrier.receiver.wait("call.bridged", leg=leg)
    carrier.simulator.callee(other, hang_up=True)
    return leg


def _second_leg_fails(carrier: SimulatedCarrier) -> str:
    leg = carrier.talk("18")
    carrier.act(leg, "transfer", to=number("40")).raise_for_status()
    carrier.receiver.wait("call.hangup", leg=carrier.target(leg))
    carrier.act(leg, "speak", **HELLO).raise_for_status()
    carrier.receiver.wait("call.speak.ended", leg=leg)
    carrier.act(leg, "hangup")
    return leg


_RECORD = ("record_start", {"channels": "dual", "format": "wav"})
_LONG = {"initial_timeout_millis": 120_000, "timeout_millis": 6_000_000}
_ASK = {**HELLO, "maximum_digits": 1}

SEQUENCES: dict[str, tuple[Drive, list[str]]] = {
    "1 human": (_answered("18"), [*BEGUN, "call.hangup"]),
    "1 human who is recorded": (_answered("18", _RECORD), [*BEGUN, "call.hangup", "call.recording.saved"]),
    "2 human, detected": (
        _answered("10", until="call.machine.detection.ended", answering_machine_detection="detect"),
        [*BEGUN, "call.machine.detection.ended", "call.hangup"],
    ),
    "3 machine with a beep": (
        _answered("20", until="call.machine.greeting.ended", answering_machine_detection="detect_beep"),
        [*BEGUN, "call.machine.detection.ended", "call.machine.greeting.ended", "call.hangup"],
    ),
    "4 machine, its greeting awaited": (
        _answered("20", until="call.machine.greeting.ended", answering_machine_detection="greeting_end"),
        [*BEGUN, "call.machine.detection.ended", "call.machine.greeting.ended", "call.hangup"],
    ),
    "5 machine, premium": (
        _answered("20", until="call.machine.premium.greeting.ended", answering_machine_detection="premium"),
        [*BEGUN, "call.machine.premium.detection.ended", "call.machine.premium.greeting.ended", "call.hangup"],
    ),
    "5 beep before detection, premium": (
        _answered("22", until="call.machine.premium.greeting.ended", answering_machine_detection="premium"),
        [*BEGUN, "call.machine.premium.greeting.ended", "call.hangup"],
    ),
    "7 busy": (_dialed("40"), ["call.initiated", "call.hangup"]),
    "7 rejected": (_dialed("44"), ["call.initiated", "call.hangup"]),
    "7 unknown number": (_dialed("45"), ["call.initiated", "call.hangup"]),
    "8 no answer": (_dialed("42", timeout_secs=5), ["call.initiated", "call.hangup"]),
    "10 time limit": (_dialed("18", time_limit_secs=30), [*BEGUN, "call.hangup"]),
    "11 transfer": (
        lambda carrier: _transferred(carrier, "51"),
        [*BEGUN, "call.bridged", "call.hangup"],
    ),
    "12 transfer that fails": (
        _second_leg_fails,
        [*BEGUN, "call.speak.started", "call.speak.ended", "call.hangup"],
    ),
    "13 bridge": (_bridged, [*BEGUN, "call.bridged", "call.hangup"]),
    "14 gather, spoken": (
        _answered("01", ("gather_using_speak", _ASK), until="call.gather.ended"),
        [*BEGUN, "call.dtmf.received", "call.gather.ended", "call.hangup"],
    ),
    "14 gather, played": (
        _answered("01", ("gather_using_audio", {"media_name": "ask", "maximum_digits": 1}), until="call.gather.ended"),
        [*BEGUN, *FILE, "call.dtmf.received", "call.gather.ended", "call.hangup"],
    ),
    "14 gather, cut by the hangup": (_answered("10", ("gather", _LONG)), [*BEGUN, "call.gather.ended", "call.hangup"]),
    "15 two files, both stopped": (
        _answered(
            "18",
            ("playback_start", {"media_name": "one", "loop": "infinity"}),
            ("playback_start", {"media_name": "two", "loop": "infinity"}),
            ("playback_stop", {"stop": "current"}),
            ("playback_stop", {"stop": "all"}),
        ),
        [*BEGUN, *FILE, *FILE, "call.hangup"],
    ),
    "16 recording paused, resumed, stopped": (
        _answered(
            "18",
            _RECORD,
            ("record_pause", {}),
            ("record_resume", {}),
            ("record_stop", {}),
            until="call.recording.saved",
        ),
        [*BEGUN, "call.recording.saved", "call.hangup"],
    ),
    "17 queue left": (
        _answered("18", ("enqueue", {"queue_name": "q"}), ("leave_queue", {})),
        [*BEGUN, "call.enqueued", "call.dequeued", "call.hangup"],
    ),
    "17 queue, then hangup": (
        _answered("18", ("enqueue", {"queue_name": "q"})),
        [*BEGUN, "call.enqueued", "call.dequeued", "call.hangup"],
    ),
    "20 refer": (
        lambda carrier: _referred(carrier, "01"),
        [*BEGUN, "call.refer.started", "call.refer.completed", "call.hangup"],
    ),
    "20 refer that fails": (
        _answered("18", ("refer", {"sip_address": f"sip:{number('44')}@desk.test"}), until="call.refer.failed"),
        [*BEGUN, "call.refer.started", "call.refer.failed", "call.hangup"],
    ),
    "21 incoming, answered": (
        _incoming(("answer", {}), ("hangup", {}), gives_up_after_s=600),
        [*BEGUN, "call.hangup"],
    ),
    "21 incoming, rejected": (
        _incoming(("reject", {"cause": "CALL_REJECTED"}), gives_up_after_s=600),
        ["call.initiated", "call.hangup"],
    ),
    "21 incoming, caller gives up": (_incoming(gives_up_after_s=2), ["call.initiated", "call.hangup"]),
    "22 a digit outside of a gather": (
        _answered("92", until="call.dtmf.received"),
        [*BEGUN, "call.dtmf.received", "call.hangup"],
    ),
}


def _transferred(carrier: SimulatedCarrier, last_digits: str) -> str:
    leg = carrier.talk("18")
    carrier.act(leg, "transfer", to=number(last_digits)).raise_for_status()
    assert carrier.history(carrier.target(leg)) == [*BEGUN, "call.bridged", "call.hangup"]
    return leg


def _referred(carrier: SimulatedCarrier, last_digits: str) -> str:
    leg = carrier.talk("18")
    carrier.act(leg, "refer", sip_address=f"sip:{number(last_digits)}@desk.test").raise_for_status()
    return leg


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_a_leg_sends_exactly_these_webhooks(carrier: SimulatedCarrier, sequence: str) -> None:
    drive, expected = SEQUENCES[sequence]

    leg = drive(carrier)

    assert carrier.history(leg, last=expected[-1]) == expected


def test_a_call_cancelled_while_ringing_has_that_cause(carrier: SimulatedCarrier) -> None:
    leg = carrier.dial("42", timeout_secs=600)

    carrier.act(leg, "hangup").raise_for_status()

    assert carrier.history(leg) == ["call.initiated", "call.hangup"]
    assert carrier.receiver.wait("call.hangup", leg=leg).payload["hangup_cause"] == "originator_cancel"
