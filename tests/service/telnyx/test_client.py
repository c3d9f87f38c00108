"""The client against real servers: good ones, slow ones, broken ones."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import chain, repeat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from orchestrator.errors import Misconfigured
from orchestrator.settings import child_environment
from orchestrator.telnyx.answers import Accepted, Ambiguous, Busy, Gone, Refused, Rejected, Unavailable
from orchestrator.telnyx.client import TelnyxClient
from orchestrator.telnyx.rate_limits import RateLimit
from orchestrator.web.egress import DIRECT
from orchestrator.web.kept_connection import BROKEN, KeptConnection
from tests.support.carrier_answers import answering, behaving, client_of, error_document
from tests.support.poll import eventually, stays
from tests.support.raw_server import Behaviour, RawServer, Request, raw_server, reply, reset

DIAL = {"connection_id": "1", "from": "+13125550142", "to": "+13125550187"}
IDS = {"call_control_id": "v3:leg", "call_leg_id": "leg", "call_session_id": "session", "is_alive": False}
YES = reply(200, {"data": {"result": "ok"}})
ACCEPTED = json.dumps({"data": IDS}).encode()
GZIPPED = gzip.compress(ACCEPTED)


def _drips(head: bytes, drop: bytes) -> Any:
    def behave(server: RawServer) -> Behaviour:
        def act(connection: socket.socket, _request: Request) -> None:
            connection.sendall(head)
            while not server.stopping.wait(0.02):
                connection.sendall(drop)

        return act

    return behave


@pytest.fixture(params=["dial", "speak"])
def command(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Return a way to send one command, be it a dial or an action."""
    if request.param == "dial":
        yield lambda client: client.dial(DIAL)
    else:
        yield lambda client: client.act("v3:leg", "speak", {"payload": "Hello.", "voice": "female"})


# --- What goes out ---


def test_a_dial_says_who_we_are_and_what_we_want() -> None:
    with raw_server(answering(reply(200, {"data": IDS}))) as server:
        answer = client_of(server.url).dial(DIAL)

    (request,) = server.requests
    assert answer == Accepted(call_control_id="v3:leg", call_leg_id="leg", call_session_id="session")
    assert request.line == "POST /v2/calls HTTP/1.1"
    assert request.headers["authorization"] == "Bearer KEY-of-the-test"
    assert request.headers["content-type"] == request.headers["accept"] == "application/json"
    assert json.loads(request.body) == DIAL


def test_an_action_goes_to_its_leg_whatever_the_id_holds() -> None:
    with raw_server(answering(YES)) as server:
        answer = client_of(server.url).act("v3:a_b-c/d?e", "hangup", {})

    assert answer == Accepted()
    assert server.requests[0].line == "POST /v2/calls/v3:a_b-c%2Fd%3Fe/actions/hangup HTTP/1.1"
    assert server.requests[0].body == b"{}"


def test_commands_of_one_thread_share_a_connection() -> None:
    with raw_server(answering(YES)) as server:
        client = client_of(server.url)
        for _ in range(3):
            client.act("v3:leg", "hangup", {})

    assert (len(server.requests), server.connections) == (3, 1)


def test_an_idle_connection_is_not_trusted_again() -> None:
    with raw_server(answering(YES)) as server:
        client = client_of(server.url, max_idle_s=0.0)
        for _ in range(3):
            client.act("v3:leg", "hangup", {})

    assert (len(server.requests), server.connections) == (3, 3)


def test_a_connection_closed_meanwhile_is_replaced() -> None:
    closed = threading.Event()

    def answer_once(connection: socket.socket, _request: Request) -> None:
        connection.sendall(YES)
        connection.close()
        closed.set()

    with raw_server(behaving(answer_once)) as server:
        client = client_of(server.url)
        first = client.act("v3:leg", "hangup", {})
        closed.wait(5)
        second = client.act("v3:leg", "hangup", {})

    assert first == second == Accepted()
    assert len(server.requests) == 2


def test_a_connection_that_the_carrier_leaves_is_not_asked_again() -> None:
    with raw_server(answering(reply(200, {"data": {}}, Connection="close"))) as server:
        client = client_of(server.url)
        answers = [client.act("v3:leg", "hangup", {}) for _ in range(3)]

    assert answers == [Accepted()] * 3
    assert server.connections == 3


