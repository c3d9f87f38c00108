"""The carrier's limits: repeats of a command_id, dials in five seconds, channels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.poll import eventually
from tests.support.simulated_carrier import CALLER, CONNECTION, SimulatedCarrier, number, simulated_carrier


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=20) as carrier:
        yield carrier


def _dial(carrier: SimulatedCarrier, **fields: object) -> dict[str, object]:
    answer = carrier.post("/calls", {"connection_id": CONNECTION, "from": CALLER, "to": number("18"), **fields})
    assert answer.status_code == 200
    return dict(answer.json()["data"])


def test_r2_a_repeated_dial_gets_the_first_answer_and_rings_once(carrier: SimulatedCarrier) -> None:
    answers = [_dial(carrier, command_id="dial-once", to=number("10")) for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    ledger = carrier.simulator.ledger()
    assert ledger["calls_by_number"][number("10")] == 1
    row = next(row for row in ledger["dials"] if row["command_id"] == "dial-once")
    assert [command["duplicate"] for command in row["commands"]] == [False, True, True]


def test_two_dials_without_command_id_are_two_calls(carrier: SimulatedCarrier) -> None:
    first, second = _dial(carrier, to=number("18")), _dial(carrier, to=number("18"))

    assert first["call_control_id"] != second["call_control_id"]


def test_a_repeated_command_is_carried_out_once(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    answers = [carrier.act(leg, "speak", payload="Hello", voice="female", command_id="speak-1") for _ in range(2)]
    carrier.receiver.wait("call.speak.ended", leg=leg)
    carrier.act(leg, "hangup")

    assert answers[0].content == answers[1].content
    assert carrier.history(leg).count("call.speak.started") == 1


def test_the_same_command_id_on_another_call_is_no_repeat(carrier: SimulatedCarrier) -> None:
    first, second = carrier.talk("18"), carrier.talk("18")

    for leg in (first, second):
        carrier.act(leg, "hangup", command_id="hangup-1")

    carrier.receiver.wait("call.hangup", leg=first)
    carrier.receiver.wait("call.hangup", leg=second)


def test_a_repeated_hangup_of_an_ended_call_is_still_ok(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    statuses = [carrier.act(leg, "hangup", command_id="bye").status_code for _ in range(2)]

    assert statuses == [200, 200]


def test_a_refused_command_may_be_sent_again_with_its_command_id(carrier: SimulatedCarrier) -> None:
    leg = carrier.dial("13")
    refused = carrier.act(leg, "speak", payload="Hello", voice="female", command_id="early")
    carrier.receiver.wait("call.answered", leg=leg)

    again = carrier.act(leg, "speak", payload="Hello", voice="female", command_id="early")

    assert (refused.status_code, again.status_code) == (422, 200)


def test_dials_beyond_the_window_are_refused_and_not_started() -> None:
    with simulated_carrier(dials_per_5s=3) as carrier:
        body = {"connection_id": CONNECTION, "from": CALLER, "to": number("18")}
        answers = [carrier.post("/calls", {**body, "command_id": f"d{n}"}) for n in range(5)]

        ledger = carrier.simulator.ledger()

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[4].json()["errors"][0]["code"] == "90103"
    assert answers[2].headers["x-ratelimit-remaining"] == "0"
    assert ledger["calls_by_number"] == {number("18"): 3}
    assert ledger["counters"]["dials_refused"] == {"90103": 2}
    assert (ledger["most_dials_in_5s"], ledger["most_dial_requests_in_5s"]) == (3, 5)


def test_a_dial_refused_by_the_rate_limit_is_accepted_later_with_its_command_id() -> None:
    with simulated_carrier(dials_per_5s=1) as carrier:
        body = {"connection_id": CONNECTION, "from": CALLER, "to": number("18"), "command_id": "later"}
        carrier.dial("18")
        refused = carrier.post("/calls", body)

        carrier.simulator.control(dials_per_5s=0)
        taken = carrier.post("/calls", body)

    assert (refused.status_code, taken.status_code) == (429, 200)


def test_calls_beyond_the_channels_are_refused_until_one_ends() -> None:
    with simulated_carrier(channels=1) as carrier:
        leg = carrier.talk("18")
        refused = carrier.post("/calls", {"connection_id": CONNECTION, "from": CALLER, "to": number("18")})
        carrier.act(leg, "hangup")
        eventually(lambda: carrier.simulator.summary()["live"] == 0)

        carrier.dial("18")

    assert refused.status_code == 403
    assert refused.json()["errors"][0]["detail"].endswith("D1")
