"""The client against real servers: good ones, slow ones, broken ones."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from pydantic import SecretStr

from orchestrator.errors import CarrierRefused, CarrierUnavailable
from orchestrator.telnyx.answers import Accepted, Ambiguous, Busy, Gone, Refused, Rejected, Unavailable
from orchestrator.telnyx.client import TelnyxClient
from orchestrator.telnyx.client_state import ClientState
from orchestrator.telnyx.rate_limits import RateLimit
from tests.support.raw_server import Behaviour, RawServer, Request, raw_server, reply, reset

DIAL = {"connection_id": "1", "from": "+13125550142", "to": "+13125550187"}
IDS = {"call_control_id": "v3:leg", "call_leg_id": "leg", "call_session_id": "session", "is_alive": False}
YES = reply(200, {"data": {"result": "ok"}})


def _client(base_url: str, **options: Any) -> TelnyxClient:
    return TelnyxClient(base_url=base_url, api_key=SecretStr("KEY-of-the-test"), **options)


def _says(*answers: bytes) -> Any:
    """Give these answers in turn, the last one for ever."""

    def behave(server: RawServer) -> Behaviour:
        def act(connection: socket.socket, _request: Request) -> None:
            connection.sendall(answers[min(len(server.requests), len(answers)) - 1])

        return act

    return behave


def _drips(head: bytes, drop: bytes) -> Any:
    def behave(server: RawServer) -> Behaviour:
        def act(connection: socket.socket, _request: Request) -> None:
            connection.sendall(head)
            while not server.stopping.wait(0.02):
                connection.sendall(drop)

        return act

    return behave


def _does(act: Behaviour) -> Any:
    return lambda _server: act


def _error(code: str, **more: Any) -> dict[str, Any]:
    return {"errors": [{"code": code, "title": "No", **more}]}


@pytest.fixture(params=["dial", "speak"])
def command(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Return a way to send one command, be it a dial or an action."""
    if request.param == "dial":
        yield lambda client: client.dial(DIAL)
    else:
        yield lambda client: client.act("v3:leg", "speak", {"payload": "Hello.", "voice": "female"})


# --- What goes out ---


def test_a_dial_says_who_we_are_and_what_we_want() -> None:
    with raw_server(_says(reply(200, {"data": IDS}))) as server:
        answer = _client(server.url).dial(DIAL)

    (request,) = server.requests
    assert answer == Accepted(call_control_id="v3:leg", call_leg_id="leg", call_session_id="session")
    assert request.line == "POST /v2/calls HTTP/1.1"
    assert request.headers["authorization"] == "Bearer KEY-of-the-test"
    assert request.headers["content-type"] == request.headers["accept"] == "application/json"
    assert json.loads(request.body) == DIAL


def test_an_action_goes_to_its_leg_whatever_the_id_holds() -> None:
    with raw_server(_says(YES)) as server:
        answer = _client(server.url).act("v3:a_b-c/d?e", "hangup", {})

    assert answer == Accepted()
    assert server.requests[0].line == "POST /v2/calls/v3:a_b-c%2Fd%3Fe/actions/hangup HTTP/1.1"
    assert server.requests[0].body == b"{}"


def test_commands_of_one_thread_share_a_connection() -> None:
    with raw_server(_says(YES)) as server:
        client = _client(server.url)
        for _ in range(3):
            client.act("v3:leg", "hangup", {})

    assert (len(server.requests), server.connections) == (3, 1)


def test_an_idle_connection_is_not_trusted_again() -> None:
    with raw_server(_says(YES)) as server:
        client = _client(server.url, max_idle_s=0.0)
        for _ in range(3):
            client.act("v3:leg", "hangup", {})

    assert (len(server.requests), server.connections) == (3, 3)


def test_a_connection_closed_meanwhile_is_replaced() -> None:
    closed = threading.Event()

    def answer_once(connection: socket.socket, _request: Request) -> None:
        connection.sendall(YES)
        connection.close()
        closed.set()

    with raw_server(_does(answer_once)) as server:
        client = _client(server.url)
        first = client.act("v3:leg", "hangup", {})
        closed.wait(5)
        second = client.act("v3:leg", "hangup", {})

    assert first == second == Accepted()
    assert len(server.requests) == 2


