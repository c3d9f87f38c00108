"""Parses webhooks: the envelope is required, everything inside it is optional."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from orchestrator.errors import NotAnEvent
from orchestrator.telnyx.bounded_text import bounded
from orchestrator.telnyx.client_state import ClientState
from orchestrator.telnyx.timestamps import parse_timestamp

_COUNT: Final = re.compile(r"[0-9]{1,9}")
_LONGEST_ID: Final = 500


@dataclass(frozen=True, slots=True)
class Webhook:
    """One delivery of one event; `id` is the same in every delivery, `attempt` counts them from 1.

    `occurred_at` is aware, or None if the carrier's time is missing or unreadable. Ids and `client_state` are None if
    the event has none: `call.recording.saved` carries no `call_control_id`, a leg without our mark no state. What
    cannot be an id of the carrier's (a NUL in it, or thousands of letters) is None: no store accepts it. An `id` or a
    type of that length is shortened.
    """

    id: str
    event_type: str
    occurred_at: datetime | None
    payload: dict[str, Any]
    call_control_id: str | None
    call_leg_id: str | None
    call_session_id: str | None
    connection_id: str | None
    client_state: str | None
    attempt: int

    @property
    def identity(self) -> ClientState | None:
        """Return the identity that our `client_state` gives the leg, or None if it carries none."""
        return ClientState.decode(self.client_state)


def parse_webhook(raw: bytes) -> Webhook:
    """Return the event in `raw`; raises NotAnEvent for a body without `data` with an id and a type."""
    envelope = _load(raw)
    data = envelope.get("data")
    if not isinstance(data, dict):
        raise NotAnEvent("no `data` object; is the application's webhook API version 2?")
    payload = data.get("payload")
    if not isinstance(payload, dict):
        payload = {}
    return Webhook(
        id=_required(data, "id"),
        event_type=_required(data, "event_type"),
        occurred_at=parse_timestamp(data.get("occurred_at")),
        payload=payload,
        call_control_id=_id(payload, "call_control_id"),
        call_leg_id=_id(payload, "call_leg_id"),
        call_session_id=_id(payload, "call_session_id"),
        connection_id=_connection(payload.get("connection_id")),
        client_state=_text(payload, "client_state"),
        attempt=_attempt(envelope.get("meta")),
    )


def _load(raw: bytes) -> dict[str, Any]:
    try:
        envelope = orjson.loads(raw)
    except orjson.JSONDecodeError as err:
        raise NotAnEvent("the body is not JSON") from err
    if not isinstance(envelope, dict):
        raise NotAnEvent("the body is not a JSON object")
    return envelope


def _required(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise NotAnEvent(f"`data.{name}` is missing")
    return bounded(value)


def _text(payload: Mapping[str, Any], name: str) -> str | None:
    value = payload.get(name)
    return value if isinstance(value, str) and value else None


def _id(payload: Mapping[str, Any], name: str) -> str | None:
    value = _text(payload, name)
    return value if value and len(value) <= _LONGEST_ID and value.isprintable() else None


def _connection(value: Any) -> str | None:
    # A long decimal, which some servers write as a number.
    return bounded(str(value)) if value not in (None, "") else None


def _attempt(meta: Any) -> int:
    attempt = meta.get("attempt") if isinstance(meta, dict) else None
    if isinstance(attempt, str) and _COUNT.fullmatch(attempt):
        return int(attempt)
    return attempt if isinstance(attempt, int) else 1
