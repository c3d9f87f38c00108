"""What the carrier counts: repeats of a command_id, dials in five seconds, channels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.desk import CALLER, CONNECTION, Desk, desk, number
from tests.support.poll import eventually


@pytest.fixture(scope="module")
def table() -> Iterator[Desk]:
    with desk(time_scale=20) as table:
        yield table


def _dial(table: Desk, **fields: object) -> dict[str, object]:
    answer = table.post("/calls", {"connection_id": CONNECTION, "from": CALLER, "to": number("18"), **fields})
    assert answer.status_code == 200
    return dict(answer.json()["data"])


def test_r2_a_repeated_dial_gets_the_first_answer_and_rings_once(table: Desk) -> None:
    answers = [_dial(table, command_id="dial-once", to=number("10")) for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    ledger = table.simulator.ledger()
    assert ledger["calls_by_number"][number("10")] == 1
    row = next(row for row in ledger["dials"] if row["command_id"] == "dial-once")
    assert [command["duplicate"] for command in row["commands"]] == [False, True, True]


def test_two_dials_without_command_id_are_two_calls(table: Desk) -> None:
    first, second = _dial(table, to=number("18")), _dial(table, to=number("18"))

    assert first["call_control_id"] != second["call_control_id"]


def test_a_repeated_command_is_carried_out_once(table: Desk) -> None:
    leg = table.talk("18")

    answers = [table.act(leg, "speak", payload="Hello", voice="female", command_id="speak-1") for _ in range(2)]
    table.receiver.wait("call.speak.ended", leg=leg)
    table.act(leg, "hangup")

    assert answers[0].content == answers[1].content
    assert table.history(leg).count("call.speak.started") == 1


def test_the_same_command_id_on_another_call_is_no_repeat(table: Desk) -> None:
    first, second = table.talk("18"), table.talk("18")

    for leg in (first, second):
        table.act(leg, "hangup", command_id="hangup-1")

    table.receiver.wait("call.hangup", leg=first)
    table.receiver.wait("call.hangup", leg=second)


def test_a_repeated_hangup_of_an_ended_call_is_still_ok(table: Desk) -> None:
    leg = table.talk("18")

    statuses = [table.act(leg, "hangup", command_id="bye").status_code for _ in range(2)]

    assert statuses == [200, 200]


def test_a_refused_command_may_be_sent_again_with_its_command_id(table: Desk) -> None:
    leg = table.dial("13")
    refused = table.act(leg, "speak", payload="Hello", voice="female", command_id="early")
    table.receiver.wait("call.answered", leg=leg)

    again = table.act(leg, "speak", payload="Hello", voice="female", command_id="early")

    assert (refused.status_code, again.status_code) == (422, 200)


def test_dials_beyond_the_window_are_refused_and_not_started() -> None:
    with desk(dials_per_5s=3) as table:
        body = {"connection_id": CONNECTION, "from": CALLER, "to": number("18")}
        answers = [table.post("/calls", {**body, "command_id": f"d{n}"}) for n in range(5)]

        ledger = table.simulator.ledger()

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[4].json()["errors"][0]["code"] == "90103"
    assert answers[2].headers["x-ratelimit-remaining"] == "0"
    assert ledger["calls_by_number"] == {number("18"): 3}
    assert ledger["counters"]["dials_refused"] == {"90103": 2}
    assert (ledger["most_dials_in_5s"], ledger["most_dial_requests_in_5s"]) == (3, 5)


def test_a_dial_refused_by_the_window_is_taken_with_the_same_command_id_later() -> None:
    with desk(dials_per_5s=1) as table:
        body = {"connection_id": CONNECTION, "from": CALLER, "to": number("18"), "command_id": "later"}
        table.dial("18")
        refused = table.post("/calls", body)

        table.simulator.control(dials_per_5s=0)
        taken = table.post("/calls", body)

    assert (refused.status_code, taken.status_code) == (429, 200)


def test_calls_beyond_the_channels_are_refused_until_one_ends() -> None:
    with desk(channels=1) as table:
        leg = table.talk("18")
        refused = table.post("/calls", {"connection_id": CONNECTION, "from": CALLER, "to": number("18")})
        table.act(leg, "hangup")
        eventually(lambda: table.simulator.summary()["live"] == 0)

        table.dial("18")

    assert refused.status_code == 403
    assert refused.json()["errors"][0]["detail"].endswith("D1")
