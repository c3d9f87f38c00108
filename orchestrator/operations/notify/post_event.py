"""Sends one event to an endpoint: signed, to a checked address, within bounds; only a 2xx accepts it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import orjson
from sqlalchemy import Row

from orchestrator.clock import Clock, rfc3339
from orchestrator.operations.notify.webhook_signature import signed_headers
from orchestrator.web.bounded_http import Budget
from orchestrator.web.bounded_resolve import resolve_within
from orchestrator.web.egress import Egress
from orchestrator.web.kept_connection import BROKEN, KeptConnection
from orchestrator.web.ssrf_guard import Admitted, Refused, Resolve, admit_encrypted

TIMEOUT_S: Final = 15.0
"""From the look-up of the name to the status of the answer."""
MOST_ANSWER_BYTES: Final = 16_384
REST_S: Final = 1.0
"""What the rest of an answer may take behind its status, so that the connection can be used again."""

_CONNECT_S: Final = 5.0


@dataclass(frozen=True)
class Answer:
    """What an endpoint said: a status, or why there is none. `is_silent` tells that it takes time to ask it."""

    status: int | None = None
    error: str | None = None
    is_silent: bool = False

    @property
    def is_accepted(self) -> bool:
        """Whether the endpoint has the event."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the endpoint wants no more of them."""
        return self.status == HTTPStatus.GONE


class EndpointLine:
    """The way to one endpoint, for one thread: looked up and connected at the first event, kept for those behind it."""

    def __init__(
        self,
        url: str,
        *,
        keys: Sequence[str],
        trusted: Collection[str],
        resolve: Resolve,
        egress: Egress,
        clock: Clock,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._url, self._keys = url, keys
        self._trusted, self._resolve, self._egress = trusted, resolve, egress
        self._clock, self._timeout_s = clock, timeout_s
        self._admitted: Admitted | None = None
        self._connection: KeptConnection | None = None

    def post(self, event: Row[Any]) -> Answer:
        """Send an event once and return what came of it."""
        budget = Budget()
        budget.start(self._timeout_s)
        try:
            admitted = self._admit(budget)
            return _refused(admitted) if isinstance(admitted, Refused) else self._ask(admitted, event, budget)
        except BROKEN as err:
            code = "timeout" if budget.left() <= 0 else "unreachable"
            return Answer(error=f"{code}: {type(err).__name__}", is_silent=True)

    def close(self) -> None:
        """Close the connection."""
        if self._connection:
            self._connection.close()

    def _admit(self, budget: Budget) -> Admitted | Refused:
        if self._admitted is None:
            resolve = resolve_within(self._resolve, budget)
            found = admit_encrypted(self._url, trusted=self._trusted, resolve=resolve, egress=self._egress)
            if isinstance(found, Refused):
                return found
            self._admitted = found
        return self._admitted

    def _ask(self, to: Admitted, event: Row[Any], budget: Budget) -> Answer:
        if self._connection is None:
            self._connection = KeptConnection(
                self._url,
                connect_timeout_s=_CONNECT_S,
                whole_timeout_s=self._timeout_s,
                egress=self._egress,
                address=to.address,
            )
        # What is left behind the look-up; within it the connection ends by itself.
        self._connection.budget.start(max(budget.left(), 0.001))
        request = _request(to, event, at=int(self._clock().timestamp()), keys=self._keys)
        status = self._connection.status_of("POST", request, most_bytes=MOST_ANSWER_BYTES, rest_s=REST_S)
        return Answer(status=status, error=_error_of(status))


def _refused(why: Refused) -> Answer:
    return Answer(error=f"{why.code}: {why.detail}", is_silent=True)


def body_of(event: Row[Any]) -> bytes:
    """Return an event as it is sent, the same at every try: what `GET /v1/events` shows of it."""
    told = {"id": event.id, "type": event.type, "timestamp": rfc3339(event.at), "subject": event.subject}
    return orjson.dumps({**told, "data": event.data})


def _request(to: Admitted, event: Row[Any], *, at: int, keys: Sequence[str]) -> bytes:
    body = body_of(event)
    headers = {
        "Host": to.authority,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Accept-Encoding": "identity",
        "User-Agent": "call-orchestrator",
        **signed_headers(event.id, body, at=at, keys=keys),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {to.target} HTTP/1.1\r\n{lines}\r\n".encode("ascii") + body


def _error_of(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"redirect: answered {status}, and leads on to another address, which is not followed"
    return f"gone: answered {status}" if status == HTTPStatus.GONE else f"status: answered {status}"
