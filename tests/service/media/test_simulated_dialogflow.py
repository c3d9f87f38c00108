"""Streams to a Dialogflow agent; they fail for a connection without one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.simulated_carrier import CONNECTION, SimulatedCarrier, simulated_carrier
from tests.support.stream_app import stream_app

_ACCOUNT = {"type": "service_account", "client_email": "agent@example.com", "private_key": "secret"}


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=20, connection_id=CONNECTION) as carrier:
        yield carrier


@pytest.fixture
def agent(carrier: SimulatedCarrier) -> Iterator[None]:
    carrier.sdk.dialogflow_connections.create(CONNECTION, service_account=dict(_ACCOUNT), dialogflow_api="es")
    yield
    carrier.sdk.dialogflow_connections.delete(CONNECTION)


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("how", ["streaming_stop", "hangup"])
def test_a_stream_to_an_agent_starts_and_stops(carrier: SimulatedCarrier, how: str) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.start_streaming(
        leg, enable_dialogflow=True, dialogflow_config={"analyze_sentiment": True}
    )
    started = carrier.receiver.wait("streaming.started", leg=leg).payload
    second = carrier.act(leg, "streaming_start", enable_dialogflow=True)
    assert carrier.act(leg, how).status_code == 200

    stopped = carrier.receiver.wait("streaming.stopped", leg=leg).payload
    assert "stream_url" not in started and "stream_url" not in stopped
    assert (second.status_code, second.json()["errors"][0]["code"]) == (422, "90045")
    assert "streaming.failed" not in carrier.history(leg, last="streaming.stopped")


@pytest.mark.usefixtures("agent")
def test_a_dial_may_request_the_agent(carrier: SimulatedCarrier) -> None:
    leg = carrier.dial("18", enable_dialogflow=True)

    carrier.receiver.wait("streaming.started", leg=leg)
    carrier.act(leg, "hangup")

    assert carrier.history(leg) == [
        "call.initiated",
        "call.answered",
        "streaming.started",
        "streaming.stopped",
        "call.hangup",
    ]


@pytest.mark.usefixtures("agent")
def test_an_agent_stopped_while_connecting_has_no_webhook(carrier: SimulatedCarrier) -> None:
    with simulated_carrier(time_scale=0.1) as slow:
        slow.sdk.dialogflow_connections.create("1", service_account=dict(_ACCOUNT))
        leg = slow.simulator.call_in(caller="+14155550118", to="+13125550100")
        slow.receiver.wait("call.initiated", leg=leg)
        slow.act(leg, "answer")

        slow.act(leg, "streaming_start", enable_dialogflow=True)
        slow.act(leg, "streaming_stop")
        slow.act(leg, "hangup")

        assert slow.history(leg) == ["call.initiated", "call.answered", "call.hangup"]


def test_without_an_agent_the_stream_fails(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    carrier.act(leg, "streaming_start", enable_dialogflow=True)

    failed = carrier.receiver.wait("streaming.failed", leg=leg).payload
    assert (failed["failure_reason"], failed["stream_type"]) == ("dialogflow_not_configured", "dialogflow")


@pytest.mark.usefixtures("agent")
def test_a_stream_url_takes_precedence_over_the_agent(carrier: SimulatedCarrier) -> None:
    with stream_app() as app:
        leg = carrier.talk("18")

        carrier.act(leg, "streaming_start", stream_url=app.url, enable_dialogflow=True)

        app.wait("start")
        assert carrier.receiver.wait("streaming.started", leg=leg).payload["stream_url"] == app.url
        carrier.act(leg, "hangup")


def test_an_agent_is_created_read_changed_and_deleted_and_its_secrets_are_not_stored(carrier: SimulatedCarrier) -> None:
    agents = carrier.sdk.dialogflow_connections

    made = agents.create(CONNECTION, service_account=dict(_ACCOUNT), dialogflow_api="es").data
    changed = agents.update(CONNECTION, service_account=dict(_ACCOUNT), conversation_profile_id="p1").data
    read = agents.retrieve(CONNECTION).data

    assert made.connection_id == CONNECTION
    assert changed.conversation_profile_id == read.conversation_profile_id == "p1"
    assert "secret" not in carrier.get(f"/dialogflow_connections/{CONNECTION}").text
    agents.delete(CONNECTION)
    assert carrier.get(f"/dialogflow_connections/{CONNECTION}").status_code == 404
    assert carrier.post("/dialogflow_connections/1", {"service_account": {}}).status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "10004"),
        ({"service_account": None}, "10004"),
        ({"service_account": {}, "dialogflow_api": "dx"}, "10032"),
        ({"service_account": {}, "location": 3}, "10015"),
    ],
)
def test_an_invalid_agent_is_refused(carrier: SimulatedCarrier, body: dict[str, object], code: str) -> None:
    answer = carrier.post(f"/dialogflow_connections/{CONNECTION}", body)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
