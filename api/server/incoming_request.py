"""One request on its way in: bytes become a head and a body, and every bound on them is held here."""

from __future__ import annotations

from typing import Protocol

import httptools

from api.http.responses import Refusal
from api.server.admission import Plan
from api.server.body import Body, Store
from api.server.error_responses import HEAD_TOO_LARGE, INCOMPLETE, MALFORMED, TOO_LARGE
from api.server.limits import HEAD_BYTES, SENT_AHEAD
from api.server.request_head import Head, is_of_its_version, join_headers, read_target


class HeadCheck(Protocol):
    """What decides on heads."""

    def look(self, head: Head) -> Plan | Refusal:
        """Return how a request is to be taken in, or why it is not."""


class Incoming:
    """Takes bytes until the request is whole or refused; whatever comes behind its end is no part of it."""

    def __init__(self, gate: HeadCheck, store: Store) -> None:
        self._gate = gate
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._pairs: list[tuple[bytes, bytes]] = []
        self._unmoved = 0  # bytes since the last that belong to the body
        self.head: Head | None = None
        self.plan = Plan()
        self.body = Body(store)
        self.refusal: Refusal | None = None
        self.is_whole = False
        self.is_followed = False  # something came behind its end, before the answer

    @property
    def has_begun(self) -> bool:
        """Say whether any byte of it has come."""
        return self._unmoved > 0 or self.head is not None

    @property
    def is_waited_for(self) -> bool:
        """Say whether the client waits to be asked for the body."""
        return self.head is not None and self.head.waits_to_send and self.body.size == 0

    @property
    def still_to_keep(self) -> int:
        """Return how many more bytes on disk the body will take, as far as one can know."""
        announced = self.head.length if self.head else 0
        return max(announced, self.body.size) - self.body.on_disk

    def feed(self, data: bytes) -> None:
        """Take the next bytes in."""
        self._unmoved += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.is_followed = True
            self._refuse(MALFORMED)
        if self._unmoved > (SENT_AHEAD if self.head else HEAD_BYTES):
            self._refuse(MALFORMED if self.head else HEAD_TOO_LARGE)

    def break_off(self) -> None:
        """Take notice that nothing more will come: a request that is not whole by now never will be."""
        self._refuse(INCOMPLETE)

    def _refuse(self, refusal: Refusal) -> None:
        if not self.is_whole:
            self.refusal = self.refusal or refusal

    # -- what the parser calls -------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Notice that another request follows before this one is answered."""
        self.is_followed = self.is_whole

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; a trailer says nothing that is listened to."""
        if self.head is None:
            self._pairs.append((name, value))

    def on_headers_complete(self) -> None:
        """Have the head decided on."""
        if self.is_whole or self.refusal:
            return
        if len(self._target) + sum(len(name) + len(value) for name, value in self._pairs) > HEAD_BYTES:
            self._refuse(HEAD_TOO_LARGE)
            return
        target, headers = read_target(self._target), join_headers(self._pairs)
        version = self._parser.get_http_version()
        if target is None or headers is None or not is_of_its_version(version, headers):
            self._refuse(MALFORMED)
            return
        method = self._parser.get_method().decode("latin-1")
        self.head = Head(method, *target, version, headers, version == "1.1" and self._parser.should_keep_alive())
        looked = self._gate.look(self.head)
        if isinstance(looked, Refusal):
            self._refuse(looked)
        else:
            self.plan = looked

    def on_body(self, piece: bytes) -> None:
        """Take a piece of the body."""
        if self.is_whole or self.refusal:
            return
        self._unmoved = 0
        self.body.add(piece)
        if self.body.size > self.plan.max_bytes:
            self._refuse(TOO_LARGE)

    def on_message_complete(self) -> None:
        """Notice the end, which only the parser sees."""
        self.is_whole = self.is_whole or self.refusal is None
