"""The carrier's event sequences, one row each: what is done, and all that is then told of the leg, in order.

What detection cuts is in test_simulator_detection.py, streams and forks are in media/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.desk import CALLER, Desk, desk, number

HELLO = {"payload": "Hello from Elm Clinic.", "voice": "female"}
BEGUN = ["call.initiated", "call.answered"]
FILE = ["call.playback.started", "call.playback.ended"]

Drive = Callable[[Desk], str]


@pytest.fixture(scope="module")
def table() -> Iterator[Desk]:
    with desk(time_scale=50) as table:
        yield table


def _dialed(card: str, **fields: Any) -> Drive:
    return lambda table: table.dial(card, **fields)


def _told(card: str, *actions: tuple[str, dict[str, Any]], until: str | None = None, **fields: Any) -> Drive:
    """Return how to dial, give these actions once it is answered, wait for an event and hang up."""

    def drive(table: Desk) -> str:
        leg = table.talk(card, **fields)
        for action, body in actions:
            table.act(leg, action, **body).raise_for_status()
        if until is not None:
            table.receiver.wait(until, leg=leg)
        table.act(leg, "hangup")
        return leg

    return drive


def _came_in(*actions: tuple[str, dict[str, Any]], **wishes: Any) -> Drive:
    def drive(table: Desk) -> str:
        leg = table.simulator.call_in(caller=number("10"), to=CALLER, **wishes)
        for action, body in actions:
            table.act(leg, action, **body).raise_for_status()
        return leg

    return drive


def _bridged(table: Desk) -> str:
    leg, other = table.talk("18"), table.talk("18")
    table.act(leg, "bridge", call_control_id=other).raise_for_status()
    table.receiver.wait("call.bridged", leg=leg)
    table.simulator.callee(other, hang_up=True)
    return leg


def _second_leg_fails(table: Desk) -> str:
    leg = table.talk("18")
    table.act(leg, "transfer", to=number("40")).raise_for_status()
    table.receiver.wait("call.hangup", leg=table.target(leg))
    table.act(leg, "speak", **HELLO).raise_for_status()
    table.receiver.wait("call.speak.ended", leg=leg)
    table.act(leg, "hangup")
    return leg


_RECORD = ("record_start", {"channels": "dual", "format": "wav"})
_LONG = {"initial_timeout_millis": 120_000, "timeout_millis": 6_000_000}
_ASK = {**HELLO, "maximum_digits": 1}

SEQUENCES: dict[str, tuple[Drive, list[str]]] = {
    "1 human": (_told("18"), [*BEGUN, "call.hangup"]),
    "1 human who is recorded": (_told("18", _RECORD), [*BEGUN, "call.hangup", "call.recording.saved"]),
    "2 human, detected": (
        _told("10", until="call.machine.detection.ended", answering_machine_detection="detect"),
        [*BEGUN, "call.machine.detection.ended", "call.hangup"],
    ),
    "3 machine with a beep": (
        _told("20", until="call.machine.greeting.ended", answering_machine_detection="detect_beep"),
        [*BEGUN, "call.machine.detection.ended", "call.machine.greeting.ended", "call.hangup"],
    ),
    "4 machine, its greeting awaited": (
        _told("20", until="call.machine.greeting.ended", answering_machine_detection="greeting_end"),
        [*BEGUN, "call.machine.detection.ended", "call.machine.greeting.ended", "call.hangup"],
    ),
    "5 machine, premium": (
        _told("20", until="call.machine.premium.greeting.ended", answering_machine_detection="premium"),
        [*BEGUN, "call.machine.premium.detection.ended", "call.machine.premium.greeting.ended", "call.hangup"],
    ),
    "5 beep before detection, premium": (
        _told("22", until="call.machine.premium.greeting.ended", answering_machine_detection="premium"),
        [*BEGUN, "call.machine.premium.greeting.ended", "call.hangup"],
    ),
    "7 busy": (_dialed("40"), ["call.initiated", "call.hangup"]),
    "7 rejected": (_dialed("44"), ["call.initiated", "call.hangup"]),
    "7 unknown number": (_dialed("45"), ["call.initiated", "call.hangup"]),
    "8 no answer": (_dialed("42", timeout_secs=5), ["call.initiated", "call.hangup"]),
    "10 time limit": (_dialed("18", time_limit_secs=30), [*BEGUN, "call.hangup"]),
    "11 transfer": (
        lambda table: _transferred(table, "51"),
        [*BEGUN, "call.bridged", "call.hangup"],
    ),
    "12 transfer that fails": (
        _second_leg_fails,
        [*BEGUN, "call.speak.started", "call.speak.ended", "call.hangup"],
    ),
    "13 bridge": (_bridged, [*BEGUN, "call.bridged", "call.hangup"]),
    "14 gather, spoken": (
        _told("01", ("gather_using_speak", _ASK), until="call.gather.ended"),
        [*BEGUN, "call.dtmf.received", "call.gather.ended", "call.hangup"],
    ),
    "14 gather, played": (
        _told("01", ("gather_using_audio", {"media_name": "ask", "maximum_digits": 1}), until="call.gather.ended"),
        [*BEGUN, *FILE, "call.dtmf.received", "call.gather.ended", "call.hangup"],
    ),
    "14 gather, cut by the hangup": (_told("10", ("gather", _LONG)), [*BEGUN, "call.gather.ended", "call.hangup"]),
    "15 two files, both stopped": (
        _told(
            "18",
            ("playback_start", {"media_name": "one", "loop": "infinity"}),
            ("playback_start", {"media_name": "two", "loop": "infinity"}),
            ("playback_stop", {"stop": "current"}),
            ("playback_stop", {"stop": "all"}),
        ),
        [*BEGUN, *FILE, *FILE, "call.hangup"],
    ),
    "16 recording paused, resumed, stopped": (
        _told(
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
        _told("18", ("enqueue", {"queue_name": "q"}), ("leave_queue", {})),
        [*BEGUN, "call.enqueued", "call.dequeued", "call.hangup"],
    ),
    "17 queue, then hangup": (
        _told("18", ("enqueue", {"queue_name": "q"})),
        [*BEGUN, "call.enqueued", "call.dequeued", "call.hangup"],
    ),
    "20 refer": (
        lambda table: _referred(table, "01"),
        [*BEGUN, "call.refer.started", "call.refer.completed", "call.hangup"],
    ),
    "20 refer that fails": (
        _told("18", ("refer", {"sip_address": f"sip:{number('44')}@desk.test"}), until="call.refer.failed"),
        [*BEGUN, "call.refer.started", "call.refer.failed", "call.hangup"],
    ),
    "21 incoming, answered": (
        _came_in(("answer", {}), ("hangup", {}), gives_up_after_s=600),
        [*BEGUN, "call.hangup"],
    ),
    "21 incoming, rejected": (
        _came_in(("reject", {"cause": "CALL_REJECTED"}), gives_up_after_s=600),
        ["call.initiated", "call.hangup"],
    ),
    "21 incoming, caller gives up": (_came_in(gives_up_after_s=2), ["call.initiated", "call.hangup"]),
    "22 a digit outside of a gather": (
        _told("92", until="call.dtmf.received"),
        [*BEGUN, "call.dtmf.received", "call.hangup"],
    ),
}


def _transferred(table: Desk, card: str) -> str:
    leg = table.talk("18")
    table.act(leg, "transfer", to=number(card)).raise_for_status()
    assert table.history(table.target(leg)) == [*BEGUN, "call.bridged", "call.hangup"]
    return leg


def _referred(table: Desk, card: str) -> str:
    leg = table.talk("18")
    table.act(leg, "refer", sip_address=f"sip:{number(card)}@desk.test").raise_for_status()
    return leg


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_a_leg_tells_this_and_nothing_else(table: Desk, sequence: str) -> None:
    drive, expected = SEQUENCES[sequence]

    leg = drive(table)

    assert table.history(leg, last=expected[-1]) == expected


def test_9_a_call_cancelled_while_it_rings_says_so(table: Desk) -> None:
    leg = table.dial("42", timeout_secs=600)

    table.act(leg, "hangup").raise_for_status()

    assert table.history(leg) == ["call.initiated", "call.hangup"]
    assert table.receiver.wait("call.hangup", leg=leg).payload["hangup_cause"] == "originator_cancel"
