"""The server that is really used, as a process, and clients on raw sockets that behave as they like."""

from __future__ import annotations

import base64
import os
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from nacl.signing import SigningKey
from sqlalchemy import Engine, text

from orchestrator.local_stack import command_lines
from orchestrator.local_stack.ports import free_port
from orchestrator.settings import child_environment
from tests.support.poll import eventually
from tests.support.rest import CONNECTION, KEY

SIGNER = SigningKey(bytes(range(32)))
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}
PATIENCE_S = 60.0


@dataclass
class Served:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **more: Any) -> requests.Response:
        """Ask it with the key, on a connection of its own."""
        return requests.get(f"{self.url}{path}", headers=AUTHORIZED, timeout=PATIENCE_S, **more)

    def post(self, path: str, media: str, body: Any) -> requests.Response:
        """Send it a body with the key."""
        headers = {**AUTHORIZED, "Content-Type": media}
        return requests.post(f"{self.url}{path}", data=body, headers=headers, timeout=PATIENCE_S)

    def connect(self, sent: bytes = b"", *, receive_buffer: int | None = None) -> socket.socket:
        """Return a new connection on which `sent` has been sent."""
        peer = socket.socket()
        if receive_buffer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        peer.settimeout(PATIENCE_S)
        try:
            peer.connect(("127.0.0.1", self.port))
            peer.sendall(sent)
        except OSError:
            peer.close()
            raise
        return peer

    def stop(self) -> int:
        """Ask it to end and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE_S)


@contextmanager
def served(
    *,
    database_url: str,
    redis_url: str,
    only_webhooks: bool = False,
    workers: int = 1,
    log: Path | None = None,
    open_files: int | None = None,
    **more: str,
) -> Iterator[Served]:
    """Run the API, or the webhook endpoint alone, until the block ends; `more` are environment variables.

    It logs to the file `log`, or to the screen; `open_files` is the soft limit that it finds.
    """
    port = free_port()
    argv = command_lines.serve(only_webhooks=only_webhooks, host="127.0.0.1", port=port, workers=workers)
    if open_files:
        argv = ("sh", "-c", f'ulimit -Sn {open_files}; exec "$@"', "sh", *argv)
    environment = {
        "ORCHESTRATOR_REDIS_URL": redis_url,
        "ORCHESTRATOR_DATABASE_URL": database_url,
        "ORCHESTRATOR_API_KEY": KEY,
        "TELNYX_CONNECTION_ID": CONNECTION,
        "TELNYX_PUBLIC_KEY": base64.b64encode(SIGNER.verify_key.encode()).decode(),
        **more,
    }
    with log.open("wb") if log else nullcontext() as lines:
        process = subprocess.Popen(argv, env=child_environment(environment), stderr=lines, start_new_session=True)
    server = Served(port, process)
    try:
        eventually(lambda: _answers(server), within=PATIENCE_S)
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def signed(body: bytes, *, age_s: int = 0, signer: SigningKey = SIGNER) -> dict[str, str]:
    """Return the headers with which the carrier would send `body` now."""
    timestamp = str(int(time.time()) - age_s)
    signature = signer.sign(f"{timestamp}|".encode() + body).signature
    return {"telnyx-timestamp": timestamp, "telnyx-signature-ed25519": base64.b64encode(signature).decode()}


def head(method: str, path: str, headers: Mapping[str, object]) -> bytes:
    """Return the head of a request as it goes on the wire."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "x", **headers}.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()


def chunk(piece: bytes) -> bytes:
    """Return `piece` as a chunk of a body."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def reset(peer: socket.socket) -> None:
    """Break a connection off so that the other side sees a reset (RST), not an end (FIN)."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def read_all(peer: socket.socket) -> bytes:
    """Return everything that comes until the server ends the connection."""
    received = bytearray()
    try:
        while piece := peer.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return bytes(received)


def read_answer(peer: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers (lower case) and body of the next answer, which carries its length."""
    with peer.makefile("rb") as file:
        status = int(file.readline().split()[1])
        headers = {}
        while (line := file.readline().strip()) != b"":
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        return status, headers, file.read(int(headers.get("content-length", 0)))


def row_counts(sql: Engine) -> dict[str, int]:
    """Return how many rows each table holds."""
    with sql.connect() as tx:
        names = tx.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        return {name: tx.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in names}


def _answers(server: Served) -> bool:
    assert server.process.poll() is None, "the server ended"
    try:
        return requests.get(f"{server.url}/healthz", timeout=30).ok
    except requests.RequestException:
        return False
