"""What is read from the carrier: calls, events, applications, recordings; asked again after a failure."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestrator.errors import CarrierRefused, CarrierUnavailable
from orchestrator.telnyx.client_state import ClientState
from tests.support.carrier_answers import answering, behaving, client_of, error_document
from tests.support.raw_server import raw_server, reply, reset

IDS = {"call_control_id": "v3:leg", "call_leg_id": "leg", "call_session_id": "session", "is_alive": False}


# --- Questions ---


def test_a_call_is_told_as_the_carrier_knows_it() -> None:
    state = ClientState(call="call_01J", role="A")
    told = {**IDS, "is_alive": True, "client_state": state.encode(), "record_type": "call", "call_duration": 12}

    with raw_server(answering(reply(200, {"data": told}))) as server:
        status = client_of(server.url).call_status("v3:leg/1")

    assert server.requests[0].line == "GET /v2/calls/v3:leg%2F1 HTTP/1.1"
    assert status is not None
    assert (status.is_alive, status.call_duration, status.identity) == (True, 12, state)


def test_a_call_the_carrier_does_not_know_is_none() -> None:
    with raw_server(answering(reply(404, error_document("10005")))) as server:
        assert client_of(server.url).call_status("v3:leg") is None

    assert len(server.requests) == 1


def test_active_calls_are_read_to_the_last_cursor() -> None:
    def page(number: int, after: str | None) -> bytes:
        meta = {"cursors": {"after": after, "before": None}, "next": after and f"/v2/x?page[after]={after}"}
        return reply(200, {"data": [{**IDS, "call_control_id": f"v3:{number}"}], "meta": meta})

    with raw_server(answering(page(1, "c1"), page(2, "c2"), page(3, None))) as server:
        calls = client_of(server.url).active_calls("42")

    assert [call.call_control_id for call in calls] == ["v3:1", "v3:2", "v3:3"]
    assert [request.line.split()[1].rpartition("?")[2] for request in server.requests] == [
        "page%5Bsize%5D=100",
        "page%5Bsize%5D=100&page%5Bafter%5D=c1",
        "page%5Bsize%5D=100&page%5Bafter%5D=c2",
    ]


def test_active_calls_are_read_to_the_last_page() -> None:
    def page(number: int) -> bytes:
        meta = {"page_number": number, "total_pages": 2}
        return reply(200, {"data": [{**IDS, "call_control_id": f"v3:{number}"}], "meta": meta})

    with raw_server(answering(page(1), page(2))) as server:
        calls = client_of(server.url).active_calls("42")

    assert [call.call_control_id for call in calls] == ["v3:1", "v3:2"]
    assert "page%5Bnumber%5D=2" in server.requests[1].line


def test_a_list_that_never_ends_is_left() -> None:
    with raw_server(answering(reply(200, {"data": [IDS], "meta": {"cursors": {"after": "same"}}}))) as server:
        calls = client_of(server.url).active_calls("42")

    assert (len(calls), len(server.requests)) == (1, 2)


def test_events_are_asked_for_by_number_and_time_and_tell_whose_they_are() -> None:
    state = ClientState(call="call_01J", role="A")
    event = {
        "name": "call.initiated",
        "type": "webhook",
        "record_type": "call_event",
        "event_timestamp": "2026-03-02T15:04:00.000000Z",
        "metadata": {"event": [{"payload": {"client_state": state.encode(), "call_control_id": "v3:leg"}}]},
    }

    with raw_server(answering(reply(200, {"data": [event, {"name": "x", "metadata": None}]}))) as server:
        events = client_of(server.url).call_events(
            to="+13125550187", connection_id="42", kind="webhook", since=datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
        )

    assert (events[0].identity, events[0].find("call_control_id")) == (state, "v3:leg")
    assert events[1].identity is None
    for part in ("to%5D=%2B13125550187", "connection_id%5D=42", "type%5D=webhook", "gte%5D=2026-03-02T15%3A00"):
        assert part in server.requests[0].line


def test_an_application_shows_what_a_doctor_looks_at() -> None:
    told = {"id": 42, "active": True, "webhook_api_version": "2", "webhook_event_url": "https://d.example.test/w"}

    with raw_server(answering(reply(200, {"data": told}))) as server:
        application = client_of(server.url).application("42")

    assert server.requests[0].line == "GET /v2/call_control_applications/42 HTTP/1.1"
    assert application is not None
    assert (application.id, application.webhook_api_version, application.active) == ("42", "2", True)


def test_an_application_of_another_account_is_none() -> None:
    with raw_server(answering(reply(404, error_document("10005")))) as server:
        assert client_of(server.url).application("42") is None


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        (reply(200, {"data": {"public": "A6EH"}}), "A6EH"),
        (reply(200, {"data": {}}), None),
        (reply(200, []), None),
        (reply(404, {}), None),
    ],
)
def test_the_public_key_is_shown(answer: bytes, key: str | None) -> None:
    with raw_server(answering(answer)) as server:
        assert client_of(server.url).public_key() == key


@pytest.mark.parametrize(
    ("answer", "links"),
    [
        (reply(200, {"data": {"id": "r-1", "download_urls": {"mp3": "https://r/1"}}}), {"mp3": "https://r/1"}),
        (
            reply(200, {"data": {"id": "r-1", "download_urls": {"mp3": None, "wav": "https://r/1"}}}),
            {"wav": "https://r/1"},
        ),
        (reply(200, {"data": {"id": "r-1", "download_urls": None}}), {}),
        (reply(200, {"data": {"id": "r-1"}}), {}),
        (reply(404, error_document("10005")), None),
    ],
)
def test_new_links_to_a_recording_are_asked_for(answer: bytes, links: dict[str, str] | None) -> None:
    with raw_server(answering(answer)) as server:
        found = client_of(server.url).recording_links("r-1/..")

    assert found == links
    assert server.requests[0].line == "GET /v2/recordings/r-1%2F.. HTTP/1.1"


def test_a_ping_tells_how_long_it_took() -> None:
    with raw_server(answering(reply(200, {"data": {"public": "A6EH"}}))) as server:
        took = client_of(server.url).ping()

    assert 0 < took < 5


def test_a_question_is_asked_again_after_a_stumble() -> None:
    with raw_server(answering(reply(503, {}), reply(429, {}, Retry_After="0.01"), reply(200, {"data": IDS}))) as server:
        status = client_of(server.url).call_status("v3:leg")

    assert status is not None and status.call_leg_id == "leg"
    assert len(server.requests) == 3


def test_a_question_nobody_answers_is_given_up_after_three_times() -> None:
    resets = behaving(lambda connection, _request: reset(connection))

    with raw_server(resets) as server, pytest.raises(CarrierUnavailable, match="does not answer"):
        client_of(server.url).ping()

    assert len(server.requests) == 3


def test_a_question_with_a_wrong_key_is_refused_at_once() -> None:
    no = answering(reply(401, error_document("10009", detail="No such key")))

    with raw_server(no) as server, pytest.raises(CarrierRefused, match="No such key") as caught:
        client_of(server.url).active_calls("42")

    assert (caught.value.status, caught.value.code) == (401, "10009")
    assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"<html>", b'{"data": 7}', b'{"data": {"call_leg_id": "leg"}}'])
def test_an_unreadable_answer_to_a_question_is_no_answer(body: bytes) -> None:
    with raw_server(answering(reply(200, body))) as server, pytest.raises(CarrierUnavailable):
        client_of(server.url).call_status("v3:leg")