def test_threads_do_not_share_connections() -> None:
    together = threading.Barrier(2)

    def hang_up(client: TelnyxClient) -> object:
        together.wait(5)
        answer = client.act("v3:leg", "hangup", {})
        together.wait(5)
        return answer

    with raw_server(answering(YES)) as server, ThreadPoolExecutor(2) as pool:
        client = client_of(server.url)
        answers = [future.result() for future in [pool.submit(hang_up, client) for _ in range(2)]]

    assert answers == [Accepted(), Accepted()]
    assert server.connections == 2


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    with raw_server(answering(YES)) as server:
        assert client_of(server.url).act("v3:leg", "hangup", {}) == Accepted()


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
        answer = command(client_of(server.url, whole_timeout_s=1.0))
        took = time.monotonic() - started

    assert isinstance(answer, Ambiguous)
    assert 0.9 < took < 10.0
    assert len(server.requests) == 1


def test_r2_a_silent_server_is_left_after_the_whole_bound(command: Any) -> None:
    with raw_server(behaving(lambda _connection, _request: None)) as server:
        answer = command(client_of(server.url, whole_timeout_s=1.0))

    assert isinstance(answer, Ambiguous)
    assert len(server.requests) == 1


def test_r2_after_a_cut_the_next_request_starts_on_a_fresh_connection() -> None:
    def behave(server: RawServer) -> Behaviour:
        return lambda connection, _request: None if len(server.requests) == 1 else connection.sendall(YES)

    with raw_server(behave) as server:
        client = client_of(server.url, whole_timeout_s=1.0)
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

    with raw_server(answering(YES)) as server:
        answer = client_of(server.url, whole_timeout_s=0.2).dial(DIAL)

    assert isinstance(answer, Unavailable)
    assert server.requests == []


def test_r2_what_is_given_up_on_its_way_does_not_arrive_later() -> None:
    given_up = threading.Event()

    def wait(_connection: socket.socket, _request: Request) -> None:
        given_up.wait(10.0)

    with raw_server(behaving(lambda _connection, _request: None), on_accept=wait) as server:
        # More than a server takes that does not read: the rest stays with our system, which would go on sending it.
        answer = client_of(server.url, whole_timeout_s=1.0).dial({**DIAL, "custom_headers": "x" * 400000})
        given_up.set()

        assert isinstance(answer, Ambiguous)
        stays(lambda: server.requests == [], during=0.5)


# More than a server takes that does not read: the rest stays with our system, which would go on sending it.
HELD_BACK = b"POST /v2/calls HTTP/1.1\r\nHost: carrier\r\nContent-Length: 400000\r\n\r\n" + b"x" * 400_000
SENDS_AND_WAITS = """
import sys
from orchestrator.web.egress import DIRECT
from orchestrator.web.kept_connection import KeptConnection
line = KeptConnection(sys.argv[1], connect_timeout_s=5.0, whole_timeout_s=120.0, egress=DIRECT)
line.budget.start(120.0)
line.exchange("POST", sys.stdin.buffer.read(), most_bytes=1)
"""


def test_r2_what_the_network_does_not_take_is_dropped_though_nobody_gives_it_up_here() -> None:
    dropped = threading.Event()

    def wait(_connection: socket.socket, _request: Request) -> None:
        dropped.wait(60.0)

    with raw_server(behaving(lambda _connection, _request: None), on_accept=wait) as server:
        line = KeptConnection(server.url, connect_timeout_s=5.0, whole_timeout_s=0.5, egress=DIRECT)
        line.budget.start(30.0)  # as if this process had stood still behind its send
        with pytest.raises(BROKEN):
            line.exchange("POST", HELD_BACK, most_bytes=1)
        left = line.budget.left()
        dropped.set()

        assert left > 0
        stays(lambda: server.requests == [], during=0.5)


def test_r2_what_a_killed_process_had_sent_does_not_arrive_later() -> None:
    killed = threading.Event()

    def wait(_connection: socket.socket, _request: Request) -> None:
        killed.wait(60.0)

    with raw_server(behaving(lambda _connection, _request: None), on_accept=wait) as server:
        words = [sys.executable, "-c", SENDS_AND_WAITS, server.url]
        with subprocess.Popen(words, env=child_environment({}), stdin=subprocess.PIPE) as dialing:
            assert dialing.stdin
            with dialing.stdin as request:
                request.write(HELD_BACK)
            eventually(lambda: _held_by_the_system(server) >= len(HELD_BACK))
            dialing.kill()
        killed.set()

        stays(lambda: server.requests == [], during=0.5)


