"""The bounds of the server, one at a time: time, connections, memory, disk, and what a slow reader costs."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from api.server.limits import IN_MEMORY
from api.server.thread_pools import ThreadPool
from tests.support.front_here import Echo, connect, front_here, limits
from tests.support.poll import eventually
from tests.support.served import chunk, head, read_all, read_answer

PIECE = b"x" * 65_536


def _begun(length: int, sent: int, path: str = "/large") -> bytes:
    return head("POST", path, {"Content-Length": length}) + b"x" * sent


@pytest.mark.parametrize(
    ("bound", "sent"),
    [
        ({"head_s": 0.1}, b"POST /large HTT"),
        ({"body_s": 0.1}, _begun(100, 1)),
        ({"body_total_s": 0.1}, _begun(100, 1)),
        ({"body_s": 0.1, "bytes_per_s": 100.0}, _begun(100, 30)),
    ],
    ids=["head", "body", "body at any pace", "pace"],
)
def test_what_has_not_arrived_in_time_is_answered_408_and_given_to_nobody(
    tmp_path: Path, bound: dict[str, float], sent: bytes
) -> None:
    app = Echo()
    with front_here(app, limits(tmp_path, **bound)) as (port, _), connect(port, sent) as peer:
        status, headers, answer = read_answer(peer)

    assert status == 408 and b"too_slow" in answer and headers["connection"] == "close"
    assert app.bodies == []


def test_every_byte_buys_time(tmp_path: Path) -> None:
    bounds = limits(tmp_path, bytes_per_s=100.0, body_s=1.0)

    assert bounds.has_time(1.9, 100, first_s=1.0) and not bounds.has_time(2.1, 100, first_s=1.0)


@pytest.mark.parametrize("bound", [{"idle_s": 0.1}, {"head_s": 0.1}], ids=["between requests", "before the first"])
def test_who_asks_nothing_is_shown_out(tmp_path: Path, bound: dict[str, float]) -> None:
    with front_here(Echo(), limits(tmp_path, **bound)) as (port, _), connect(port) as peer:
        if "idle_s" in bound:
            peer.sendall(head("GET", "/long", {}))
            assert read_answer(peer)[0] == 200

        assert read_all(peer) == b""


def test_when_it_is_full_the_oldest_goes_and_the_newest_is_served(tmp_path: Path) -> None:
    with front_here(Echo(), limits(tmp_path, connections=3)) as (port, front), ExitStack() as ends:
        slow = []
        for number in range(3):
            slow.append(ends.enter_context(connect(port, _begun(100, 1))))
            eventually(lambda: len(front.connections.open) == number + 1)  # noqa: B023 it is asked at once

        newcomer = ends.enter_context(connect(port, _begun(1, 1)))

        assert read_answer(newcomer)[0] == 200
        assert read_answer(slow[0])[0] == 503
        slow[2].sendall(b"x" * 99)
        assert read_answer(slow[2])[0] == 200


def test_when_everybody_is_worked_for_one_more_is_put_off(tmp_path: Path) -> None:
    free, working = threading.Event(), threading.Semaphore(0)

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        working.release()
        free.wait(30)
        return Echo()(environ, start_response)

    with front_here(app, limits(tmp_path, connections=2)) as (port, _), ExitStack() as ends:
        peers = []
        for _ in range(2):
            peers.append(ends.enter_context(connect(port, _begun(1, 1))))
            assert working.acquire(timeout=30)

        with connect(port, _begun(1, 1)) as newcomer:
            status, headers, _ = read_answer(newcomer)
        free.set()

        assert status == 503 and headers["retry-after"] == "1"
        assert [read_answer(peer)[0] for peer in peers] == [200, 200]


def test_however_many_wait_for_a_thread_the_sign_of_life_finds_its_own(tmp_path: Path) -> None:
    free, working = threading.Event(), threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/healthz":
            working.set()
            free.wait(30)
        return Echo()(environ, start_response)

    bounds = limits(tmp_path, connections=8)
    with front_here(app, bounds, threads=1) as (port, front), ExitStack() as ends:
        first = ends.enter_context(connect(port, _begun(1, 1)))
        assert working.wait(30)
        waiting = [ends.enter_context(connect(port, _begun(1, 1))) for _ in range(bounds.waiting)]
        eventually(lambda: front.pools.waiting(ThreadPool.USUAL) == bounds.waiting)

        with connect(port, _begun(1, 1)) as one_more, connect(port, head("GET", "/healthz", {})) as asking:
            assert read_answer(one_more)[0] == 503
            assert read_answer(asking)[0] == 200
        free.set()

        assert {read_answer(peer)[0] for peer in (first, *waiting)} == {200}


def test_bodies_over_the_memory_that_there_is_end_the_oldest_of_them(tmp_path: Path) -> None:
    app = Echo()
    with front_here(app, limits(tmp_path, memory_bytes=150_000)) as (port, front), ExitStack() as ends:
        first = ends.enter_context(connect(port, _begun(100_001, 100_000)))
        eventually(lambda: front.store.in_memory == 100_000)
        second = ends.enter_context(connect(port, _begun(100_001, 100_000)))

        assert read_answer(first)[0] == 503
        second.sendall(b"x")
        assert read_answer(second)[0] == 200
        eventually(lambda: front.store.in_memory == 0)


def test_a_large_body_goes_to_disk_and_is_the_same(tmp_path: Path) -> None:
    app, body = Echo(), bytes(range(256)) * 8_000
    with front_here(app, limits(tmp_path)) as (port, front):
        with connect(port, head("POST", "/large", {"Transfer-Encoding": "chunked"})) as peer:
            for since in range(0, len(body), 100_000):
                peer.sendall(chunk(body[since : since + 100_000]))
            eventually(lambda: front.store.on_disk > 0)
            assert front.store.in_memory <= 2 * IN_MEMORY + 262_144
            peer.sendall(b"0\r\n\r\n")

            assert read_answer(peer)[2] == body
        eventually(lambda: front.store.on_disk == front.store.in_memory == 0)
    assert app.bodies == [body]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bound", [{"uploads_bytes": 10_000}, {}], ids=["no room of ours", "no room at all"])
def test_an_upload_that_the_disk_does_not_take_is_put_off(tmp_path: Path, bound: dict[str, int]) -> None:
    app, folder = Echo(), tmp_path / "uploads"
    if not bound:
        folder.write_text("a file stands where the folder should be")
    with front_here(app, limits(folder, **bound)) as (port, front):
        with connect(port, _begun(600_000, 400_000)) as peer:
            status, headers, answer = read_answer(peer)

        assert status == 503 and b"no_room" in answer and headers["retry-after"]
        eventually(lambda: front.store.on_disk == front.store.in_memory == 0)
    assert app.bodies == []


class Endless:
    """Answers without end, and counts what it made."""

    def __init__(self) -> None:
        self.made, self.is_closed = 0, threading.Event()

    def __call__(self, _environ: dict[str, Any], start_response: Any) -> Endless:
        start_response("200 OK", [("Content-Type", "text/csv")])
        return self

    def __iter__(self) -> Endless:
        return self

    def __next__(self) -> bytes:
        self.made += 1
        return PIECE

    def close(self) -> None:
        self.is_closed.set()


def test_nothing_is_made_for_a_reader_who_does_not_read_and_no_thread_waits_for_him(tmp_path: Path) -> None:
    app = Endless()
    with front_here(app, limits(tmp_path), threads=1) as (port, _), ExitStack() as ends:
        stuck = [ends.enter_context(connect(port, head("GET", "/long", {}), receive_buffer=4096)) for _ in range(3)]

        reader = ends.enter_context(connect(port, head("GET", "/long", {})))
        received = sum(len(reader.recv(65_536)) for _ in range(2_000))

        assert received > 2**20
        assert (app.made - received // len(PIECE)) / len(stuck) < 400  # what buffers of the kernel hold


def test_an_answer_that_is_not_read_in_time_is_given_up(tmp_path: Path) -> None:
    app = Endless()
    with (
        front_here(app, limits(tmp_path, answer_s=0.1)) as (port, _),
        connect(port, head("GET", "/long", {}), receive_buffer=4096) as peer,
    ):
        assert app.is_closed.wait(30)
        assert not read_all(peer).endswith(b"0\r\n\r\n")


def test_an_answer_whose_reader_left_is_given_up(tmp_path: Path) -> None:
    app = Endless()
    with front_here(app, limits(tmp_path)) as (port, _):
        with connect(port, head("GET", "/long", {})) as peer:
            peer.recv(1)

        assert app.is_closed.wait(30)


def test_an_answer_that_breaks_never_looks_whole(tmp_path: Path) -> None:
    def app(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        yield PIECE
        raise OSError("the disk is gone")

    with front_here(app, limits(tmp_path)) as (port, _), connect(port, head("GET", "/long", {})) as peer:
        assert not read_all(peer).endswith(b"0\r\n\r\n")


def test_what_the_application_does_not_answer_is_a_500(tmp_path: Path) -> None:
    def app(_environ: dict[str, Any], _start_response: Any) -> Iterable[bytes]:
        raise ValueError

    with front_here(app, limits(tmp_path)) as (port, _), connect(port, head("GET", "/long", {})) as peer:
        assert read_answer(peer)[0] == 500


def test_requests_on_one_connection_are_answered_one_after_the_other(tmp_path: Path) -> None:
    app = Echo()
    with front_here(app, limits(tmp_path)) as (port, _), connect(port) as peer:
        for number in range(3):
            peer.sendall(_begun(number, number))
            assert read_answer(peer)[2] == b"x" * number

    assert app.bodies == [b"", b"x", b"xx"]
