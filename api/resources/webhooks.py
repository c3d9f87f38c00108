"""The webhook endpoint: it stores the carrier's events, and does nothing else in the request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from flask import Flask, Response, current_app, request

from api.http.problems import to_problem
from api.http.responses import Refusal, problem
from api.http.routes import Body, Resource
from api.server.request_head import Head
from api.server.wsgi import App
from orchestrator.operations.events.receive_webhook import Receipt, WebhookReceiver
from orchestrator.services import Services
from orchestrator.telnyx.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, SignatureVerifier, look_signed

resource = Resource("webhooks")

_MOST_BYTES = 256 * 1024
_SIGNED = (SIGNATURE_HEADER, TIMESTAMP_HEADER)
_IN_ENVIRON = {name: f"HTTP_{name.upper().replace('-', '_')}" for name in _SIGNED}
_PATH = "/webhooks/telnyx"
_RECEIVER = "webhook_receiver"  # in the application's extensions
_UNSIGNED = Refusal(403, "bad_signature", "The signature or its time is not the carrier's.")

_ANSWERS: dict[Receipt, Callable[[], Response]] = {
    Receipt.TAKEN: lambda: Response(status=200),
    Receipt.BAD_SIGNATURE: lambda: problem(403, _UNSIGNED.code, _UNSIGNED.detail),
    Receipt.UNKNOWN_KEY: lambda: problem(503, "unknown_key", "Signed with a key not known here: send it again."),
    Receipt.NOT_AN_EVENT: lambda: problem(400, "not_an_event", "The body is no event of the carrier."),
}


@resource.route(
    "POST",
    _PATH,
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
    return _ANSWERS[_receiver_of(current_app).receive_webhook(body, signed)]()


def look_for_signature(head: Head, path: str) -> Refusal | None:
    """Refuse a webhook by its head where that can carry no signature of now; the signature itself needs the body."""
    if path != _PATH or head.method != "POST":
        return None
    signed = {name: head.headers.get(name.encode(), b"").decode("latin-1") for name in _SIGNED}
    return None if look_signed(signed) else _UNSIGNED


def install(app: Flask, services: Services) -> None:
    """Give the application its receiver, built with the first webhook: Misconfigured there without a public key."""

    @cache
    def receiver() -> WebhookReceiver:
        verifier = SignatureVerifier(services.settings.public_keys(), clock=services.clock)
        return WebhookReceiver(services.redis, verifier=verifier, keys=services.keys)

    app.extensions[_RECEIVER] = receiver


def _receiver_of(app: Flask) -> WebhookReceiver:
    build: Callable[[], WebhookReceiver] = app.extensions[_RECEIVER]
    return build()


def express(app: Flask) -> App:
    """Return `app` with a short way in for webhooks: everything else an application does for a request is left out."""
    serve = app.wsgi_app

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != _PATH or environ["REQUEST_METHOD"] != "POST":
            return serve(environ, start_response)
        return _taken(app, environ)(environ, start_response)

    return answer


def _taken(app: Flask, environ: dict[str, Any]) -> Response:
    signed = {name: environ.get(key, "") for name, key in _IN_ENVIRON.items()}
    try:
        return _ANSWERS[_receiver_of(app).receive_webhook(environ["wsgi.input"].read(), signed)]()
    except Exception as err:  # noqa: BLE001 every error has an answer of its own, as it has in the application
        return to_problem(err)