def _held_by_the_system(server: RawServer) -> int:
    """Return how many bytes have been sent to a server and were not read yet, on either side."""
    port, held = f":{urlsplit(server.url).port:04X}", 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, here, there, _, queues, *_ = line.split()
        to_be_sent, to_be_read = queues.split(":")
        held += int(to_be_sent, 16) * there.endswith(port) + int(to_be_read, 16) * here.endswith(port)
    return held


# --- Whether anything was sent ---


def test_r3_a_refused_connection_was_surely_not_sent(command: Any, free_port: int) -> None:
    answer = command(client_of(f"http://127.0.0.1:{free_port}/v2"))

    assert isinstance(answer, Unavailable)
    assert "refused" in answer.detail.lower()


def test_r3_a_name_that_is_not_known_was_surely_not_sent(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_known(*_args: Any, **_kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", not_known)

    assert isinstance(command(client_of("http://carrier.invalid/v2")), Unavailable)


def test_r3_a_failed_handshake_was_surely_not_sent(command: Any) -> None:
    with raw_server(answering(YES), on_accept=lambda connection, _request: connection.sendall(YES)) as server:
        answer = command(client_of(server.url.replace("http:", "https:")))

    assert isinstance(answer, Unavailable)
    assert server.requests == []


def test_r3_a_silent_handshake_was_surely_not_sent(command: Any) -> None:
    with raw_server(behaving(lambda _connection, _request: None)) as server:
        answer = command(client_of(server.url.replace("http:", "https:"), whole_timeout_s=0.4, connect_timeout_s=0.2))

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
        lambda connection, _request: connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n"),
        lambda connection, _request: connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"
        ),
    ],
    ids=[
        "reset",
        "closed",
        "cut short",
        "reset in mid-answer",
        "not HTTP",
        "endless",
        "not JSON",
        "no chunk",
        "not gzip",
    ],
)
def test_r3_whatever_happens_after_sending_is_ambiguous_and_sent_once(command: Any, act: Behaviour) -> None:
    with raw_server(behaving(act)) as server:
        answer = command(client_of(server.url))

    assert isinstance(answer, Ambiguous)
    assert len(server.requests) == 1


def test_r3_the_answer_to_one_dial_is_never_taken_for_that_to_the_next() -> None:
    def early(connection: socket.socket, _request: Request) -> None:
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" + YES)

    with raw_server(behaving(early)) as server:
        client = client_of(server.url)
        answers = [client.dial(DIAL), client.dial(DIAL)]

    assert [type(answer) for answer in answers] == [Ambiguous, Ambiguous]
    assert server.connections == 2


def test_r3_what_a_suspended_machine_had_no_time_to_send_was_surely_not_sent() -> None:
    seconds = repeat(1000.0)
    with raw_server(answering(YES)) as server:
        client = client_of(server.url, age_clock=lambda: next(seconds))
        client.act("v3:leg", "hangup", {})
        seconds = chain(repeat(1000.0, 2), repeat(1100.0))  # it stood still behind the start of the bound
        answer = client.dial(DIAL)

    assert isinstance(answer, Unavailable)
    assert len(server.requests) == 1


def test_r3_an_answer_that_is_shorter_than_announced_is_none_though_it_can_be_read(command: Any) -> None:
    shorter = YES.replace(b"Content-Length: 2", b"Content-Length: 12")

    def act(connection: socket.socket, _request: Request) -> None:
        connection.sendall(shorter)
        connection.shutdown(socket.SHUT_WR)

    with raw_server(behaving(act)) as server:
        answer = command(client_of(server.url))

    assert shorter != YES and isinstance(answer, Ambiguous) and answer.code == "no_answer"


@pytest.mark.parametrize(
    ("size", "code"), [(1_000_000, "unreadable"), (1_000_001, "no_answer")], ids=["the most", "too long"]
)
def test_r3_an_answer_is_read_up_to_a_megabyte(size: int, code: str) -> None:
    with raw_server(answering(reply(200, b" " * size))) as server:
        answer = client_of(server.url).act("v3:leg", "hangup", {})

    assert isinstance(answer, Ambiguous) and answer.code == code


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (
            b"Transfer-Encoding: chunked",
            b"10\r\n" + ACCEPTED[:16] + b"\r\n%x\r\n" % len(ACCEPTED[16:]) + ACCEPTED[16:] + b"\r\n0\r\n\r\n",
        ),
        (b"Content-Encoding: gzip\r\nContent-Length: %d" % len(GZIPPED), GZIPPED),
    ],
    ids=["in chunks", "compressed"],
)
def test_an_answer_is_read_in_each_form_it_may_have(head: bytes, body: bytes) -> None:
    with raw_server(answering(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body)) as server:
        client = client_of(server.url)
        answers = [client.dial(DIAL) for _ in range(2)]

    assert answers == [Accepted(call_control_id="v3:leg", call_leg_id="leg", call_session_id="session")] * 2
    assert server.connections == 1


