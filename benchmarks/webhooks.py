"""Webhooks as the carrier sends them, of one call from the dial to the end, and signed requests that carry them."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import orjson
from nacl.signing import SigningKey

from benchmarks.ground import CONNECTION
from orchestrator.clock import rfc3339, utc_now
from orchestrator.telnyx.client_state import ClientState

SIGNING_KEY = SigningKey(b"benchmarks" + bytes(22))
PUBLIC_KEY = b64encode(bytes(SIGNING_KEY.verify_key)).decode()

CALL: Sequence[tuple[str, dict[str, Any]]] = (
    ("call.initiated", {"direction": "outgoing", "state": "bridging"}),
    ("call.answered", {"state": "answered"}),
    ("call.machine.premium.detection.ended", {"result": "human_residence"}),
    ("call.speak.started", {}),
    ("call.dtmf.received", {"digit": "1"}),
    ("call.gather.ended", {"digits": "1", "status": "valid"}),
    ("call.speak.started", {}),
    ("call.speak.ended", {"status": "completed"}),
    ("call.hangup", {"hangup_cause": "normal_clearing", "hangup_source": "caller", "sip_hangup_cause": "200"}),
)
"""The webhooks of a call in which an appointment is confirmed."""


def webhook(call_id: str, number: int) -> bytes:
    """Return the body of this call's webhook with this number in CALL."""
    event_type, more = CALL[number]
    now = rfc3339(utc_now())
    payload = {
        "call_control_id": f"v3:{call_id}-GqTVoOmxXgJlHzLMCzqHTqjvNcFkTQbPAyWxMpLzRk",
        "call_leg_id": f"leg-{call_id}",
        "call_session_id": f"session-{call_id}",
        "client_state": ClientState(call=call_id, role="A").encode(),
        "connection_id": CONNECTION,
        "from": "+13125550100",
        "to": "+13125550142",
        "start_time": now,
        "calling_party_type": "pstn",
        "custom_headers": [{"name": "X-Campaign", "value": "appointments"}],
        **more,
    }
    data = {
        "record_type": "event",
        "event_type": event_type,
        "id": f"evt-{call_id}-{number}",
        "occurred_at": now,
        "payload": payload,
    }
    return orjson.dumps({"data": data, "meta": {"attempt": 1, "delivered_to": "http://127.0.0.1/webhooks/telnyx"}})


def signed_request(raw: bytes) -> bytes:
    """Return the HTTP request in which the carrier would send this body now."""
    timestamp = str(int(time.time()))
    signature = b64encode(SIGNING_KEY.sign(timestamp.encode() + b"|" + raw).signature).decode()
    head = (
        "POST /webhooks/telnyx HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"user-agent: telnyx-webhooks\r\ntelnyx-timestamp: {timestamp}\r\ntelnyx-signature-ed25519: {signature}\r\n"
        f"content-length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw
