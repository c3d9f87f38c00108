"""The fields of every webhook of the carrier's, and what each of them may hold; the product reads those it needs.

The names are those of the official SDK's models, with what real webhooks were seen to carry besides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from orchestrator.telnyx.outcomes import AmdResult, HangupCause
from orchestrator.telnyx.timestamps import parse_timestamp

Check = Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, bool)


def _one_of(*words: str) -> Check:
    return lambda value: value in words


def _object(**fields: Check) -> Check:
    return lambda value: isinstance(value, dict) and unread_fields(fields, value) == []


def _list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


TEXT: Final[Check] = lambda value: isinstance(value, str)  # noqa: E731 one of a row of checks
TRUTH: Final[Check] = lambda value: isinstance(value, bool)  # noqa: E731
OBJECT: Final[Check] = lambda value: isinstance(value, dict)  # noqa: E731
ANYTHING: Final[Check] = lambda _value: True  # noqa: E731
NUMBER: Final[Check] = _is_number
"""A number, or the text of one: the carrier writes packets, prices and positions either way."""
MOMENT: Final[Check] = lambda value: parse_timestamp(value) is not None  # noqa: E731

LEG: Final[Mapping[str, Check]] = {
    "call_control_id": TEXT,
    "call_leg_id": TEXT,
    "call_session_id": TEXT,
    "connection_id": TEXT,
    "client_state": TEXT,
    "from": TEXT,
    "to": TEXT,
    "calling_party_type": TEXT,
}
_HEADERS: Final = _list_of(_object(name=TEXT, value=TEXT))
_LIFE: Final[Mapping[str, Check]] = {
    "custom_headers": _HEADERS,
    "sip_headers": _HEADERS,
    "start_time": MOMENT,
    "state": TEXT,
    "tags": _list_of(TEXT),
}
_MEDIA: Final[Mapping[str, Check]] = {"media_name": TEXT, "media_url": TEXT, "overlay": TRUTH}
_LINKS: Final = _object(mp3=TEXT, wav=TEXT)
_AMD: Final = _one_of(*AmdResult)
_GREETING: Final = _one_of("beep_detected", "ended", "not_sure", "no_beep_detected", "prompt_ended")
_SPEECH_STATUSES: Final = ("completed", "call_hangup", "cancelled_amd")
_PLAYBACK_STATUSES: Final = (*_SPEECH_STATUSES, "cancelled", "file_not_found", "failed", "unknown")
_QUALITY: Final = _object(
    inbound=_object(
        jitter_max_variance=NUMBER,
        jitter_packet_count=NUMBER,
        mos=NUMBER,
        packet_count=NUMBER,
        skip_packet_count=NUMBER,
    ),
    outbound=_object(packet_count=NUMBER, skip_packet_count=NUMBER),
)
_TOOL_CALL: Final = _object(function=_object(arguments=TEXT, name=TEXT), id=TEXT, type=TEXT)

_OWN: Final[Mapping[str, Mapping[str, Check]]] = {
    "call.initiated": {
        **_LIFE,
        "call_screening_result": TEXT,
        "caller_id_name": TEXT,
        "connection_codecs": TEXT,
        "direction": _one_of("incoming", "outgoing"),
        "from_sip_uri": TEXT,
        "offered_codecs": TEXT,
        "shaken_stir_attestation": TEXT,
        "shaken_stir_validated": TRUTH,
        "to_sip_uri": TEXT,
    },
    "call.answered": {**_LIFE, "codec": TEXT, "sampling_rate": NUMBER, "stream_track": TEXT, "stream_url": TEXT},
    "call.bridged": {},
    "call.hangup": {
        **_LIFE,
        "call_quality_stats": _QUALITY,
        "end_time": MOMENT,
        "hangup_cause": _one_of(*HangupCause),
        "hangup_source": _one_of("caller", "callee", "unknown"),
        "sip_hangup_cause": TEXT,
        "telnyx_error": OBJECT,
    },
    "call.dtmf.received": {"digit": TEXT},
    "call.gather.ended": {
        "digits": TEXT,
        "gather_id": TEXT,
        "status": _one_of("valid", "invalid", "timeout", "call_hangup", "cancelled", "cancelled_amd"),
    },
    "call.speak.started": {"speak_id": TEXT},
    "call.speak.ended": {"speak_id": TEXT, "status": _one_of(*_SPEECH_STATUSES)},
    "call.playback.started": _MEDIA,
    "call.playback.ended": {**_MEDIA, "status": _one_of(*_PLAYBACK_STATUSES), "status_detail": TEXT},
    "call.machine.detection.ended": {"result": _AMD},
    "call.machine.greeting.ended": {"result": _GREETING},
    "call.machine.premium.detection.started": {},
    "call.machine.premium.detection.ended": {"result": _AMD},
    "call.machine.premium.greeting.ended": {"result": _GREETING},
    "call.machine.premium.call_screening.detected": {"result": TEXT},
    "call.recording.saved": {
        "channels": TEXT,
        "end_time": MOMENT,
        "format": TEXT,
        "public_recording_urls": _LINKS,
        "recording_ended_at": MOMENT,
        "recording_id": TEXT,
        "recording_started_at": MOMENT,
        "recording_urls": _LINKS,
        "start_time": MOMENT,
    },
    "call.recording.error": {"recording_id": TEXT, "reason": TEXT},
    "call.recording.transcription.saved": {
        "recording_id": TEXT,
        "recording_transcription_id": TEXT,
        "status": TEXT,
        "transcription_text": TEXT,
    },
    "call.fork.started": {"stream_type": TEXT},
    "call.fork.stopped": {"stream_type": TEXT},
    "streaming.started": {"stream_url": TEXT},
    "streaming.stopped": {"stream_url": TEXT},
    "streaming.failed": {
        "failure_reason": TEXT,
        "stream_id": TEXT,
        "stream_params": _object(stream_url=TEXT, track=TEXT),
        "stream_type": TEXT,
    },
    "call.refer.started": {"sip_notify_response": NUMBER},
    "call.refer.completed": {"sip_notify_response": NUMBER},
    "call.refer.failed": {"sip_notify_response": NUMBER},
    "call.enqueued": {"current_position": NUMBER, "queue": TEXT, "queue_avg_wait_time_secs": NUMBER},
    "call.dequeued": {
        "queue": TEXT,
        "queue_position": NUMBER,
        "reason": _one_of("bridged", "bridging-in-process", "hangup", "leave", "timeout"),
        "wait_time_secs": NUMBER,
    },
    "call.transcription": {
        "transcription_data": _object(
            confidence=NUMBER, is_final=TRUTH, transcript=TEXT, transcription_track=_one_of("inbound", "outbound")
        ),
    },
    "call.hold": {},
    "call.unhold": {},
    "call.cost": {
        "billed_duration_secs": NUMBER,
        "billing_group_id": TEXT,
        "cost_parts": _list_of(
            _object(billed_duration_secs=NUMBER, call_part=TEXT, cost=NUMBER, currency=TEXT, rate=NUMBER)
        ),
        "occurred_at": MOMENT,
        "status": TEXT,
        "total_cost": NUMBER,
    },
    "call.deepfake_detection.result": {
        "consistency": NUMBER,
        "result": _one_of("real", "fake", "silence_timeout"),
        "score": NUMBER,
    },
    "call.deepfake_detection.error": {
        "error_message": _one_of("detection_timeout", "rtp_timeout", "dfd_connection_error", "dfd_stream_error"),
    },
    "call.conversation.created": {"conversation_id": TEXT},
    "call.conversation.ended": {
        "assistant_id": TEXT,
        "conversation_id": TEXT,
        "duration_sec": NUMBER,
        "llm_model": TEXT,
        "messages": _list_of(
            _object(content=TEXT, role=TEXT, timestamp=MOMENT, tool_call_id=TEXT, tool_calls=_list_of(_TOOL_CALL))
        ),
        "reason": TEXT,
        "stt_model": TEXT,
        "tts_model_id": TEXT,
        "tts_provider": TEXT,
        "tts_voice_id": TEXT,
    },
    "call.conversation.start_failed": {"assistant_id": TEXT, "reason": TEXT},
    "call.conversation_insights.generated": {
        "insight_group_id": TEXT,
        "results": _list_of(_object(insight_id=TEXT, result=ANYTHING)),
    },
}

FIELDS: Final[Mapping[str, Mapping[str, Check]]] = {event: {**LEG, **own} for event, own in _OWN.items()}


def unread(event_type: str, payload: Mapping[str, Any]) -> list[str]:
    """Return what the table does not account for: an unknown event type, unknown fields, values of another kind."""
    return unread_fields(FIELDS[event_type], payload) if event_type in FIELDS else [event_type]


def unread_fields(fields: Mapping[str, Check], payload: Mapping[str, Any]) -> list[str]:
    """Return the names that are unknown or whose value is of another kind; null is a value of every kind."""
    return [name for name, value in payload.items() if not _is_known(fields.get(name), value)]


def _is_known(check: Check | None, value: Any) -> bool:
    return check is not None and (value is None or check(value))
