"""A store that speaks as much S3 as keeping files takes: put whole or in parts, get whole or a part, delete."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_ERROR = "<Error><Code>{code}</Code><Message>no</Message><RequestId>1</RequestId><HostId>1</HostId></Error>"
_BEGUN = b"<Begun><UploadId>u-1</UploadId></Begun>"
_DONE = b"<Done><Bucket>b</Bucket><Key>k</Key><ETag>e</ETag></Done>"


@dataclass
class S3Stub:
    """`uploads` counts what is put; while `let_go` is there and not set, none of it is answered.

    `objects` by their path; `refuse` is the status refused requests get while it is set, `ranges` what was asked.
    """

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    parts: dict[int, bytes] = field(default_factory=dict)
    signers: set[str] = field(default_factory=set)
    ranges: list[str | None] = field(default_factory=list)
    uploads: int = 0
    let_go: threading.Event | None = None
    has_parts: bool = True
    refuse: int | None = None
    code: str = "SlowDown"
    refused_methods: set[str] = field(default_factory=lambda: {"PUT", "POST", "GET", "DELETE"})


@contextmanager
def s3_stub() -> Iterator[S3Stub]:
    """Yield a running store with no objects; any bucket is there."""
    store = S3Stub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"store": store}))
    store.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    store: S3Stub

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.store.uploads += 1
        if self.store.let_go:
            self.store.let_go.wait(20)
        if self._is_refused():
            return
        part = parse_qs(self._query).get("partNumber")
        if part:
            self.store.parts[int(part[0])] = body
        else:
            self._keep(body)
        self._answer(200, headers={"ETag": f'"{md5(body).hexdigest()}"'})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self._is_refused():
            return
        if self._query == "uploads=":
            self.store.parts.clear()
            self.store.kinds[self._path] = self.headers["Content-Type"]
            self._answer(200, _BEGUN)
            return
        self.store.objects[self._path] = b"".join(self.store.parts[number] for number in sorted(self.store.parts))
        self._answer(200, _DONE)

    def do_GET(self) -> None:
        if self._is_refused():
            return
        asked = self.headers.get("Range")
        self.store.ranges.append(asked)
        body = self.store.objects.get(self._path)
        if body is None:
            self._answer(404, _ERROR.format(code="NoSuchKey").encode())
        elif asked and self.store.has_parts:
            self._answer_part(body, asked)
        else:
            self._answer(200, body)

    def do_DELETE(self) -> None:
        if self._is_refused():
            return
        self.store.objects.pop(self._path, None)
        self._answer(204)

    @property
    def _path(self) -> str:
        return urlsplit(self.path).path

    @property
    def _query(self) -> str:
        return urlsplit(self.path).query

    def _keep(self, body: bytes) -> None:
        self.store.objects[self._path] = body
        self.store.kinds[self._path] = self.headers["Content-Type"]

    def _is_refused(self) -> bool:
        self.store.signers.add(self.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0])
        is_refused = self.store.refuse is not None and self.command in self.store.refused_methods
        if is_refused:
            self._answer(self.store.refuse or 500, _ERROR.format(code=self.store.code).encode())
        return is_refused

    def _answer_part(self, body: bytes, asked: str) -> None:
        first, _, last = asked.removeprefix("bytes=").partition("-")
        if int(first) >= len(body):
            self._answer(416, _ERROR.format(code="InvalidRange").encode())
            return
        told = f"bytes {first}-{last}/{len(body)}"
        self._answer(206, memoryview(body)[int(first) : int(last) + 1], headers={"Content-Range": told})

    def _answer(self, status: int, body: bytes | memoryview = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/xml", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
