"""Nobody who is slow holds what others need: neither who sends slowly, nor who reads slowly, nor many of them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine, text

from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.media.capture_files import FOLDER
from tests.support.poll import eventually
from tests.support.served import AUTHORIZED, PATIENCE_S, Served, head, read_all, read_answer, served, signed

MANY = 40  # more than there are threads of all kinds
LARGE = 64 * 1024**2
EVENT = b'{"data": {"id": "e-1", "event_type": "call.initiated", "payload": {}}}'
CALL = "call_01M8HNXYKM6WSSE11S5T7653GY"
DOWNLOAD = head("GET", f"/v1/calls/{CALL}/media/large.raw", AUTHORIZED)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with a large capture in it."""
    folder = tmp_path_factory.mktemp("data")
    capture = folder / FOLDER / CALL / "large.raw"
    capture.parent.mkdir(parents=True)
    with capture.open("wb") as file:
        file.truncate(LARGE)
    return folder


@pytest.fixture(scope="module")
def api(front_database_url: str, valkey_server: RunningServer, data: Path) -> Iterator[Served]:
    """Return an API on which nobody is too slow while a test lasts."""
    patient = {f"ORCHESTRATOR_HTTP_{name}_S": "3000" for name in ("HEAD", "BODY", "ANSWER", "IDLE")}
    with served(
        database_url=front_database_url,
        redis_url=valkey_server.url,
        ORCHESTRATOR_DATA_DIR=str(data),
        ORCHESTRATOR_HTTP_UPLOADS_MB="100",
        **patient,
    ) as server:
        yield server


@pytest.fixture(scope="module")
def hasty(front_database_url: str, valkey_server: RunningServer, data: Path) -> Iterator[Served]:
    """Return an API that waits for nobody, and takes eight connections."""
    hasty = {f"ORCHESTRATOR_HTTP_{name}_S": "0.5" for name in ("HEAD", "BODY", "ANSWER")}
    with served(
        database_url=front_database_url,
        redis_url=valkey_server.url,
        ORCHESTRATOR_DATA_DIR=str(data),
        ORCHESTRATOR_HTTP_CONNECTIONS="8",
        ORCHESTRATOR_HTTP_BYTES_PER_S=str(2**30),
        **hasty,
    ) as server:
        yield server


def _upload(length: int) -> bytes:
    return head("POST", "/v1/suppressions", {**AUTHORIZED, "Content-Type": "text/csv", "Content-Length": length})


def _webhook(length: int = len(EVENT)) -> bytes:
    return head("POST", "/webhooks/telnyx", {**signed(EVENT), "Content-Length": length})


# -- while they are slow, the others are served ------------------------------------------------------------------------


# Made when a test runs: a signature holds for five minutes, and these may run long after they were collected.
SLOW = {
    "nothing": lambda: b"",
    "part of a head": lambda: b"POST /v1/camp",
    "part of a webhook": lambda: _webhook(10**5) + b"{",
    "part of an upload": lambda: _upload(10**5) + b"p",
    "a download nobody reads": lambda: DOWNLOAD,
}


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW)
def test_however_many_are_slow_the_others_are_served(api: Served, sent: Callable[[], bytes]) -> None:
    with ExitStack() as ends:
        for _ in range(MANY):
            ends.enter_context(api.connect(sent(), receive_buffer=4096))

        webhook = ends.enter_context(api.connect(_webhook() + EVENT))
        upload = api.post("/v1/suppressions", "text/csv", b"phone\n+493090182010\n")
        download = api.get(f"/v1/calls/{CALL}/media/large.raw", stream=True)

        assert read_answer(webhook)[0] == 200
        assert upload.json()["accepted"] == 1
        assert sum(map(len, download.iter_content(2**16))) == LARGE
        assert api.get("/v1/campaigns").ok and api.get("/healthz").ok


def test_the_door_alone_takes_webhooks_in_while_others_are_slow(
    front_database_url: str, valkey_server: RunningServer
) -> None:
    with (
        served(database_url=front_database_url, redis_url=valkey_server.url, only_webhooks=True) as door,
        ExitStack() as ends,
    ):
        for _ in range(MANY):
            ends.enter_context(door.connect(_webhook(1000) + b"{"))

        with door.connect(_webhook() + EVENT) as genuine:
            status, _, _ = read_answer(genuine)

        assert status == 200


