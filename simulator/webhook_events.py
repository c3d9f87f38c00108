"""Creates webhooks: the common payload, the fields of the event type, and one id for all delivery attempts."""

from __future__ import annotations

from typing import Any

import orjson

from simulator.clock import iso
from simulator.ids import fresh_uuid
from simulator.state.leg import Leg, Webhook
from simulator.world import World

_STATE_CHANGES = frozenset({"call.initiated", "call.answered", "call.hangup"})
_WITH_PARTY_TYPE = _STATE_CHANGES | {
    "call.speak.started",
    "call.speak.ended",
    "call.recording.saved",
    "call.recording.transcription.saved",
}
_CODECS = "PCMU,PCMA"
_HOST = "sip.simulator.example"
_WITHOUT_NUMBERS = frozenset(
    {
        "call.speak.started",
        "call.speak.ended",
        "call.playback.started",
        "call.playback.ended",
        "call.recording.saved",
        "call.recording.error",
        "call.cost",
        "call.fork.started",
        "call.fork.stopped",
        "streaming.started",
        "streaming.stopped",
        "streaming.failed",
        "call.deepfake_detection.error",
        "call.deepfake_detection.result",
        "call.enqueued",
        "call.dequeued",
        "call.transcription",
        "call.recording.transcription.saved",
    }
)


def emit(world: World, leg: Leg, event_type: str, **own: Any) -> None:
    """Record an event of the leg and send its webhook."""
    now = world.clock.now()
    payload = {**_common(leg), **_numbers(leg, event_type), **_fields_of_type(world, leg, event_type), **own}
    event_id = fresh_uuid()
    event = {
        "event_type": event_type,
        "id": event_id,
        "occurred_at": iso(now),
        "payload": payload,
        "record_type": "event",
    }
    webhook = Webhook(id=event_id, type=event_type, occurred_at=now, data=_sorted_json(event))
    leg.keep_webhook(webhook)
    world.legs.touch(leg)
    world.webhook_sender.send(leg, webhook)


def _sorted_json(event: dict[str, Any]) -> bytes:
    # Copied: orjson's bytes object would keep its kilobytes of buffer alive.
    return bytes(memoryview(orjson.dumps(event, option=orjson.OPT_SORT_KEYS)))


def _common(leg: Leg) -> dict[str, Any]:
    return {
        "call_control_id": leg.call_control_id,
        "call_leg_id": leg.call_leg_id,
        "call_session_id": leg.call_session_id,
        "client_state": leg.client_state,
        "connection_id": leg.connection_id,
    }


def _numbers(leg: Leg, event_type: str) -> dict[str, str]:
    return {} if event_type in _WITHOUT_NUMBERS else {"from": leg.from_, "to": leg.to}


def _fields_of_type(world: World, leg: Leg, event_type: str) -> dict[str, Any]:
    """Return the additional fields of a webhook of this type."""
    fields: dict[str, Any] = {}
    if event_type in _WITH_PARTY_TYPE:
        fields["calling_party_type"] = "sip" if leg.from_.startswith("sip") else "pstn"
    if event_type in _STATE_CHANGES:
        fields |= {"tags": _tags(world, leg), **_headers(leg)}
    if event_type == "call.initiated":
        fields |= _announced(leg)
    if event_type == "call.answered":
        fields |= {"codec": "PCMU", "sampling_rate": 8_000, **_stream(leg)}
    return fields


def _tags(world: World, leg: Leg) -> list[str]:
    """Return the tags of the account's number in this call."""
    own = leg.to if leg.is_incoming else leg.from_
    return list((world.resource_overrides.numbers.get(own) or {}).get("tags") or ())


def _headers(leg: Leg) -> dict[str, Any]:
    invite = leg.invite
    given = {"custom_headers": invite.custom_headers, "sip_headers": invite.sip_headers}
    return {name: headers for name, headers in given.items() if headers}


def _announced(leg: Leg) -> dict[str, Any]:
    invite = leg.invite
    name = {"caller_id_name": invite.caller_id_name} if invite.caller_id_name else {}
    if not leg.is_incoming:
        return name
    signed = {"shaken_stir_attestation": invite.attestation, "shaken_stir_validated": True}
    return {
        **name,
        "connection_codecs": _CODECS,
        "offered_codecs": _CODECS,
        "from_sip_uri": _sip_uri(leg.from_),
        "to_sip_uri": _sip_uri(leg.to),
        **(signed if invite.attestation else {}),
    }


def _sip_uri(party: str) -> str:
    scheme, _, address = party.partition(":")
    return address if scheme in ("sip", "sips") else f"{party}@{_HOST}"


def _stream(leg: Leg) -> dict[str, str]:
    requested = leg.options.stream or {}
    track = {"stream_track": requested.get("stream_track") or "inbound_track"}
    return {"stream_url": requested["stream_url"], **track} if requested.get("stream_url") else {}
