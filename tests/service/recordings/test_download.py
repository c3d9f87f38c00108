"""A link is downloaded whole, in time and within bounds, and only from where our requests may go."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from orchestrator.errors import StoreUnavailable
from orchestrator.recordings.download import Bounds, Downloaded, Downloader, NotDownloaded
from orchestrator.web.bounded_http import Budget
from orchestrator.web.egress import Egress
from orchestrator.web.http_request import UNANSWERED, send_admitted
from orchestrator.web.ssrf_guard import Admitted
from tests.support.raw_server import Behaviour, RawServer, Request, raw_server, reply, reset

SOUND = bytes(range(256)) * 1_000
TRUSTED = ("127.0.0.1",)


def answers(said: bytes) -> Callable[[RawServer], Behaviour]:
    return lambda _server: lambda connection, _request: connection.sendall(said)


def downloader(trusted: Sequence[str] = TRUSTED, **bounds: float) -> Downloader:
    limits = {"whole_s": 5.0, "idle_s": 2.0, "max_bytes": 1_000_000, **bounds}
    return Downloader(bounds=Bounds(**limits), trusted=trusted)  # type: ignore[arg-type]  # names match


def refusal_of(behave: Callable[[RawServer], Behaviour], into: Path, **bounds: float) -> NotDownloaded:
    with raw_server(behave) as server:
        found = downloader(**bounds).download(server.url, into)
    assert isinstance(found, NotDownloaded), found
    return found


def test_a_file_is_written_whole_with_its_size_and_checksum(tmp_path: Path) -> None:
    with raw_server(answers(reply(200, SOUND))) as server:
        found = downloader().download(f"{server.url}/1.mp3?sig=a%2Fb", tmp_path / "deep" / "draft")

    assert found == Downloaded(len(SOUND), sha256(SOUND).hexdigest())
    assert (tmp_path / "deep" / "draft").read_bytes() == SOUND
    assert server.requests[0].line == "GET /v2/1.mp3?sig=a%2Fb HTTP/1.1"
    assert server.requests[0].headers["host"] == server.url.removeprefix("http://").removesuffix("/v2")


def test_no_private_address_is_asked_unless_it_is_trusted(tmp_path: Path) -> None:
    with raw_server(answers(reply(200, SOUND))) as server:
        found = downloader(trusted=()).download(server.url, tmp_path / "draft")

    assert isinstance(found, NotDownloaded)
    assert (found.code, found.is_final, server.connections) == ("address_refused", True, 0)


def test_a_name_is_looked_up_once_and_the_address_that_was_checked_is_the_one_that_is_asked(tmp_path: Path) -> None:
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with raw_server(answers(reply(200, SOUND))) as server:
        port = server.url.split(":")[2].split("/")[0]
        name = f"no-such-name.invalid:{port}"
        fetching = Downloader(bounds=Bounds(), trusted=("no-such-name.invalid",), resolve=rebinding)
        found = fetching.download(f"http://{name}/1.mp3", tmp_path / "draft")

    assert isinstance(found, Downloaded)
    assert asked == ["no-such-name.invalid"]
    assert server.requests[0].headers["host"] == name


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(tmp_path: Path, status: int) -> None:
    found = refusal_of(answers(reply(status, b"", Location="http://127.0.0.1:1/")), tmp_path / "draft")

    assert (found.code, found.is_final) == ("redirected", True)


@pytest.mark.parametrize("status", [403, 404, 410, 500, 503])
def test_a_link_that_is_refused_may_be_tried_again(tmp_path: Path, status: int) -> None:
    found = refusal_of(answers(reply(status, b"<Error/>")), tmp_path / "draft")

    assert (found.code, found.is_final) == (f"status_{status}", False)


def test_a_file_that_says_it_is_too_large_is_not_read(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 900000000000\r\n\r\n"

    found = refusal_of(answers(head), tmp_path / "draft")

    assert (found.code, found.is_final) == ("too_large", True)


def test_a_file_that_goes_on_and_on_is_left_at_the_limit(tmp_path: Path) -> None:
    def flood(server: RawServer) -> Behaviour:
        def act(connection: socket.socket, _request: Request) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            while not server.stopping.is_set():
                connection.sendall(SOUND)

        return act

    found = refusal_of(flood, tmp_path / "draft")

    assert (found.code, found.is_final) == ("too_large", True)
    assert (tmp_path / "draft").stat().st_size <= 1_000_000


def test_a_file_that_is_packed_is_held_to_the_limit_unpacked(tmp_path: Path) -> None:
    packed = gzip.compress(bytes(50_000_000), mtime=0)

    found = refusal_of(answers(reply(200, packed, Content_Encoding="gzip")), tmp_path / "draft")

    assert len(packed) < 100_000
    assert (found.code, found.is_final) == ("too_large", True)
    assert (tmp_path / "draft").stat().st_size <= 1_000_000


def test_a_server_that_drips_is_left_when_the_whole_time_is_over(tmp_path: Path) -> None:
    def drip(server: RawServer) -> Behaviour:
        def act(connection: socket.socket, _request: Request) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n")
            while not server.stopping.wait(0.02):
                connection.sendall(b".")

        return act

    found = refusal_of(drip, tmp_path / "draft", whole_s=0.5)

    assert (found.code, found.is_final) == ("unreachable", False)


def dripping(server: RawServer) -> Behaviour:
    """Send a file of 9,000 bytes, a byte every 20 ms."""

    def act(connection: socket.socket, _request: Request) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n")
        while not server.stopping.wait(0.02):
            connection.sendall(b".")

    return act


def test_a_link_that_is_too_slow_is_given_up_long_before_its_whole_time_is_over(tmp_path: Path) -> None:
    found = refusal_of(dripping, tmp_path / "draft", slow_s=0.3, whole_s=60.0)

    assert (found.code, found.is_final) == ("too_slow", False)


def test_a_link_that_is_too_slow_gets_twice_as_long_with_every_try(tmp_path: Path) -> None:
    bounds = Bounds(slow_s=10.0, whole_s=75.0)

    assert [bounds.slow_limit_s(tries) for tries in (1, 2, 3, 4, 5, 30)] == [10, 20, 40, 75, 75, 75]


def test_a_link_that_is_fast_enough_gets_its_whole_time(tmp_path: Path) -> None:
    pieces = 20

    def flow(server: RawServer) -> Behaviour:
        def act(connection: socket.socket, _request: Request) -> None:
            connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {pieces * 20_000}\r\n\r\n".encode())
            for _ in range(pieces):
                connection.sendall(bytes(20_000))
                server.stopping.wait(0.05)

        return act

    with raw_server(flow) as server:
        found = downloader(slow_s=0.1, least_per_s=1.0, whole_s=60.0).download(server.url, tmp_path / "draft")

    assert isinstance(found, Downloaded)


def test_a_server_that_falls_silent_is_left_sooner(tmp_path: Path) -> None:
    found = refusal_of(lambda _server: lambda _connection, _request: None, tmp_path / "draft", idle_s=0.2, whole_s=60.0)

    assert (found.code, found.is_final) == ("unreachable", False)


@pytest.mark.parametrize("said", [b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\nhalf", b"\x16\x03\x01 no HTTP"])
def test_a_file_that_is_cut_short_is_no_file(tmp_path: Path, said: bytes) -> None:
    def act(connection: socket.socket, _request: Request) -> None:
        connection.sendall(said)
        connection.shutdown(socket.SHUT_RDWR)

    found = refusal_of(lambda _server: act, tmp_path / "draft")

    assert (found.code, found.is_final) == ("unreachable", False)


def test_a_connection_that_is_reset_may_be_tried_again(tmp_path: Path) -> None:
    found = refusal_of(lambda _server: lambda connection, _request: reset(connection), tmp_path / "draft")

    assert (found.code, found.is_final) == ("unreachable", False)


def test_an_empty_file_is_no_recording(tmp_path: Path) -> None:
    assert refusal_of(answers(reply(200, b"")), tmp_path / "draft").code == "empty"


def test_nobody_at_the_address_may_be_tried_again(tmp_path: Path, free_port: int) -> None:
    found = downloader().download(f"http://127.0.0.1:{free_port}/a?secret=1", tmp_path / "draft")

    assert isinstance(found, NotDownloaded)
    assert (found.code, found.is_final) == ("unreachable", False)
    assert "secret" not in found.detail


def test_a_stop_ends_a_download_that_drips(tmp_path: Path) -> None:
    stopping = threading.Event()

    def drip(server: RawServer) -> Behaviour:
        def act(connection: socket.socket, _request: Request) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n")
            stopping.set()
            while not server.stopping.wait(0.02):
                connection.sendall(b".")

        return act

    with raw_server(drip) as server:
        found = downloader(whole_s=60.0).download(server.url, tmp_path / "draft", is_stopped=stopping.is_set)

    assert isinstance(found, NotDownloaded) and found.code == "interrupted"


def test_a_folder_that_takes_no_file_is_not_taken_for_a_dead_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    with raw_server(answers(reply(200, SOUND))) as server, pytest.raises(StoreUnavailable):
        downloader().download(server.url, tmp_path / "file" / "draft")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=media.test"]
    words += ["-addext", "subjectAltName=DNS:media.test", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize(("host", "is_right"), [("media.test", True), ("other.test", False)])
def test_a_certificate_is_held_against_the_name_and_not_the_address(
    certificate: Path, host: str, is_right: bool
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    budget = Budget()
    budget.start(5.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=_serve_once, args=(listener, context))
        serving.start()
        admitted = Admitted("https", host, listener.getsockname()[1], "127.0.0.1", "/")
        try:
            with send_admitted(admitted, budget=budget, egress=Egress(ca_bundle=certificate / "cert.pem")) as response:
                outcome = response.read() == b"hello"
        except UNANSWERED:
            outcome = False
        serving.join()

    assert outcome is is_right


def _serve_once(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    with connection:
        try:
            with context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(65536)
                secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        except OSError:
            return
