"""A carrier whose answers are prepared one by one, over real HTTP: for what the simulator would not say on demand."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    body: dict[str, Any]


def accepted_dial(asked: Asked) -> Answer:
    """Accept a dial, with ids made of the call's own, as `World.hear` makes them."""
    call_id = json.loads(base64.b64decode(asked.body["client_state"]))["call"]
    ids = {"call_control_id": f"v3:{call_id}", "call_leg_id": f"leg-{call_id}", "call_session_id": f"ses-{call_id}"}
    return 200, {"data": {"record_type": "call", "is_alive": False, **ids}}


def refusal(status: int, code: str, *, title: str = "No", detail: str = "", pointer: str | None = None) -> Answer:
    error: dict[str, Any] = {"code": code, "title": title, "detail": detail}
    if pointer:
        error["source"] = {"pointer": pointer}
    return status, {"errors": [error]}


@dataclass
class CarrierStub:
    """`answers` maps a path's beginning to what is said there; a callable is asked each time, 0 cuts the connection."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    dial: Callable[[Asked], Answer] = field(default=accepted_dial)
    act: Callable[[Asked], Answer] = field(default=lambda _asked: (200, {"data": {"result": "ok"}}))
    get: Callable[[Asked], Answer] = field(default=lambda _asked: (404, {"errors": [{"code": "10005", "title": "x"}]}))

    @property
    def dials(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.path == "/v2/calls"]

    @property
    def actions(self) -> list[Asked]:
        return [asked for asked in self.asked if "/actions/" in asked.path]

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if asked.method == "GET":
            return self.get(asked)
        return self.dial(asked) if asked.path == "/v2/calls" else self.act(asked)


@contextmanager
def carrier_stub() -> Iterator[CarrierStub]:
    """Listen on a free port until the block ends."""
    stub = CarrierStub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def _answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, body = stub.answer(Asked(self.command, self.path, json.loads(raw) if raw else {}))
            if status == 0:
                self.close_connection = True
                return
            payload = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 the names http.server looks for

        def log_message(self, *_args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_port}/v2"
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
