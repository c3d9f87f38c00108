"""The vocabulary of the flow language: steps, events with their fields, results of detection, built-in outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from orchestrator.model.own_streams import STREAM_CLEAR, STREAM_PLAY
from orchestrator.telnyx.commands import COMMANDS, ENDING, STOPS
from orchestrator.telnyx.event_types import EventType

STEP_COMMANDS: Final = frozenset(COMMANDS) - {"dial"}  # a flow's own `dial:` says how its calls are dialed
ENDS_CALL: Final = frozenset({"hangup", "reject"})
BESIDE: Final = frozenset(
    {"record_start", "streaming_start", "fork_start", "transcription_start", "suppression_start", STREAM_PLAY}
)
LOCAL_ACTIONS: Final = frozenset(
    {"http", STREAM_PLAY, "wait_for", "suppress", "callback", "choose", "set", "include", "end"}
)
STEP_KEYS: Final = frozenset({"on", "goto", "timeout", "repeat", "outcome", "state", "during"})
WITH_DURING: Final = frozenset({"enqueue", "http", "wait_for"})
DURING_COMMANDS: Final = frozenset({"playback_start", "speak"})
FLOW_KEYS: Final = frozenset(
    {
        "name", "inputs", "answers", "outcomes", "outcome", "defaults", "dial", "start", "inbound", "on", "hours",
        "language", "texts", "identify", "ai_notice", "recording_notice", "opt_out", "steps",
    }
)  # fmt: skip
BRANCH_KEYS: Final = frozenset({"match", "when", "set", "outcome", "goto", "during_gather"})


SPOKEN_FIELDS: Final = frozenset({"payload", "invalid_payload"})
"""The fields to which `payload_type` applies."""

FORBIDDEN_FIELDS: Final = frozenset(
    {"client_state", "command_id", "link_to", "connection_id", "target_leg_client_state"}
)
FORBIDDEN_PREFIX: Final = "webhook_"
FORBIDDEN_IN_DIAL: Final = frozenset({"to", "from", "from_"})

OURS: Final = "ours"

BUILT_IN_OUTCOMES: Final = frozenset({"error", "stalled", "flow_limit"})
CONTACT_FIELDS: Final = ("phone", "external_id", "timezone")

GREETING: Final = "machine.greeting.ended"
COMMAND_FAILED: Final = "command.failed"
ANSWERED: Final = str(EventType.CALL_ANSWERED)
DTMF: Final = str(EventType.DTMF_RECEIVED)
BRIDGED: Final = str(EventType.CALL_BRIDGED)
CONNECTING: Final = frozenset({"transfer", "bridge", "enqueue"})
"""Commands that connect the call with somebody: `call.bridged` follows."""
GATHER_ENDED: Final = str(EventType.GATHER_ENDED)
SPEAK_ENDED: Final = str(EventType.SPEAK_ENDED)
CANCELLED_AMD: Final = "cancelled_amd"
"""How a sound ends that the carrier itself cut off, because detection has found a machine."""
DIGIT_FIELDS: Final[Mapping[str, str]] = MappingProxyType({GATHER_ENDED: "digits", DTMF: "digit"})
"""The events of pressed digits, and the fields that hold them."""
HTTP_SUCCEEDED: Final = "http.succeeded"
HTTP_FAILED: Final = "http.failed"
STREAM_PLAY_ENDED: Final = "stream_play.ended"
TARGET: Final = "target."
TARGET_ANSWERED: Final = TARGET + EventType.CALL_ANSWERED
TARGET_BRIDGED: Final = TARGET + EventType.CALL_BRIDGED
TARGET_HANGUP: Final = TARGET + EventType.CALL_HANGUP
TARGET_EVENTS: Final = frozenset({TARGET_ANSWERED, TARGET_BRIDGED, TARGET_HANGUP})
PARTNER_EVENTS: Final = frozenset({TARGET_BRIDGED, TARGET_HANGUP})
"""The events of another call that a bridge names."""
RECORDING_EVENTS: Final = frozenset(
    map(str, (EventType.RECORDING_SAVED, EventType.RECORDING_ERROR, EventType.RECORDING_TRANSCRIBED))
)
CALL_WIDE: Final = RECORDING_EVENTS | {DTMF, GREETING}

BESIDE_EVENTS: Final = frozenset(
    map(
        str,
        (
            EventType.TRANSCRIPTION,
            EventType.STREAMING_STARTED,
            EventType.STREAMING_STOPPED,
            EventType.STREAMING_FAILED,
            EventType.FORK_STARTED,
            EventType.FORK_STOPPED,
        ),
    )
)
"""The events of background work (streams, forks, transcription), which may come in any step."""

_ENDS_INSTEAD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "refer": str(EventType.REFER_FAILED),
        "streaming_start": str(EventType.STREAMING_FAILED),
        "record_start": str(EventType.RECORDING_ERROR),
    }
)
_SAME: Final[Mapping[str, str]] = MappingProxyType(
    {str(EventType.MACHINE_GREETING_ENDED): GREETING, str(EventType.PREMIUM_GREETING_ENDED): GREETING}
)

_CALL: Final = ("call_control_id", "call_leg_id", "call_session_id", "connection_id", "from", "to")
_RECORDING: Final = (*_CALL, "recording_id")
EVENT_FIELDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        event: frozenset((*common, *own))
        for event, common, own in (
            (ANSWERED, _CALL, ("start_time", "state")),
            (DTMF, _CALL, ("digit",)),
            (GATHER_ENDED, _CALL, ("digits", "status", "gather_id")),
            (str(EventType.SPEAK_STARTED), _CALL, ()),
            (str(EventType.SPEAK_ENDED), _CALL, ("status",)),
            (str(EventType.PLAYBACK_STARTED), _CALL, ("media_url", "media_name", "overlay")),
            (str(EventType.PLAYBACK_ENDED), _CALL, ("media_url", "media_name", "overlay", "status", "status_detail")),
            (
                str(EventType.RECORDING_SAVED),
                _RECORDING,
                ("recording_urls", "public_recording_urls", "channels", "recording_started_at", "recording_ended_at"),
            ),
            (str(EventType.RECORDING_ERROR), _RECORDING, ("reason",)),
            (
                str(EventType.RECORDING_TRANSCRIBED),
                _RECORDING,
                ("recording_transcription_id", "calling_party_type", "status", "transcription_text"),
            ),
            (GREETING, _CALL, ("result",)),
            (str(EventType.CALL_BRIDGED), _CALL, ()),
            (TARGET_ANSWERED, _CALL, ("start_time", "state")),
            (TARGET_BRIDGED, _CALL, ()),
            (TARGET_HANGUP, _CALL, ("hangup_cause", "hangup_source", "sip_hangup_cause", "start_time", "end_time")),
            (str(EventType.CALL_ENQUEUED), _CALL, ("queue", "current_position", "queue_avg_wait_time_secs")),
            (str(EventType.CALL_DEQUEUED), _CALL, ("queue", "queue_position", "reason", "wait_time_secs")),
            (str(EventType.FORK_STARTED), _CALL, ("stream_type",)),
            (str(EventType.FORK_STOPPED), _CALL, ("stream_type",)),
            (str(EventType.STREAMING_STARTED), _CALL, ("stream_url",)),
            (str(EventType.STREAMING_STOPPED), _CALL, ("stream_url",)),
            (
                str(EventType.STREAMING_FAILED),
                _CALL,
                ("failure_reason", "stream_id", "stream_params", "stream_type"),
            ),
            (str(EventType.REFER_STARTED), _CALL, ("sip_notify_response",)),
            (str(EventType.REFER_COMPLETED), _CALL, ("sip_notify_response",)),
            (str(EventType.REFER_FAILED), _CALL, ("sip_notify_response",)),
            (str(EventType.TRANSCRIPTION), _CALL, ("transcription_data",)),
            (str(EventType.CALL_HELD), _CALL, ()),
            (str(EventType.CALL_UNHELD), _CALL, ()),
            (str(EventType.DEEPFAKE_RESULT), _CALL, ("result", "score", "consistency")),
            (str(EventType.DEEPFAKE_ERROR), _CALL, ("error_message",)),
            (HTTP_SUCCEEDED, (), ("status", "body")),
            (HTTP_FAILED, (), ("status", "body", "reason", "detail")),
            (STREAM_PLAY_ENDED, (), ("status",)),
            (COMMAND_FAILED, (), ("command", "code", "title", "detail")),
        )
    }
)
KNOWN_EVENTS: Final = frozenset(EVENT_FIELDS)

HUMAN_RESULTS: Final = frozenset({"human", "human_residence", "human_business"})
START_RESULTS: Final = HUMAN_RESULTS | {"not_sure", "silence", "machine", "fax"}


def event_name(written: str) -> str:
    """Return the canonical name of an event: both families of detection use `machine.greeting.ended`."""
    return _SAME.get(written, written)


def result_name(written: str) -> str:
    """Return the canonical name of a result of detection: `fax_detected` is `fax`."""
    return "fax" if written == "fax_detected" else written


def ending_of(action: str) -> str | None:
    """Return the event that ends a command, or None if it is complete once accepted."""
    if action == "transfer" or action in ENDS_CALL:
        return None
    if action == STREAM_PLAY:
        return STREAM_PLAY_ENDED
    ending = ENDING.get(action)
    return str(ending) if ending else None


def stop_of(action: str) -> str | None:
    """Return the command that stops another, or None if nothing does."""
    return STREAM_CLEAR if action == STREAM_PLAY else STOPS.get(action)


def is_ended_by(action: str, event: str) -> bool:
    """Whether an event ends a command: its ending, or the failure that replaces it."""
    return event in {ending_of(action), _ENDS_INSTEAD.get(action)}