def test_threads_do_not_share_connections() -> None:
    together = threading.Barrier(2)

    def hang_up(client: TelnyxClient) -> object:
        together.wait(5)
        answer = client.act("v3:leg", "hangup", {})
        together.wait(5)
        return answer

    with raw_server(_says(YES)) as server, ThreadPoolExecutor(2) as pool:
        client = _client(server.url)
        answers = [future.result() for future in [pool.submit(hang_up, client) for _ in range(2)]]

    assert answers == [Accepted(), Accepted()]
    assert server.connections == 2


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    with raw_server(_says(YES)) as server:
        assert _client(server.url).act("v3:leg", "hangup", {}) == Accepted()


# --- The whole request is bounded ---


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b" "),
    ],
    ids=["status line", "headers", "body", "chunks", "body without end"],
)
def test_r2_a_dripping_server_is_cut_off_after_the_whole_bound(command: Any, head: bytes, drop: bytes) -> None:
    with raw_server(_drips(head, drop)) as server:
        started = time.monotonic()
        answer = command(_client(server.url, whole_timeout_s=0.4))
        took = time.monotonic() - started

    assert isinstance(answer, Ambiguous)
    assert 0.3 < took < 5.0
    assert len(server.requests) == 1


def test_r2_a_silent_server_is_left_after_the_whole_bound(command: Any) -> None:
    with raw_server(_does(lambda _connection, _request: None)) as server:
        answer = command(_client(server.url, whole_timeout_s=0.3))

    assert isinstance(answer, Ambiguous)
    assert len(server.requests) == 1


def test_r2_after_a_cut_the_next_request_starts_on_a_fresh_connection() -> None:
    def behave(server: RawServer) -> Behaviour:
        return lambda connection, _request: None if len(server.requests) == 1 else connection.sendall(YES)

    with raw_server(behave) as server:
        client = _client(server.url, whole_timeout_s=0.3)
        answers = [client.act("v3:leg", "hangup", {}) for _ in range(2)]

    assert isinstance(answers[0], Ambiguous)
    assert answers[1] == Accepted()
    assert server.connections == 2


def test_r2_what_was_not_sent_within_the_bound_is_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo

    def look_up_slowly(*args: Any, **kwargs: Any) -> Any:
        threading.Event().wait(0.4)
        return look_up(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_slowly)

    with raw_server(_says(YES)) as server:
        answer = _client(server.url, whole_timeout_s=0.2).dial(DIAL)

    assert isinstance(answer, Unavailable)
    assert server.requests == []


# --- Whether anything was sent ---


def test_r3_a_refused_connection_was_surely_not_sent(command: Any, free_port: int) -> None:
    answer = command(_client(f"http://127.0.0.1:{free_port}/v2"))

    assert isinstance(answer, Unavailable)
    assert "refused" in answer.detail.lower()


