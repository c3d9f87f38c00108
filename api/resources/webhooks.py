"""The webhook endpoint: it stores the carrier's events, and does nothing else in the request."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from functools import cache

from flask import Flask, Response, current_app, request

from api.http.problems import to_problem
from api.http.responses import Refusal, problem
from api.http.routes import Body, Resource
from api.server.in_loop import Then
from api.server.plain import Plain, plain_of
from api.server.request_head import Head
from orchestrator.counts import count
from orchestrator.errors import StoreUnavailable
from orchestrator.model.metric import Metric
from orchestrator.operations.events.receive_in_loop import LoopReceiver
from orchestrator.operations.events.receive_webhook import Receipt, WebhookReceiver
from orchestrator.services import Services
from orchestrator.store.redis.loop_connection import LoopConnection
from orchestrator.telnyx.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, SignatureVerifier, look_signed

resource = Resource("webhooks")

_MOST_BYTES = 256 * 1024
_TURN_S = 0.002
_SIGNED = {name: name.encode() for name in (SIGNATURE_HEADER, TIMESTAMP_HEADER)}
PATH = "/webhooks/telnyx"
_PUT_OFF = "put_off"  # no store took it: the carrier sends it again
_RECEIVER = "webhook_receiver"  # in the application's extensions
_UNSIGNED = Refusal(403, "bad_signature", "The signature or its time is not the carrier's.")

_ANSWERS: dict[Receipt, Callable[[], Response]] = {
    Receipt.TAKEN: lambda: Response(b"", status=200),
    Receipt.BAD_SIGNATURE: lambda: problem(403, _UNSIGNED.code, _UNSIGNED.detail),
    Receipt.UNKNOWN_KEY: lambda: problem(503, "unknown_key", "Signed with a key not known here: send it again."),
    Receipt.NOT_AN_EVENT: lambda: problem(400, "not_an_event", "The body is no event of the carrier."),
}


@resource.route(
    "POST",
    PATH,
    body=Body(media=("application/json",), max_bytes=_MOST_BYTES, is_any_media=True),
    gives={200: None},
    fails=(400, 403, 413),
)
def receive(_services: Services, body: bytes) -> Response:
    """Take an event of the carrier; it is on disk when this answers 200.

    503 asks the carrier to send it again: a store is unavailable, or the signature is recent and well formed but
    matches none of the keys of `TELNYX_PUBLIC_KEY`, and may be that of a newer one.
    """
    signed = {name: request.headers.get(name, "") for name in _SIGNED}
    try:
        receipt = _receiver_of(current_app).receive_webhook(body, signed)
    except StoreUnavailable:
        count(Metric.WEBHOOKS, _PUT_OFF)
        raise
    count(Metric.WEBHOOKS, receipt)
    return _ANSWERS[receipt]()


def look_for_signature(head: Head, path: str) -> Refusal | None:
    """Refuse a webhook by its head where that can carry no signature of now; the signature itself needs the body."""
    if path != PATH or head.method != "POST":
        return None
    return None if look_signed(_signed(head)) else _UNSIGNED


def install(app: Flask, services: Services) -> None:
    """Give the application its receiver, built with the first webhook: Misconfigured there without a public key."""

    @cache
    def receiver() -> WebhookReceiver:
        return WebhookReceiver(services.redis, verifier=_verifier(services), keys=services.keys)

    app.extensions[_RECEIVER] = receiver


def _receiver_of(app: Flask) -> WebhookReceiver:
    build: Callable[[], WebhookReceiver] = app.extensions[_RECEIVER]
    return build()


class WebhookDesk:
    """Takes webhooks in the server's loop, with the answers of `receive`; belongs to the running loop.

    Verifying one takes time, and anybody may send it. So they get 2 ms of each turn of the loop; what is left waits for
    the next turns, between which the loop serves all other connections.
    """

    def __init__(self, services: Services, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._monotonic = monotonic  # the loop's own time stands still within a turn
        self._loop = asyncio.get_running_loop()
        self._receiver: LoopReceiver | None = None
        self._queue: deque[tuple[Head, bytes, Then]] = deque()
        self._has_begun = False  # this turn's share, which lasts until:
        self._until = 0.0
        self._is_working = False

    @property
    def waiting(self) -> int:
        """Return how many webhooks are not on disk yet."""
        return len(self._queue) + (self._receiver.waiting if self._receiver else 0)

    def answer(self, head: Head, body: bytes, then: Then) -> None:
        """Take a webhook, at once while there is time in this turn, and tell `then` when it is on disk or why not."""
        self._queue.append((head, body, then))
        if not self._has_begun:
            self._begin_turn()
        self._work()

    def close(self) -> None:
        """Leave Redis."""
        self._queue.clear()
        if self._receiver:
            self._receiver.close()

    def _begin_turn(self) -> None:
        self._has_begun, self._until = True, self._monotonic() + _TURN_S
        self._loop.call_soon(self._next_turn)

    def _next_turn(self) -> None:
        self._has_begun = False
        if self._queue:
            self._begin_turn()
            self._work()

    def _work(self) -> None:
        if self._is_working:  # who is told an answer may ask again at once
            return
        self._is_working = True
        try:
            while self._queue and self._monotonic() < self._until:
                self._take(*self._queue.popleft())
        finally:
            self._is_working = False

    def _take(self, head: Head, body: bytes, then: Then) -> None:
        try:
            self._receiver = self._receiver or self._open()
            self._receiver.receive(body, _signed(head), lambda became: then(_plain(became)))
        except Exception as err:  # noqa: BLE001 every error has an answer of its own, as it has in the application
            then(plain_of(to_problem(err)))

    def _open(self) -> LoopReceiver:
        services = self._services
        verifier = _verifier(services)
        return LoopReceiver(LoopConnection(services.settings.redis_url), verifier=verifier, keys=services.keys)


def _plain(became: Receipt | StoreUnavailable) -> Plain:
    count(Metric.WEBHOOKS, became if isinstance(became, Receipt) else _PUT_OFF)
    return _answer_to(became) if isinstance(became, Receipt) else plain_of(to_problem(became))


@cache
def _answer_to(receipt: Receipt) -> Plain:
    return plain_of(_ANSWERS[receipt]())


def _signed(head: Head) -> dict[str, str]:
    return {name: head.headers.get(raw, b"").decode("latin-1") for name, raw in _SIGNED.items()}


def _verifier(services: Services) -> SignatureVerifier:
    return SignatureVerifier(services.settings.public_keys(), clock=services.clock)