def test_a_key_and_a_signature_are_asked_for_before_the_body(api: Served) -> None:
    length = {"Content-Length": 1000}
    stale = head("POST", "/webhooks/telnyx", {**signed(EVENT, age_s=400), **length})
    bare = head("POST", "/webhooks/telnyx", length)
    wrong_key = head("POST", "/v1/flows", {"Authorization": "Bearer nix", "Content-Type": "text/yaml", **length})

    answers = []
    for sent in (stale, bare, wrong_key):
        with api.connect(sent) as peer:
            answers.append(read_answer(peer))

    assert [status for status, _, _ in answers] == [403, 403, 401]
    assert {headers["connection"] for _, headers, _ in answers} == {"close"}


# -- and not for long --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["part of a head", "part of a webhook", "part of an upload"])
def test_a_request_that_drips_is_ended(hasty: Served, what: str) -> None:
    with hasty.connect(SLOW[what]()) as peer:
        peer.settimeout(0.02)

        def drip() -> bytes:
            with suppress(TimeoutError, ConnectionError):
                peer.sendall(b"a")
            with suppress(TimeoutError):
                return peer.recv(4096)
            return b""

        answer = eventually(drip, within=PATIENCE_S)

    assert answer.startswith(b"HTTP/1.1 408 ") and b"too_slow" in answer


def test_who_says_nothing_is_shown_out(hasty: Served) -> None:
    with hasty.connect() as peer:
        assert read_all(peer) == b""


def test_an_answer_that_nobody_reads_is_ended_and_never_looks_whole(hasty: Served) -> None:
    with hasty.connect(DOWNLOAD, receive_buffer=4096) as peer:
        eventually(lambda: _established(hasty, peer), within=PATIENCE_S)  # until then it may stand before the door
        eventually(lambda: not _established(hasty, peer), within=PATIENCE_S)

        assert len(read_all(peer)) < LARGE


def test_when_it_is_full_who_has_waited_longest_makes_room(hasty: Served) -> None:
    with ExitStack() as ends:
        slow = [ends.enter_context(hasty.connect(b"POST /v1/camp")) for _ in range(8)]

        newcomer = ends.enter_context(hasty.connect(head("GET", "/healthz", {})))

        assert read_answer(newcomer)[0] == 200
        assert read_answer(slow[0])[0] in (503, 408)


# -- memory and disk ---------------------------------------------------------------------------------------------------


def test_a_large_upload_is_kept_on_disk_and_leaves_nothing_there(api: Served, data: Path, front_sql: Engine) -> None:
    rows = 12_000
    memory = psutil.Process(api.process.pid).memory_info
    before = memory().rss

    def pieces() -> Iterator[bytes]:
        yield b"phone\n"
        for _ in range(rows // 100):
            yield (b"%5000d\n" % 0) * 100

    sent = api.post("/v1/suppressions", "text/csv", pieces())

    assert sent.json()["rows"] == rows
    assert memory().rss - before < 24 * 1024**2
    assert list((data / "uploads").iterdir()) == []
    eventually(lambda: _open_files(api) == 0)


def test_an_upload_for_which_there_is_no_room_is_put_off(api: Served) -> None:
    with api.connect(_upload(101 * 1024**2)) as peer:
        sender = threading.Thread(target=_send_until_closed, args=(peer, 2**20))
        sender.start()
        status, headers, answer = read_answer(peer)
        sender.join()

    assert status == 503 and b"no_room" in answer and headers["retry-after"] == "30"
    assert api.post("/v1/suppressions", "text/csv", b"phone\n+493090182010\n").ok


def test_many_uploads_at_once_are_all_taken(api: Served, front_sql: Engine) -> None:
    length = len(b"phone\n+4930901820%02d\n" % 0)
    peers = [api.connect(_upload(length) + b"phone\n") for _ in range(MANY)]

    for number, peer in enumerate(peers):
        peer.sendall(b"+4930901820%02d\n" % number)
    statuses = [read_answer(peer)[0] for peer in peers]
    for peer in peers:
        peer.close()

    assert statuses == [200] * MANY
    with front_sql.connect() as tx:
        count = tx.execute(text("SELECT count(*) FROM suppressions WHERE phone LIKE '+4930901820__'"))
        assert count.scalar_one() == MANY


def _send_until_closed(peer: socket.socket, size: int) -> None:
    with suppress(OSError):
        while True:
            peer.sendall(b" " * size)


def _established(server: Served, peer: socket.socket) -> bool:
    port = peer.getsockname()[1]
    connections = psutil.Process(server.process.pid).net_connections("tcp")
    return any(c.raddr and c.raddr.port == port and c.status == "ESTABLISHED" for c in connections)


def _open_files(server: Served) -> int:
    return sum("uploads" in file.path for file in psutil.Process(server.process.pid).open_files())
