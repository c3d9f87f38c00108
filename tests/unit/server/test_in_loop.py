"""Requests that are answered in the loop: whole, bounded, and whoever leaves meanwhile."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from api.server.admission import Gate
from api.server.connection import Connection
from api.server.in_loop import Then
from api.server.plain import Plain
from api.server.request_head import Head
from api.server.thread_pools import ThreadPool
from tests.support.front_here import ROUTES, Echo, connect, front_here, limits
from tests.support.poll import eventually
from tests.support.served import head, read_all, read_answer

GATE = Gate(ROUTES, in_loop=["/small"])
BODY = b"an event"
POST = head("POST", "/small", {"Content-Length": len(BODY)}) + BODY


class Desk:
    """Remembers what it is asked and answers when it is told to."""

    def __init__(self, *, at_once: bool = False) -> None:
        self._at_once = at_once
        self.asked: list[tuple[bytes, Then]] = []
        self.is_closed = False

    @property
    def waiting(self) -> int:
        return 0 if self._at_once else len(self.asked)

    def answer(self, _head: Head, body: bytes, then: Then) -> None:
        self.asked.append((body, then))
        if self._at_once:
            then(told(body))

    def close(self) -> None:
        self.is_closed = True


def told(body: bytes) -> Plain:
    return Plain("200 OK", (("Content-Type", "text/plain"), ("Content-Length", str(len(body)))), body)


def test_a_request_is_answered_without_the_application_and_the_connection_is_kept(tmp_path: Path) -> None:
    app, desk = Echo(), Desk(at_once=True)
    with front_here(app, limits(tmp_path), gate=GATE, in_loop=lambda: desk) as (port, front), connect(port) as peer:
        for _ in range(3):
            peer.sendall(POST)
            status, headers, body = read_answer(peer)
            assert (status, body, headers["cache-control"]) == (200, BODY, "no-store")

        assert front.store.in_memory == 0

    assert (app.bodies, [body for body, _ in desk.asked], desk.is_closed) == ([], [BODY] * 3, True)


def test_what_is_asked_before_the_answer_waits_for_it(tmp_path: Path) -> None:
    desk = Desk()
    with front_here(Echo(), limits(tmp_path), gate=GATE, in_loop=lambda: desk) as (port, front), connect(port) as peer:
        peer.sendall(POST)
        eventually(lambda: len(desk.asked) == 1)
        peer.sendall(POST)
        front.loop.call_soon_threadsafe(desk.asked[0][1], told(b"first"))
        assert read_answer(peer)[2] == b"first"

        eventually(lambda: len(desk.asked) == 2)
        front.loop.call_soon_threadsafe(desk.asked[1][1], told(b"second"))
        assert read_answer(peer)[2] == b"second"


def test_who_asks_for_the_end_gets_it_behind_the_answer(tmp_path: Path) -> None:
    last = head("POST", "/small", {"Content-Length": 1, "Connection": "close"}) + b"x"
    desk = Desk(at_once=True)
    with (
        front_here(Echo(), limits(tmp_path), gate=GATE, in_loop=lambda: desk) as (port, _),
        connect(port, last) as peer,
    ):
        received = read_all(peer)

    assert b"Connection: close\r\n" in received and received.endswith(b"\r\n\r\nx")


@pytest.mark.parametrize("sent", [POST[:-1], POST[: -len(BODY) - 3]])
def test_what_is_not_whole_is_handed_to_nobody(tmp_path: Path, sent: bytes) -> None:
    desk = Desk(at_once=True)
    with front_here(Echo(), limits(tmp_path), gate=GATE, in_loop=lambda: desk) as (port, front):
        with connect(port, sent):
            eventually(lambda: front.connections.open)
        eventually(lambda: not front.connections.open)

    assert desk.asked == []


def test_who_leaves_before_the_answer_takes_nothing_with_him(tmp_path: Path) -> None:
    desk = Desk()
    with front_here(Echo(), limits(tmp_path), gate=GATE, in_loop=lambda: desk) as (port, front):
        with connect(port, POST):
            eventually(lambda: desk.asked)
        with connect(port, POST) as other:
            eventually(lambda: len(desk.asked) == 2)
            for _, then in desk.asked:
                front.loop.call_soon_threadsafe(then, told(BODY))

            assert read_answer(other)[2] == BODY
        eventually(lambda: not front.connections.open and front.store.in_memory == 0)


def test_when_too_many_have_no_answer_one_more_is_put_off(tmp_path: Path) -> None:
    desk, bounds = Desk(), limits(tmp_path, connections=4)
    with front_here(Echo(), bounds, gate=GATE, in_loop=lambda: desk) as (port, front), ExitStack() as ends:
        peers = [ends.enter_context(connect(port, POST)) for _ in range(bounds.waiting)]
        eventually(lambda: len(desk.asked) == bounds.waiting)

        with connect(port, POST) as one_more:
            status, headers, _ = read_answer(one_more)
        for _, then in desk.asked:
            front.loop.call_soon_threadsafe(then, told(BODY))

        assert (status, headers["retry-after"]) == (503, "1")
        assert [read_answer(peer)[0] for peer in peers] == [200, 200]


LIVE = head("GET", "/live", {})


def test_what_is_polled_and_lies_ready_is_answered_without_the_application(tmp_path: Path) -> None:
    app, ready = Echo(), {b"/live": told(b"just made"), b"/long": told(b"never asked for")}
    with (
        front_here(app, limits(tmp_path), gate=GATE, if_ready=lambda asked: ready.get(asked.path)) as (port, _),
        connect(port) as peer,
    ):
        for _ in range(3):
            peer.sendall(LIVE)
            status, headers, body = read_answer(peer)
            assert (status, body, headers["x-frame-options"]) == (200, b"just made", "DENY")
            assert headers["x-request-id"].startswith("req_")
        assert app.bodies == []

        peer.sendall(head("GET", "/long", {}))  # not polled
        assert read_answer(peer)[2] == b""
        ready.clear()
        peer.sendall(LIVE)
        assert read_answer(peer)[2] == b""
    assert len(app.bodies) == 2


def test_a_head_is_never_answered_with_what_lies_ready_for_a_get(tmp_path: Path) -> None:
    with (
        front_here(Echo(), limits(tmp_path), gate=GATE, if_ready=lambda _: told(b"just made")) as (port, _),
        connect(port, head("HEAD", "/live", {"Connection": "close"})) as peer,
    ):
        assert read_all(peer).endswith(b"\r\n\r\n")


def test_what_breaks_while_it_looks_for_what_lies_ready_leaves_the_answer_to_the_application(tmp_path: Path) -> None:
    def broken(_: Head) -> Plain:
        raise RuntimeError

    with (
        front_here(app := Echo(), limits(tmp_path), gate=GATE, if_ready=broken) as (port, _),
        connect(port, LIVE) as peer,
    ):
        assert read_answer(peer)[0] == 200
    assert app.bodies == [b""]


def test_a_large_answer_that_lies_ready_comes_whole_to_who_reads_late(tmp_path: Path) -> None:
    large = told(bytes(range(256)) * 20_000)
    with (
        front_here(app := Echo(), limits(tmp_path), gate=GATE, if_ready=lambda _: large) as (port, front),
        connect(port, LIVE, receive_buffer=4096) as peer,
    ):
        eventually(
            lambda: [each for each in front.connections.open if isinstance(each, Connection) and each.unread_bytes]
        )
        peer.sendall(head("GET", "/live", {"Connection": "close"}))  # he asks again before he has read
        received = read_all(peer)
    heads = received.replace(large.body, b"")
    assert (heads.count(b"HTTP/1.1 200 OK"), len(received) - len(heads)) == (2, 2 * len(large.body))
    assert app.bodies == []


def test_what_lies_ready_is_given_though_all_threads_are_taken(tmp_path: Path) -> None:
    may_end, bounds = threading.Event(), limits(tmp_path, connections=8)
    at_work: list[object] = []

    def app(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        at_work.append(None)
        assert may_end.wait(30)
        start_response("200 OK", [("Content-Length", "0")])
        return []

    with (
        front_here(app, bounds, gate=GATE, if_ready=lambda _: told(b"just made")) as (port, front),
        ExitStack() as ends,
    ):
        long = head("GET", "/long", {})
        for n in range(2):
            ends.enter_context(connect(port, long))
            eventually(lambda: len(at_work) == n + 1)  # noqa: B023 asked before the next turn
        for _ in range(bounds.waiting):
            ends.enter_context(connect(port, long))
        eventually(lambda: front.pools.waiting(ThreadPool.USUAL) == bounds.waiting)
        refused, given = (ends.enter_context(connect(port, sent)) for sent in (long, LIVE))
        answers = [read_answer(peer)[0] for peer in (refused, given)]
        may_end.set()

    assert answers == [503, 200]
