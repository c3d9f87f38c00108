"""Connections to the simulator: commands go a short way, the rest through aiohttp, and clients see no difference."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from io import BufferedReader
from urllib.parse import urlsplit

import pytest

from tests.support.poll import eventually
from tests.support.simulated_carrier import CALLER, CONNECTION, SimulatedCarrier, number, simulated_carrier

_DIAL = json.dumps({"connection_id": CONNECTION, "from": CALLER, "to": number("42")}).encode()
_MEBIBYTE = 2**20


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=20) as carrier:
        yield carrier


@contextmanager
def _connected(carrier: SimulatedCarrier) -> Iterator[socket.socket]:
    address = urlsplit(carrier.simulator.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=15) as sock:
        yield sock


def _dial(carrier: SimulatedCarrier, *headers: str, body: bytes = _DIAL, length: int | None = None) -> bytes:
    return _request(carrier, "POST /v2/calls HTTP/1.1", *headers, body=body, length=length)


def _request(
    carrier: SimulatedCarrier, line: str, *headers: str, body: bytes = b"", length: int | None = None
) -> bytes:
    sized = () if any("chunked" in each for each in headers) else (f"Content-Length: {length or len(body)}",)
    lines = (line, "Host: simulator", f"Authorization: Bearer {carrier.simulator.api_key}", *headers, *sized)
    return "".join(f"{each}\r\n" for each in lines).encode() + b"\r\n" + body


def _answers(sock: socket.socket, count: int) -> list[tuple[int, dict[str, str], bytes]]:
    """Read so many responses from a connection."""
    with sock.makefile("rb") as stream:
        return [_answer(stream) for _ in range(count)]


def _is_cut(sock: socket.socket) -> bool:
    try:
        return sock.recv(1) == b""
    except ConnectionResetError:
        return True


def _answer(stream: BufferedReader) -> tuple[int, dict[str, str], bytes]:
    status = int(stream.readline().split()[1])
    lines = iter(lambda: stream.readline().decode().strip(), "")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return status, headers, stream.read(int(headers["content-length"]))


def test_commands_sent_one_behind_the_other_are_answered_in_order(carrier: SimulatedCarrier) -> None:
    refused = _dial(carrier, body=b"{}")
    with _connected(carrier) as sock:
        sock.sendall(_dial(carrier) + refused + _dial(carrier))

        answers = _answers(sock, 3)

    assert [status for status, _, _ in answers] == [200, 422, 200]


def test_a_command_that_comes_byte_by_byte_is_answered(carrier: SimulatedCarrier) -> None:
    with _connected(carrier) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in _dial(carrier):
            sock.sendall(bytes([byte]))

        [(status, _, body)] = _answers(sock, 1)

    assert status == 200
    assert json.loads(body)["data"]["record_type"] == "call"


def test_a_connection_may_carry_commands_and_everything_else(carrier: SimulatedCarrier) -> None:
    read = _request(carrier, "GET /v2/public_key HTTP/1.1")
    with _connected(carrier) as sock:
        sock.sendall(_dial(carrier) + read + _dial(carrier))

        answers = _answers(sock, 3)

    assert [status for status, _, _ in answers] == [200, 200, 200]
    assert json.loads(answers[1][2])["data"]["public"] == carrier.simulator.public_key


def test_both_ways_answer_with_the_same_headers(carrier: SimulatedCarrier) -> None:
    with _connected(carrier) as sock:
        sock.sendall(_dial(carrier) + _dial(carrier, "Connection: close"))

        (_, short, _), (_, through_aiohttp, _) = _answers(sock, 2)

    unequal = {"date", "x-ratelimit-remaining", "x-ratelimit-reset"}
    assert {name: value for name, value in through_aiohttp.items() if name not in unequal | {"connection"}} == {
        name: value for name, value in short.items() if name not in unequal
    }
    assert short.keys() >= {"date", "server", "content-type", "x-ratelimit-limit"}


def test_a_dial_in_chunks_or_of_an_older_http_is_answered(carrier: SimulatedCarrier) -> None:
    chunked = _dial(carrier, "Transfer-Encoding: chunked", body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(_DIAL), _DIAL))
    with _connected(carrier) as sock:
        sock.sendall(chunked + _dial(carrier).replace(b"HTTP/1.1", b"HTTP/1.0", 1))

        answers = _answers(sock, 2)

    assert [status for status, _, _ in answers] == [200, 200]


def test_a_client_that_waits_to_be_asked_for_the_body_is_asked(carrier: SimulatedCarrier) -> None:
    head, body = _dial(carrier, "Expect: 100-continue").split(b"\r\n\r\n")
    with _connected(carrier) as sock:
        sock.sendall(head + b"\r\n\r\n")
        asked = sock.recv(1_000)
        sock.sendall(body)
        [(status, _, _)] = _answers(sock, 1)

    assert asked == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert status == 200


def test_a_call_control_id_may_be_sent_encoded(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    assert carrier.act(leg.replace(":", "%3A"), "hangup").status_code == 200
    assert carrier.act("v3:unknown", "hangup").json() == carrier.act("v3%3Aunknown", "hangup").json()


@pytest.mark.parametrize("size", [_MEBIBYTE, _MEBIBYTE + 1])
def test_a_body_of_more_than_a_mebibyte_is_too_large(carrier: SimulatedCarrier, size: int) -> None:
    with _connected(carrier) as sock:
        sock.sendall(_dial(carrier, body=_DIAL[:-1] + b" " * (size - len(_DIAL)) + b"}"))

        [(status, _, _)] = _answers(sock, 1)

    assert status == (200 if size <= _MEBIBYTE else 413)


@pytest.mark.parametrize(
    "garbled", ["Content-Length: 7", "Content-Length: -1", "No colon in this line", "Transfer-Encoding: gzip"]
)
def test_a_request_that_is_none_is_refused(carrier: SimulatedCarrier, garbled: str) -> None:
    with _connected(carrier) as sock:
        sock.sendall(_dial(carrier, garbled))

        [(status, _, _)] = _answers(sock, 1)

    assert status == 400


def test_a_dial_whose_client_has_gone_is_carried_out(carrier: SimulatedCarrier) -> None:
    dialed = carrier.simulator.ledger()["calls_by_number"].get(number("42"), 0)
    with _connected(carrier) as sock:
        sock.sendall(_dial(carrier))

    eventually(lambda: carrier.simulator.ledger()["calls_by_number"].get(number("42"), 0) == dialed + 1)


def test_an_idle_connection_is_cut_while_the_carrier_refuses_connections() -> None:
    with simulated_carrier() as carrier, _connected(carrier) as sock:
        sock.sendall(_dial(carrier))
        _answers(sock, 1)

        carrier.simulator.control(refuse_for_s=0.2)

        assert _is_cut(sock)


def test_commands_on_a_kept_connection_use_it_again(carrier: SimulatedCarrier) -> None:
    address = urlsplit(carrier.simulator.url)
    connection = HTTPConnection(address.hostname or "", address.port or 0, timeout=15)
    headers = {"Authorization": f"Bearer {carrier.simulator.api_key}"}
    ports = set()
    for _ in range(3):
        connection.request("POST", "/v2/calls", body=_DIAL, headers=headers)
        ports.add(connection.sock.getsockname()[1])
        connection.getresponse().read()
    connection.close()

    assert len(ports) == 1


def test_a_command_that_comes_before_the_last_was_answered_waits(carrier: SimulatedCarrier) -> None:
    dialed = carrier.simulator.summary()["counters"].get("dial_requests", 0)
    hangup = _request(carrier, "POST /v2/calls/v3:none/actions/hangup HTTP/1.1")
    carrier.simulator.set_faults(dial_latency_ms=500)
    try:
        with _connected(carrier) as sock:
            sock.sendall(_dial(carrier))
            eventually(lambda: carrier.simulator.summary()["counters"]["dial_requests"] > dialed)
            sock.sendall(hangup)

            answers = _answers(sock, 2)
    finally:
        carrier.simulator.set_faults()

    assert [status for status, _, _ in answers] == [200, 422]
