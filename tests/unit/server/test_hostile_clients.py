"""Clients that mean harm, and luck that runs out in the middle: what they cost, and what the others see of it."""

from __future__ import annotations

import socket
import tracemalloc
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from api.server.body import Body, Store
from api.server.connection import Connection
from api.server.limits import IN_MEMORY
from api.server.shared import ServerState
from tests.support.front_here import Echo, connect, front_here, limits
from tests.support.full_disk import small_disk
from tests.support.poll import eventually
from tests.support.served import head, read_all, read_answer

PIECE = b"x" * 65_536
ANSWER = b"x" * 60_000  # goes out in one piece
GET = head("GET", "/long", {})
POST = head("POST", "/small", {"Content-Length": 0})


class Spurred:
    """Has its client ask again at each request, before the answer."""

    def __init__(self, *, most: int) -> None:
        self.calls, self._most = 0, most
        self.peer: Any = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", str(len(ANSWER)))])
        if environ["REQUEST_METHOD"] == "GET":
            self.calls += 1
            if self.calls < self._most:
                self.peer.sendall(GET)
        return [ANSWER]


def _only(front: ServerState) -> Connection:
    (connection,) = front.connections.open
    assert isinstance(connection, Connection)
    return connection


def test_who_asks_and_never_reads_is_not_answered_without_end(tmp_path: Path) -> None:
    app = Spurred(most=1_000)
    with front_here(app, limits(tmp_path)) as (port, front), connect(port, receive_buffer=4096) as app.peer:
        app.peer.sendall(GET)
        stuck = eventually(lambda: front.connections.open and _only(front))
        eventually(lambda: stuck.is_choked)

        with connect(port) as other:
            for _ in range(1_000):
                other.sendall(POST)
                assert read_answer(other)[0] == 200

        assert app.calls < 1_000
        assert stuck.unread_bytes < 1_000_000


def test_who_reads_at_last_gets_all_that_was_asked(tmp_path: Path) -> None:
    app = Spurred(most=100)
    with front_here(app, limits(tmp_path)) as (port, front), connect(port, receive_buffer=4096) as app.peer:
        app.peer.sendall(GET)
        stuck = eventually(lambda: front.connections.open and _only(front))
        eventually(lambda: stuck.is_choked)

        with app.peer.makefile("rb") as file:
            statuses = [_skip_answer(file) for _ in range(100)]

        assert statuses == [b"HTTP/1.1 200 OK\r\n"] * 100


def test_who_makes_room_leaves_though_an_answer_was_never_read(tmp_path: Path) -> None:
    app = Spurred(most=1)
    with front_here(app, limits(tmp_path, connections=2)) as (port, front), connect(port, receive_buffer=4096) as peer:
        stuck = eventually(lambda: front.connections.open and _only(front))
        while not stuck.unread_bytes:
            asked = app.calls
            peer.sendall(GET)
            eventually(lambda: app.calls > asked and stuck.is_waiting_for_peer)  # noqa: B023 it is asked at once
        peer.sendall(b"GET /lo")

        with connect(port, POST) as first:
            assert read_answer(first)[0] == 200
            with connect(port, POST) as second:
                assert read_answer(second)[0] == 200

        eventually(lambda: stuck.is_gone)


def test_an_upload_that_keeps_its_pace_makes_no_room_for_those_who_only_connect(tmp_path: Path) -> None:
    app, half = Echo(), b"x" * 200_000
    bounds = limits(tmp_path, connections=3, bytes_per_s=100.0)
    with front_here(app, bounds) as (port, front), ExitStack() as ends:
        upload = ends.enter_context(connect(port, head("POST", "/large", {"Content-Length": 2 * len(half)}) + half))
        eventually(lambda: front.store.in_memory + front.store.on_disk == len(half))
        for _ in range(10):
            idle = ends.enter_context(connect(port))
            idle.sendall(b"G")

        with connect(port, POST) as newcomer:
            assert read_answer(newcomer)[0] == 200
        upload.sendall(half)

        assert read_answer(upload)[2] == half + half


