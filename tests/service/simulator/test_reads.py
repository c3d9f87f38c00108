"""Reads: calls, active calls, call events, the application, numbers, the ledger."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.support.poll import eventually
from tests.support.simulated_carrier import CALLER, CONNECTION, SimulatedCarrier, number, simulated_carrier


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=50, connection_id=CONNECTION, keep_bodies=True) as carrier:
        yield carrier


def test_a_call_is_alive_until_it_ends_and_readable_after(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18", client_state="YQ==")
    alive = carrier.sdk.calls.retrieve_status(leg).data
    carrier.act(leg, "hangup")

    ended = carrier.sdk.calls.retrieve_status(leg).data

    assert alive is not None and ended is not None
    assert (alive.is_alive, alive.client_state, alive.end_time) == (True, "YQ==", None)
    assert ended.is_alive is False and ended.end_time is not None


def test_active_calls_are_listed_page_by_page(carrier: SimulatedCarrier) -> None:
    legs = {carrier.dial("42", timeout_secs=600) for _ in range(5)}

    listed = {call.call_control_id for call in carrier.sdk.connections.list_active_calls(CONNECTION, page_size=2)}

    assert legs <= listed
    for leg in legs:
        carrier.act(leg, "hangup")
    still = {call.call_control_id for call in carrier.sdk.connections.list_active_calls(CONNECTION)}
    assert not legs & still


def test_another_connection_has_no_calls(carrier: SimulatedCarrier) -> None:
    carrier.dial("18")

    assert list(carrier.sdk.connections.list_active_calls("1")) == []


def test_call_events_are_found_by_leg_type_and_name(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    carrier.act(leg, "hangup", command_id="bye")
    leg_id = carrier.account(leg)["call_leg_id"]

    webhooks = list(carrier.sdk.call_events.list(filter={"leg_id": leg_id, "type": "webhook"}))
    commands = list(carrier.sdk.call_events.list(filter={"leg_id": leg_id, "type": "command"}))
    named = list(carrier.sdk.call_events.list(filter={"to": number("18"), "name": "call.hangup", "leg_id": leg_id}))

    assert [event.name for event in webhooks] == ["call.initiated", "call.answered", "call.hangup"]
    assert [event.name for event in commands] == ["dial", "hangup"]
    assert named[0].metadata["payload"] == carrier.receiver.wait("call.hangup", leg=leg).payload


def test_call_events_are_found_by_time(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    row = carrier.account(leg)
    at = carrier.receiver.wait("call.initiated", leg=leg).event["occurred_at"]

    after = carrier.get(f"/call_events?filter[leg_id]={row['call_leg_id']}&filter[occurred_at][gt]={at}").json()["data"]

    assert "call.initiated" not in [event["name"] for event in after]
    assert "call.answered" in [event["name"] for event in after]


def test_the_application_has_api_version_2_and_the_webhook_url(carrier: SimulatedCarrier) -> None:
    application = carrier.sdk.call_control_applications.retrieve(CONNECTION).data

    assert application is not None
    assert (application.webhook_api_version, application.webhook_event_url) == ("2", carrier.receiver.url)
    assert carrier.get("/call_control_applications/1").status_code == 404


def test_a_caller_id_is_found_among_the_numbers(carrier: SimulatedCarrier) -> None:
    found = list(carrier.sdk.phone_numbers.list(filter={"phone_number": CALLER.lstrip("+")}))

    assert [(row.phone_number, row.connection_id, row.status) for row in found] == [(CALLER, CONNECTION, "active")]
    assert list(carrier.sdk.phone_numbers.list(filter={"phone_number": CALLER})) == []  # a plus sign is no digit


def test_the_applications_profile_is_among_those_of_the_account(carrier: SimulatedCarrier) -> None:
    application = carrier.sdk.call_control_applications.retrieve(CONNECTION).data
    assert application is not None and application.outbound is not None

    named = carrier.sdk.outbound_voice_profiles.retrieve(application.outbound.outbound_voice_profile_id or "").data
    listed = list(carrier.sdk.outbound_voice_profiles.list())
    foreign = carrier.get("/outbound_voice_profiles/1")

    assert named is not None and [profile.id for profile in listed] == [named.id]
    assert (named.enabled, named.whitelisted_destinations) == (True, ["US", "CA"])
    assert foreign.status_code == 404


def test_the_resources_of_the_account_can_be_overridden_and_restored(carrier: SimulatedCarrier) -> None:
    carrier.simulator.override_resources(
        application={"active": False}, profile=None, numbers={CALLER: {"status": "deleted"}}, verified=["+12025550101"]
    )

    application = carrier.sdk.call_control_applications.retrieve(CONNECTION).data
    (number_row,) = carrier.sdk.phone_numbers.list(filter={"phone_number": CALLER.lstrip("+")})
    verified = carrier.sdk.verified_numbers.retrieve("+12025550101").data

    assert application is not None and application.active is False
    assert list(carrier.sdk.outbound_voice_profiles.list()) == []
    assert verified is not None and (number_row.status, verified.phone_number) == ("deleted", "+12025550101")
    carrier.simulator.override_resources()
    mended = carrier.sdk.call_control_applications.retrieve(CONNECTION).data
    assert mended is not None and mended.active is True
    assert carrier.get("/verified_numbers/+12025550101").status_code == 404


@pytest.mark.parametrize("wrong", [{"numbers": [CALLER]}, {"profiles": {}}, {"application": "off"}, {"verified": 1}])
def test_an_invalid_override_changes_nothing(carrier: SimulatedCarrier, wrong: dict[str, object]) -> None:
    answer = requests.post(f"{carrier.simulator.url}/arrangements", json=wrong, timeout=5)

    assert (answer.status_code, answer.json()["error"]) == (400, "not understood")
    assert requests.get(f"{carrier.simulator.url}/arrangements", timeout=5).json()["application"] == {}


def test_the_ledger_returns_changes_since_a_revision(carrier: SimulatedCarrier) -> None:
    before = carrier.simulator.ledger()["revision"]
    leg = carrier.dial("40")
    carrier.history(leg)

    changed = carrier.simulator.ledger(since=before)

    assert [row["call_control_id"] for row in changed["dials"]] == [leg]
    assert carrier.simulator.ledger(since=changed["revision"])["dials"] == []
    assert requests.get(f"{carrier.simulator.url}/ledger?since=x", timeout=5).status_code == 400


def test_the_summary_counts_without_listing(carrier: SimulatedCarrier) -> None:
    summary = carrier.simulator.summary()

    assert "dials" not in summary
    assert summary["counters"]["dial_requests"] >= summary["counters"]["commands"]["dial"] > 0


def test_the_ledger_keeps_bodies_where_that_is_set(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    carrier.act(leg, "speak", payload="Hello", voice="female", colour="blue")

    assert carrier.account(leg)["commands"][-1]["body"]["payload"] == "Hello"
    assert carrier.simulator.summary()["counters"]["unknown_fields"] == {"speak.colour": 1}


def test_the_ledger_has_the_whole_call(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("01", client_state="YQ==", answering_machine_detection="premium", command_id="whole")
    carrier.sdk.calls.actions.gather_using_speak(leg, payload="Press 1.", voice="female", maximum_digits=1)
    carrier.receiver.wait("call.gather.ended", leg=leg)
    carrier.act(leg, "hangup", command_id="bye")
    carrier.history(leg)

    row = carrier.account(leg)

    assert (row["to"], row["from"], row["command_id"], row["client_state"]) == (number("01"), CALLER, "whole", "YQ==")
    assert (row["callee"], row["amd"], row["digits"], row["hangup_cause"]) == (
        "human",
        "human_residence",
        "1",
        "normal_clearing",
    )
    assert row["accepted_at"] < row["answered_at"] < row["ended_at"]
    assert [command["action"] for command in row["commands"]] == ["dial", "gather_using_speak", "hangup"]
    assert all(webhook["delivered_at"] and webhook["status"] == "200" for webhook in row["webhooks"])


def test_an_ended_call_is_forgotten_when_too_many_ended_after_it() -> None:
    with simulated_carrier(keep_calls=2) as carrier:
        legs = [carrier.dial("40") for _ in range(4)]
        eventually(lambda: carrier.simulator.summary()["live"] == 0)

        statuses = [carrier.get(f"/calls/{leg}").status_code for leg in legs]

    assert statuses == [404, 404, 200, 200]