@pytest.mark.parametrize("key", ["KEY\n", "K\u00c9Y"])
def test_a_key_that_no_header_can_hold_is_named(key: str) -> None:
    with pytest.raises(Misconfigured, match="TELNYX_API_KEY"):
        TelnyxClient(api_key=SecretStr(key))


def test_r3_a_reset_before_reading_is_ambiguous_for_nobody_knows(command: Any) -> None:
    with raw_server(
        answering(YES), on_accept=lambda connection, _request: (connection.recv(1), reset(connection))
    ) as server:
        answer = command(client_of(server.url))

    assert isinstance(answer, Ambiguous)
    assert server.connections == 1


def test_r3_a_redirect_is_not_followed(command: Any) -> None:
    with (
        raw_server(answering(YES)) as elsewhere,
        raw_server(answering(reply(307, {}, Location=f"{elsewhere.url}/calls"))) as server,
    ):
        answer = command(client_of(server.url))

    assert isinstance(answer, Ambiguous)
    assert (len(server.requests), elsewhere.requests) == (1, [])


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_r3_a_server_error_is_ambiguous_and_not_repeated(command: Any, status: int) -> None:
    with raw_server(answering(reply(status, error_document("10007"), Retry_After="1"))) as server:
        answer = command(client_of(server.url))

    assert isinstance(answer, Ambiguous)
    assert len(server.requests) == 1


# --- What the carrier said ---


def test_r4_too_many_requests_are_busy_and_not_repeated(command: Any) -> None:
    with raw_server(answering(reply(429, error_document("90103"), Retry_After="2"))) as server:
        answer = command(client_of(server.url))

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
    said = {**error_document("10010", detail=f"Not now {d_code}"), "telnyx_error": {"error_code": d_code}}

    with raw_server(answering(reply(403, said))) as server:
        answer = client_of(server.url).dial(DIAL)

    assert type(answer) is kind
    assert answer.d_code == d_code


def test_r5_a_wrong_key_is_refused(command: Any) -> None:
    with raw_server(answering(reply(401, error_document("10009", title="Authentication failed")))) as server:
        answer = command(client_of(server.url))

    assert isinstance(answer, Refused)
    assert (answer.status, answer.title) == (401, "Authentication failed")


@pytest.mark.parametrize(("status", "code"), [(422, "90018"), (422, "90015"), (404, "10005")])
def test_r14_a_command_to_a_leg_that_is_over_finds_it_gone(status: int, code: str) -> None:
    with raw_server(answering(reply(status, error_document(code)))) as server:
        answer = client_of(server.url).act("v3:leg", "hangup", {})

    assert isinstance(answer, Gone)


# --- Clocks and limits ---


def test_r25_the_carriers_clock_is_compared_with_ours() -> None:
    now = datetime(2026, 3, 2, 15, 4, tzinfo=UTC)
    date = format_datetime(now + timedelta(seconds=90), usegmt=True)

    with raw_server(answering(reply(200, {"data": {}}, Date=date))) as server:
        client = client_of(server.url, clock=lambda: now)
        before = client.skew_s
        client.act("v3:leg", "hangup", {})

    assert (before, client.skew_s) == (None, 90.0)


def test_an_odd_date_says_nothing_about_the_clock() -> None:
    with raw_server(answering(reply(200, {"data": {}}, Date="today"))) as server:
        client = client_of(server.url)
        client.act("v3:leg", "hangup", {})

    assert client.skew_s is None


def test_the_last_rate_limit_is_kept() -> None:
    limits = {"x_ratelimit_limit": "200", "x_ratelimit_remaining": "7", "x_ratelimit_reset": "3"}

    with raw_server(answering(reply(200, {"data": {}}, **limits), YES)) as server:
        client = client_of(server.url)
        for _ in range(2):
            client.act("v3:leg", "hangup", {})

    assert client.rate_limit == RateLimit(limit=200, remaining=7, reset_s=3.0)