def test_r3_a_name_that_is_not_known_was_surely_not_sent(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_known(*_args: Any, **_kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", not_known)

    assert isinstance(command(_client("http://carrier.invalid/v2")), Unavailable)


def test_r3_a_failed_handshake_was_surely_not_sent(command: Any) -> None:
    with raw_server(_says(YES), on_accept=lambda connection, _request: connection.sendall(YES)) as server:
        answer = command(_client(server.url.replace("http:", "https:")))

    assert isinstance(answer, Unavailable)
    assert server.requests == []


def test_r3_a_silent_handshake_was_surely_not_sent(command: Any) -> None:
    with raw_server(_does(lambda _connection, _request: None)) as server:
        answer = command(_client(server.url.replace("http:", "https:"), whole_timeout_s=0.4, connect_timeout_s=0.2))

    assert isinstance(answer, Unavailable)
    assert server.requests == []


@pytest.mark.parametrize(
    "act",
    [
        lambda connection, _request: reset(connection),
        lambda connection, _request: connection.close(),
        lambda connection, _request: (connection.sendall(YES[:-5]), connection.close()),
        lambda connection, _request: (connection.sendall(YES[:20]), reset(connection)),
        lambda connection, _request: (connection.sendall(b"not HTTP at all\r\n\r\n"), connection.close()),
        lambda connection, _request: connection.sendall(reply(200, b" " * 1_000_001)),
        lambda connection, _request: connection.sendall(reply(200, b"<html>")),
        lambda connection, _request: connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"
        ),
    ],
    ids=["reset", "closed", "cut short", "reset in mid-answer", "not HTTP", "endless", "not JSON", "not gzip"],
)
def test_r3_whatever_happens_after_sending_is_ambiguous_and_sent_once(command: Any, act: Behaviour) -> None:
    with raw_server(_does(act)) as server:
        answer = command(_client(server.url))

    assert isinstance(answer, Ambiguous)
    assert len(server.requests) == 1


def test_r3_a_reset_before_reading_is_ambiguous_for_nobody_knows(command: Any) -> None:
    with raw_server(
        _says(YES), on_accept=lambda connection, _request: (connection.recv(1), reset(connection))
    ) as server:
        answer = command(_client(server.url))

    assert isinstance(answer, Ambiguous)
    assert server.connections == 1


def test_r3_a_redirect_is_not_followed(command: Any) -> None:
    with (
        raw_server(_says(YES)) as elsewhere,
        raw_server(_says(reply(307, {}, Location=f"{elsewhere.url}/calls"))) as server,
    ):
        answer = command(_client(server.url))

    assert isinstance(answer, Ambiguous)
    assert (len(server.requests), elsewhere.requests) == (1, [])


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_r3_a_server_error_is_ambiguous_and_not_repeated(command: Any, status: int) -> None:
    with raw_server(_says(reply(status, _error("10007"), Retry_After="1"))) as server:
        answer = command(_client(server.url))

    assert isinstance(answer, Ambiguous)
    assert len(server.requests) == 1


# --- What the carrier said ---


def test_r4_too_many_requests_are_busy_and_not_repeated(command: Any) -> None:
    with raw_server(_says(reply(429, _error("90103"), Retry_After="2"))) as server:
        answer = command(_client(server.url))

    assert isinstance(answer, Busy)
    assert (answer.code, answer.retry_after_s) == ("90103", 2.0)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("d_code", "kind"),
    [
        *((d_code, Busy) for d_code in ("D1", "D2", "D3", "D22")),
        *((d_code, Rejected) for d_code in ("D13", "D41", "D60")),
        *((d_code, Refused) for d_code in ("D17", "D35", "D36", "D51")),
    ],
)
def test_r5_each_reason_of_the_telephony_finds_its_place(d_code: str, kind: type) -> None:
    said = {**_error("10010", detail=f"Not now {d_code}"), "telnyx_error": {"error_code": d_code}}

    with raw_server(_says(reply(403, said))) as server:
        answer = _client(server.url).dial(DIAL)

    assert type(answer) is kind
    assert answer.d_code == d_code


def test_r5_a_wrong_key_is_refused(command: Any) -> None:
    with raw_server(_says(reply(401, _error("10009", title="Authentication failed")))) as server:
        answer = command(_client(server.url))

    assert isinstance(answer, Refused)
    assert (answer.status, answer.title) == (401, "Authentication failed")


@pytest.mark.parametrize(("status", "code"), [(422, "90018"), (422, "90015"), (404, "10005")])
def test_r14_a_command_to_a_leg_that_is_over_finds_it_gone(status: int, code: str) -> None:
    with raw_server(_says(reply(status, _error(code)))) as server:
        answer = _client(server.url).act("v3:leg", "hangup", {})

    assert isinstance(answer, Gone)


# --- Clocks and limits ---


def test_r25_the_carriers_clock_is_compared_with_ours() -> None:
    now = datetime(2026, 3, 2, 15, 4, tzinfo=UTC)
    date = format_datetime(now + timedelta(seconds=90), usegmt=True)

    with raw_server(_says(reply(200, {"data": {}}, Date=date))) as server:
        client = _client(server.url, clock=lambda: now)
        before = client.skew_s
        client.act("v3:leg", "hangup", {})

    assert (before, client.skew_s) == (None, 90.0)


def test_an_odd_date_says_nothing_about_the_clock() -> None:
    with raw_server(_says(reply(200, {"data": {}}, Date="today"))) as server:
        client = _client(server.url)
        client.act("v3:leg", "hangup", {})

    assert client.skew_s is None


def test_the_last_rate_limit_is_kept() -> None:
    limits = {"x_ratelimit_limit": "200", "x_ratelimit_remaining": "7", "x_ratelimit_reset": "3"}

    with raw_server(_says(reply(200, {"data": {}}, **limits), YES)) as server:
        client = _client(server.url)
        for _ in range(2):
            client.act("v3:leg", "hangup", {})

    assert client.rate_limit == RateLimit(limit=200, remaining=7, reset_s=3.0)


# --- Questions ---


def test_a_call_is_told_as_the_carrier_knows_it() -> None:
    state = ClientState(call="call_01J", role="A")
    told = {**IDS, "is_alive": True, "client_state": state.encode(), "record_type": "call", "call_duration": 12}

    with raw_server(_says(reply(200, {"data": told}))) as server:
        status = _client(server.url).call_status("v3:leg/1")

    assert server.requests[0].line == "GET /v2/calls/v3:leg%2F1 HTTP/1.1"
    assert status is not None
    assert (status.is_alive, status.call_duration, status.identity) == (True, 12, state)


