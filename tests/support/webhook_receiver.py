"""A webhook receiver that keeps every request as it came, and answers as the test wants."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.poll import eventually


@dataclass(frozen=True)
class Delivery:
    """One request of the carrier: raw body, headers in lower case, path and monotonic time of arrival."""

    body: bytes
    headers: dict[str, str]
    path: str
    at: float

    @property
    def event(self) -> dict[str, Any]:
        """The event, with event_type, id, occurred_at and payload."""
        return dict(json.loads(self.body)["data"])

    @property
    def meta(self) -> dict[str, Any]:
        """The envelope's meta: attempt and delivered_to."""
        return dict(json.loads(self.body)["meta"])

    @property
    def type(self) -> str:
        """The event type."""
        return str(self.event["event_type"])

    @property
    def payload(self) -> dict[str, Any]:
        """The event's payload."""
        return dict(self.event["payload"])


Answer = Callable[[Delivery], int]


@dataclass
class Receiver:
    """Collects deliveries; `answer` decides the status of each (200 unless set), 0 cuts the connection."""

    url: str = ""
    answer: Answer = field(default=lambda _delivery: 200)
    deliveries: list[Delivery] = field(default_factory=list)

    def of(self, call_control_id: str) -> list[Delivery]:
        """Return what came for one leg, by the time it occurred."""
        mine = [d for d in tuple(self.deliveries) if d.payload.get("call_control_id") == call_control_id]
        return sorted(mine, key=lambda delivery: delivery.event["occurred_at"])

    def types(self, call_control_id: str) -> list[str]:
        """Return the types that came for one leg, by the time they occurred, each event once."""
        return list({d.event["id"]: d.type for d in self.of(call_control_id)}.values())

    def wait(self, event_type: str, *, leg: str | None = None, nth: int = 1, within: float = 30.0) -> Delivery:
        """Return the nth delivery of this type, of this leg if one is named, as soon as it is there."""

        def found() -> list[Delivery]:
            pool = tuple(self.deliveries) if leg is None else self.of(leg)
            matching = [d for d in pool if d.type == event_type]
            return matching if len(matching) >= nth else []

        return eventually(found, within=within)[nth - 1]


@contextmanager
def webhook_receiver() -> Iterator[Receiver]:
    """Listen on a free port until the block ends."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            delivery = Delivery(self.rfile.read(length), headers, self.path, time.monotonic())
            receiver.deliveries.append(delivery)
            status = receiver.answer(delivery)
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/webhooks"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
