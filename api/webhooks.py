"""The webhook door: the carrier's events come in here, and nothing else is done in the request."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request

from api.answers import problem
from api.routes import Body, Resource
from orchestrator.operations.record_event import Receipt
from orchestrator.telnyx.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER
from orchestrator.wiring import House

resource = Resource("webhooks")

_MOST_BYTES = 256 * 1024
_SIGNED = (SIGNATURE_HEADER, TIMESTAMP_HEADER)


_ANSWERS: dict[Receipt, Callable[[], Response]] = {
    Receipt.TAKEN: lambda: Response(status=200),
    Receipt.BAD_SIGNATURE: lambda: problem(403, "bad_signature", "The signature or its time is not the carrier's."),
    Receipt.NOT_AN_EVENT: lambda: problem(400, "not_an_event", "The body is no event of the carrier."),
}


@resource.route(
    "POST",
    "/webhooks/telnyx",
    body=Body(media=("application/json",), max_bytes=_MOST_BYTES, is_any_media=True),
    gives={200: None},
    fails=(400, 403, 413),
)
def receive(house: House, body: bytes) -> Response:
    """Take an event of the carrier; it is on disk when this answers 200.

    With 503 the carrier is asked to send it again.
    """
    signed = {name: request.headers.get(name, "") for name in _SIGNED}
    return _ANSWERS[house.door.record_event(body, signed)]()