def test_a_call_the_carrier_does_not_know_is_none() -> None:
    with raw_server(_says(reply(404, _error("10005")))) as server:
        assert _client(server.url).call_status("v3:leg") is None

    assert len(server.requests) == 1


def test_active_calls_are_read_to_the_last_cursor() -> None:
    def page(number: int, after: str | None) -> bytes:
        meta = {"cursors": {"after": after, "before": None}, "next": after and f"/v2/x?page[after]={after}"}
        return reply(200, {"data": [{**IDS, "call_control_id": f"v3:{number}"}], "meta": meta})

    with raw_server(_says(page(1, "c1"), page(2, "c2"), page(3, None))) as server:
        calls = _client(server.url).active_calls("42")

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

    with raw_server(_says(page(1), page(2))) as server:
        calls = _client(server.url).active_calls("42")

    assert [call.call_control_id for call in calls] == ["v3:1", "v3:2"]
    assert "page%5Bnumber%5D=2" in server.requests[1].line


def test_a_list_that_never_ends_is_left() -> None:
    with raw_server(_says(reply(200, {"data": [IDS], "meta": {"cursors": {"after": "same"}}}))) as server:
        calls = _client(server.url).active_calls("42")

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

    with raw_server(_says(reply(200, {"data": [event, {"name": "x", "metadata": None}]}))) as server:
        events = _client(server.url).call_events(
            to="+13125550187", connection_id="42", kind="webhook", since=datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
        )

    assert (events[0].identity, events[0].find("call_control_id")) == (state, "v3:leg")
    assert events[1].identity is None
    for part in ("to%5D=%2B13125550187", "connection_id%5D=42", "type%5D=webhook", "gte%5D=2026-03-02T15%3A00"):
        assert part in server.requests[0].line


def test_an_application_shows_what_a_doctor_looks_at() -> None:
    told = {"id": 42, "active": True, "webhook_api_version": "2", "webhook_event_url": "https://d.example.test/w"}

    with raw_server(_says(reply(200, {"data": told}))) as server:
        application = _client(server.url).application("42")

    assert server.requests[0].line == "GET /v2/call_control_applications/42 HTTP/1.1"
    assert application is not None
    assert (application.id, application.webhook_api_version, application.active) == ("42", "2", True)


def test_an_application_of_another_account_is_none() -> None:
    with raw_server(_says(reply(404, _error("10005")))) as server:
        assert _client(server.url).application("42") is None


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
    with raw_server(_says(answer)) as server:
        assert _client(server.url).public_key() == key


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
        (reply(404, _error("10005")), None),
    ],
)
def test_new_links_to_a_recording_are_asked_for(answer: bytes, links: dict[str, str] | None) -> None:
    with raw_server(_says(answer)) as server:
        found = _client(server.url).recording_links("r-1/..")

    assert found == links
    assert server.requests[0].line == "GET /v2/recordings/r-1%2F.. HTTP/1.1"


def test_a_ping_tells_how_long_it_took() -> None:
    with raw_server(_says(reply(200, {"data": {"public": "A6EH"}}))) as server:
        took = _client(server.url).ping()

    assert 0 < took < 5


def test_a_question_is_asked_again_after_a_stumble() -> None:
    with raw_server(_says(reply(503, {}), reply(429, {}, Retry_After="0.01"), reply(200, {"data": IDS}))) as server:
        status = _client(server.url).call_status("v3:leg")

    assert status is not None and status.call_leg_id == "leg"
    assert len(server.requests) == 3


def test_a_question_nobody_answers_is_given_up_after_three_times() -> None:
    resets = _does(lambda connection, _request: reset(connection))

    with raw_server(resets) as server, pytest.raises(CarrierUnavailable, match="does not answer"):
        _client(server.url).ping()

    assert len(server.requests) == 3


def test_a_question_with_a_wrong_key_is_refused_at_once() -> None:
    no = _says(reply(401, _error("10009", detail="No such key")))

    with raw_server(no) as server, pytest.raises(CarrierRefused, match="No such key") as caught:
        _client(server.url).active_calls("42")

    assert (caught.value.status, caught.value.code) == (401, "10009")
    assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"<html>", b'{"data": 7}', b'{"data": {"call_leg_id": "leg"}}'])
def test_an_unreadable_answer_to_a_question_is_no_answer(body: bytes) -> None:
    with raw_server(_says(reply(200, body))) as server, pytest.raises(CarrierUnavailable):
        _client(server.url).call_status("v3:leg")
