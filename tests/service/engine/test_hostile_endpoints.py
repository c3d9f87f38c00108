"""Whatever an endpoint does, it holds no deliverer, learns nothing of the network and gets the event again."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.support.raw_server import Behaviour, RawServer, Request, raw_server, reply, reset
from tests.support.told import Teller, answers


@pytest.fixture
def teller(sql: Engine) -> Teller:
    return Teller(sql)


def _says(what: bytes) -> Any:
    return lambda _: lambda connection, _request: connection.sendall(what)


def _hangs(server: RawServer) -> Behaviour:
    return lambda _connection, _request: server.stopping.wait(20) and None


def _drips(server: RawServer) -> Behaviour:
    def drip(connection: socket.socket, _: Request) -> None:
        while not server.stopping.wait(0.05):
            connection.sendall(b"H")

    return drip


def _dies(_server: RawServer) -> Behaviour:
    return lambda connection, _request: reset(connection)


_BRIEFLY_S = 0.4
HOSTILE = {
    "hangs": (_hangs, "timeout: "),
    "drips": (_drips, "timeout: "),
    "dies midway": (_dies, "unreachable: "),
    "dies in its head": (lambda _: lambda c, _r: (c.sendall(b"HTTP/1.1 200 OK\r\nConte"), reset(c)), "unreachable: "),
    "no http": (_says(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "unreachable: "),
    "endless head": (_says(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500), "unreachable: "),
    "redirects": (_says(reply(302, {}, Location="http://169.254.169.254/latest")), "redirect: answered 302"),
    "redirects for good": (_says(reply(308, {}, Location="https://example.com/")), "redirect: answered 308"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_an_endpoint_that_does_not_accept_is_tried_again_later(teller: Teller, name: str) -> None:
    behave, error = HOSTILE[name]
    with raw_server(behave) as server:
        teller.endpoint(server.url)
        teller.tell("call.ended call_1", "call.ended call_2")
        began = time.monotonic()

        is_slow = error.startswith("timeout")
        teller.deliverer(server.url, timeout_s=_BRIEFLY_S if is_slow else 10.0).deliver_events()

        assert time.monotonic() - began < 8
    rows = teller.rows()
    assert {row.status for row in rows} == {"pending"}
    assert rows[0].error.startswith(error)
    assert rows[0].tries == 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(_says(b"HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n" + b"x" * 2_000_000), id="huge"),
        pytest.param(
            lambda _: lambda c, _r: (c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"), reset(c)), id="cut"
        ),
        pytest.param(_says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"), id="slow"),
    ],
)
def test_what_follows_a_2xx_changes_nothing(teller: Teller, body: Any) -> None:
    with raw_server(body) as server:
        teller.endpoint(server.url)
        teller.tell("call.ended call_1", "call.ended call_2")
        began = time.monotonic()
        teller.deliverer(server.url, timeout_s=20.0).deliver_events()

        assert time.monotonic() - began < 15
    assert [(row.status, row.answered) for row in teller.rows()] == [("delivered", 200)] * 2
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("https://inside.example/hook", ["127.0.0.1"]),
        ("https://inside.example/hook", ["93.184.216.34", "10.0.0.7"]),
        ("https://inside.example/hook", ["169.254.169.254"]),
        ("https://inside.example/hook", ["fe80::1"]),
        ("https://127.0.0.1/hook", ["127.0.0.1"]),
        ("https://[::ffff:127.0.0.1]/hook", ["::ffff:127.0.0.1"]),
        ("http://outside.example/hook", ["93.184.216.34"]),
    ],
)
def test_nothing_is_sent_into_a_private_network_or_in_the_clear(teller: Teller, url: str, addresses: list[str]) -> None:
    teller.endpoint(url)
    teller.tell("call.ended call_1")

    teller.deliverer(resolve=lambda _host, _port: addresses).deliver_events()

    row = teller.rows()[0]
    assert (row.status, row.answered) == ("pending", None)
    assert row.error.startswith(("address_refused: ", "url_invalid: "))
    assert not any(address in row.error for address in addresses if address not in url)


def test_the_address_that_was_checked_is_the_one_that_is_asked(teller: Teller) -> None:
    looked_up: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"] if len(looked_up) == 1 else ["10.0.0.1"]

    with raw_server(answers(200)) as server:
        port = server.url.split(":")[2].split("/")[0]
        url = f"http://rebound.example:{port}/hook"
        teller.endpoint(url)
        teller.tell("call.ended call_1", "call.ended call_2")
        teller.deliverer(url, resolve=resolve).deliver_events()

    assert looked_up == ["rebound.example"]
    assert [request.headers["host"] for request in server.requests] == [f"rebound.example:{port}"] * 2


def test_an_endpoint_that_hangs_delays_no_other(teller: Teller) -> None:
    with raw_server(_hangs) as slow, raw_server(answers(200)) as quick:
        teller.endpoint(slow.url)
        teller.tell(*(f"call.ended call_{n}" for n in range(30)))
        other = teller.endpoint(quick.url)
        teller.tell("contact.finished con_1")

        trusted = tuple(server.url.split("/")[2] for server in (slow, quick))
        teller.deliverer(trusted=trusted, timeout_s=1.5).deliver_events()

        assert len(slow.requests) <= 8
    rows = {row.endpoint_id: row.status for row in teller.rows("endpoint_id, status") if row.endpoint_id == other}
    assert rows == {other: "delivered"}


def test_a_look_up_that_never_ends_is_left(teller: Teller) -> None:
    is_over = threading.Event()

    def never(_host: str, _port: int) -> list[str]:
        is_over.wait(30)  # a resolver that stands still
        return []

    teller.endpoint("https://slow.example/hook")
    teller.tell("call.ended call_1")

    teller.deliverer(resolve=never, timeout_s=0.2).deliver_events()
    is_over.set()

    assert teller.rows()[0].error == "timeout: TimeoutError"
