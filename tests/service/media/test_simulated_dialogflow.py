"""A connection with a Dialogflow agent streams to it; one without tells that the stream failed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.desk import CONNECTION, Desk, desk
from tests.support.stream_app import stream_app

_ACCOUNT = {"type": "service_account", "client_email": "agent@example.com", "private_key": "secret"}


@pytest.fixture(scope="module")
def table() -> Iterator[Desk]:
    with desk(time_scale=20, connection_id=CONNECTION) as table:
        yield table


@pytest.fixture
def agent(table: Desk) -> Iterator[None]:
    table.sdk.dialogflow_connections.create(CONNECTION, service_account=dict(_ACCOUNT), dialogflow_api="es")
    yield
    table.sdk.dialogflow_connections.delete(CONNECTION)


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("how", ["streaming_stop", "hangup"])
def test_a_stream_to_an_agent_starts_and_stops(table: Desk, how: str) -> None:
    leg = table.talk("18")

    table.sdk.calls.actions.start_streaming(leg, enable_dialogflow=True, dialogflow_config={"analyze_sentiment": True})
    started = table.receiver.wait("streaming.started", leg=leg).payload
    second = table.act(leg, "streaming_start", enable_dialogflow=True)
    assert table.act(leg, how).status_code == 200

    stopped = table.receiver.wait("streaming.stopped", leg=leg).payload
    assert "stream_url" not in started and "stream_url" not in stopped
    assert (second.status_code, second.json()["errors"][0]["code"]) == (422, "90045")
    assert "streaming.failed" not in table.history(leg, last="streaming.stopped")


@pytest.mark.usefixtures("agent")
def test_a_dial_may_ask_for_the_agent(table: Desk) -> None:
    leg = table.dial("18", enable_dialogflow=True)

    table.receiver.wait("streaming.started", leg=leg)
    table.act(leg, "hangup")

    assert table.history(leg) == [
        "call.initiated",
        "call.answered",
        "streaming.started",
        "streaming.stopped",
        "call.hangup",
    ]


@pytest.mark.usefixtures("agent")
def test_an_agent_that_was_stopped_before_it_was_reached_is_not_told_of(table: Desk) -> None:
    with desk(time_scale=0.1) as slow:
        slow.sdk.dialogflow_connections.create("1", service_account=dict(_ACCOUNT))
        leg = slow.simulator.call_in(caller="+14155550118", to="+13125550100")
        slow.receiver.wait("call.initiated", leg=leg)
        slow.act(leg, "answer")

        slow.act(leg, "streaming_start", enable_dialogflow=True)
        slow.act(leg, "streaming_stop")
        slow.act(leg, "hangup")

        assert slow.history(leg) == ["call.initiated", "call.answered", "call.hangup"]


def test_without_an_agent_the_stream_fails(table: Desk) -> None:
    leg = table.talk("18")

    table.act(leg, "streaming_start", enable_dialogflow=True)

    failed = table.receiver.wait("streaming.failed", leg=leg).payload
    assert (failed["failure_reason"], failed["stream_type"]) == ("dialogflow_not_configured", "dialogflow")


@pytest.mark.usefixtures("agent")
def test_a_websocket_that_is_named_comes_before_the_agent(table: Desk) -> None:
    with stream_app() as app:
        leg = table.talk("18")

        table.act(leg, "streaming_start", stream_url=app.url, enable_dialogflow=True)

        app.wait("start")
        assert table.receiver.wait("streaming.started", leg=leg).payload["stream_url"] == app.url
        table.act(leg, "hangup")


def test_an_agent_is_set_up_read_changed_and_removed_and_its_secrets_are_not_kept(table: Desk) -> None:
    agents = table.sdk.dialogflow_connections

    made = agents.create(CONNECTION, service_account=dict(_ACCOUNT), dialogflow_api="es").data
    changed = agents.update(CONNECTION, service_account=dict(_ACCOUNT), conversation_profile_id="p1").data
    read = agents.retrieve(CONNECTION).data

    assert made.connection_id == CONNECTION
    assert changed.conversation_profile_id == read.conversation_profile_id == "p1"
    assert "secret" not in table.get(f"/dialogflow_connections/{CONNECTION}").text
    agents.delete(CONNECTION)
    assert table.get(f"/dialogflow_connections/{CONNECTION}").status_code == 404
    assert table.post("/dialogflow_connections/1", {"service_account": {}}).status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "10004"),
        ({"service_account": None}, "10004"),
        ({"service_account": {}, "dialogflow_api": "dx"}, "10032"),
        ({"service_account": {}, "location": 3}, "10015"),
    ],
)
def test_an_agent_that_is_not_understood_is_refused(table: Desk, body: dict[str, object], code: str) -> None:
    answer = table.post(f"/dialogflow_connections/{CONNECTION}", body)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
