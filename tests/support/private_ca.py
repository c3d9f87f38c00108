"""An authority of a test's own, and a server behind TLS whose certificate it signed."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

NAMES = "DNS:carrier.test,DNS:media.test,DNS:localhost,IP:127.0.0.1"


@dataclass(frozen=True)
class Authority:
    """Files in PEM form: the authority's certificate, and a server's with its key."""

    bundle: Path
    certificate: Path
    key: Path


def make_authority(folder: Path) -> Authority:
    """Make an authority in `folder`, and a certificate for NAMES."""
    (folder / "names").write_text(f"subjectAltName={NAMES}\n")
    request = ["openssl", "req", "-newkey", "rsa:2048", "-nodes"]
    signing = ["openssl", "x509", "-req", "-days", "2", "-in", "server.csr"]
    for words in (
        [*request, "-x509", "-days", "2", "-subj", "/CN=Authority", "-keyout", "ca.key", "-out", "ca.pem"],
        [*request, "-subj", "/CN=server", "-keyout", "server.key", "-out", "server.csr"],
        [*signing, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-out", "server.pem"],
    ):
        subprocess.run(words, cwd=folder, check=True, capture_output=True)
    return Authority(folder / "ca.pem", folder / "server.pem", folder / "server.key")


@dataclass
class TlsServer:
    """What it was asked, and what it answers to everything."""

    port: int
    answer: bytes = b"{}"
    asked: list[str] = field(default_factory=list)


@contextmanager
def tls_server(authority: Authority, answer: bytes = b"{}") -> Iterator[TlsServer]:
    """Yield a running server on 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def _say(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            server.asked.append(f"{self.command} {self.path} {self.headers['Host']}")
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(server.answer)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(server.answer)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _say  # noqa: N815 as the library names them

        def log_message(self, *_args: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_args: Any) -> None:
            pass

        def finish_request(self, request: Any, client_address: Any) -> None:
            with suppress(OSError), context.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.certificate, authority.key)
    with Quiet(("127.0.0.1", 0), Handler) as listening:
        server = TlsServer(listening.server_address[1], answer)
        serving = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        serving.start()
        try:
            yield server
        finally:
            listening.shutdown()
            serving.join(5)