def test_a_body_in_the_smallest_pieces_holds_no_more_memory_than_it_is_counted(tmp_path: Path) -> None:
    body = Body(Store(limits(tmp_path)))

    tracemalloc.start()
    for number in range(IN_MEMORY // 2):
        body.add(number.to_bytes(2, "big", signed=False) if number < 65_536 else b"ab")
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held < 2 * body.size


def test_an_upload_whose_last_bytes_the_disk_does_not_take_is_put_off(tmp_path: Path) -> None:
    app = Echo()
    with (
        small_disk(tmp_path / "disk", megabytes=2) as disk,
        front_here(app, limits(disk.folder)) as (port, front),
        connect(port, head("POST", "/large", {"Content-Length": 294_000}) + b"x" * 290_000) as peer,
    ):
        eventually(lambda: front.store.on_disk == 290_000)
        disk.fill()
        peer.sendall(b"x" * 4_000)  # few enough to wait in a buffer of the file until it is read
        status, headers, answer = read_answer(peer)

        assert status == 503 and b"no_room" in answer and headers["retry-after"]
        eventually(lambda: front.store.on_disk == front.store.in_memory == 0)
        assert app.bodies == []


@pytest.mark.parametrize("length", [300_000, 3_000_000], ids=["a little", "much"])
def test_an_upload_that_fills_the_disk_is_put_off(tmp_path: Path, length: int) -> None:
    with (
        small_disk(tmp_path / "disk", megabytes=1) as disk,
        front_here(Echo(), limits(disk.folder)) as (port, front),
    ):
        disk.fill()
        with connect(port, head("POST", "/large", {"Content-Length": length}) + b"x" * 290_000) as peer:
            status, _, answer = read_answer(peer)

        assert status == 503 and b"no_room" in answer
        eventually(lambda: front.store.on_disk == front.store.in_memory == 0)


# -- answers -----------------------------------------------------------------------------------------------------------


def test_an_answer_that_breaks_never_looks_whole_to_who_knows_no_chunks(tmp_path: Path) -> None:
    def app(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        yield PIECE
        raise OSError("the disk is gone")

    with (
        front_here(app, limits(tmp_path)) as (port, _),
        connect(port, b"GET /long HTTP/1.0\r\n\r\n") as peer,
        pytest.raises(ConnectionResetError),
    ):
        _read_to_the_end(peer)


def test_a_whole_answer_ends_in_order_for_who_knows_no_chunks(tmp_path: Path) -> None:
    def app(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        yield from [PIECE] * 10

    with front_here(app, limits(tmp_path)) as (port, _), connect(port, b"GET /long HTTP/1.0\r\n\r\n") as peer:
        assert _read_to_the_end(peer).endswith(PIECE * 10)


@pytest.mark.parametrize("headers", [None, [("X-Name", "\u20ac")], [("Content-Length", "many")]])
def test_an_answer_that_cannot_be_sent_ends_its_connection_at_once(
    tmp_path: Path, headers: list[tuple[str, str]] | None
) -> None:
    def app(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if headers is not None:
            start_response("200 OK", headers)
        return [b"x"]

    with front_here(app, limits(tmp_path)) as (port, _), connect(port, GET) as peer:
        assert read_all(peer) == b""


def test_who_has_said_that_nothing_more_will_come_is_left_after_the_answer(tmp_path: Path) -> None:
    def app(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        yield PIECE
        peer.shutdown(1)
        eventually(lambda: _only(front).is_last)
        yield PIECE

    with front_here(app, limits(tmp_path)) as (port, front), connect(port) as peer:
        peer.sendall(GET)  # not before: the application needs `peer`
        assert read_all(peer).endswith(b"0\r\n\r\n")


def test_a_refusal_can_be_read_though_its_sender_goes_on_for_long(tmp_path: Path) -> None:
    with (
        front_here(Echo(), limits(tmp_path)) as (port, _),
        connect(port, head("POST", "/large", {"Content-Length": 20_000_000}) + b"x" * 20_000_000) as peer,
    ):
        assert read_answer(peer)[0] == 413


def test_the_refusal_of_a_head_has_no_body(tmp_path: Path) -> None:
    with (
        front_here(Echo(), limits(tmp_path)) as (port, _),
        connect(port, head("HEAD", "/long", {"Expect": "more"})) as peer,
    ):
        answer = read_all(peer)

    assert answer.startswith(b"HTTP/1.1 417 ") and answer.endswith(b"\r\n\r\n")


def test_who_speaks_http_1_0_is_answered_once(tmp_path: Path) -> None:
    with (
        front_here(Echo(), limits(tmp_path)) as (port, _),
        connect(port, b"GET /long HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") as peer,
    ):
        assert b"connection: close" in read_all(peer).lower()


def _skip_answer(file: Any) -> bytes:
    status: bytes = file.readline()
    while file.readline().strip():
        pass
    assert len(file.read(len(ANSWER))) == len(ANSWER)
    return status


def _read_to_the_end(peer: socket.socket) -> bytes:
    received = b""
    while piece := peer.recv(65_536):
        received += piece
    return received
