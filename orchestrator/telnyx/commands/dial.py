"""Starting a call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from orchestrator.telnyx.commands.base import Part, Problem
from orchestrator.telnyx.commands.new_leg import NewLeg
from orchestrator.telnyx.commands.transcribing import TranscriptionConfig
from orchestrator.telnyx.commands.values import CallerId, Destination, HttpUrl, Legs, WebsocketUrl
from orchestrator.telnyx.event_types import EventType

ConnectionId = Annotated[str, StringConstraints(min_length=1)]


class ConferenceConfig(Part):
    """The conference a leg joins when it answers."""

    beep_enabled: Literal["always", "never", "on_enter", "on_exit"] | None = None
    conference_name: str | None = None
    early_media: bool | None = None
    end_conference_on_exit: bool | None = None
    hold: bool | None = None
    hold_audio_url: HttpUrl | None = None
    hold_media_name: str | None = None
    id: UUID | None = None
    mute: bool | None = None
    soft_end_conference_on_exit: bool | None = None
    start_conference_on_create: bool | None = None
    start_conference_on_enter: bool | None = None
    supervisor_role: Literal["barge", "monitor", "none", "whisper"] | None = None
    whisper_call_control_ids: tuple[str, ...] | None = None


class DeepfakeDetection(Part):
    """Whether a voice is real; times in seconds."""

    enabled: bool
    rtp_timeout: Annotated[int, Field(ge=5, le=120)] | None = None
    timeout: Annotated[int, Field(ge=5, le=60)] | None = None


class DialogflowConfig(Part):
    """What a Dialogflow agent sends back."""

    analyze_sentiment: bool | None = None
    partial_automated_agent_reply: bool | None = None


class Dial(NewLeg):
    """Dial a number or SIP URI; the answer carries the leg's ids, the rest comes by webhook.

    `from` is a caller id in E.164. Several destinations may be given, then without `,digits` behind a number. The
    carrier ignores another Dial with the same `command_id` for 60 s, whichever call it belongs to. `assistant` and
    `conversation_relay_config` belong to its AI features and are passed on as they are.
    """

    action: ClassVar[str] = "dial"
    path: ClassVar[str] = "/calls"
    expects: ClassVar[frozenset[str]] = NewLeg.expects | {
        EventType.STREAMING_STARTED,
        EventType.STREAMING_STOPPED,
        EventType.STREAMING_FAILED,
        EventType.CALL_HELD,
        EventType.CALL_UNHELD,
        EventType.DEEPFAKE_RESULT,
        EventType.DEEPFAKE_ERROR,
        EventType.RECORDING_SAVED,
    }
    ended_by: ClassVar[str | None] = EventType.CALL_HANGUP

    connection_id: ConnectionId
    from_: CallerId = Field(alias="from")
    to: Destination | Annotated[tuple[Destination, ...], Field(min_length=1)]
    assistant: Mapping[str, Any] | None = None
    billing_group_id: UUID | None = None
    bridge_intent: bool | None = None
    bridge_on_answer: bool | None = None
    conference_config: ConferenceConfig | None = None
    conversation_relay_config: Mapping[str, Any] | None = None
    deepfake_detection: DeepfakeDetection | None = None
    dialogflow_config: DialogflowConfig | None = None
    enable_dialogflow: bool | None = None
    link_to: str | None = None
    prevent_double_bridge: bool | None = None
    retry_on_timeout: bool | None = None
    send_silence_when_idle: bool | None = None
    stream_auth_token: Annotated[str, StringConstraints(max_length=4000)] | None = None
    stream_bidirectional_codec: Literal["PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16"] | None = None
    stream_bidirectional_mode: Literal["mp3", "rtp"] | None = None
    stream_bidirectional_sampling_rate: Literal[8000, 16000, 22050, 24000, 48000] | None = None
    stream_bidirectional_target_legs: Legs | None = None
    stream_codec: Literal["PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16", "default"] | None = None
    stream_establish_before_call_originate: bool | None = None
    stream_track: Literal["inbound_track", "outbound_track", "both_tracks"] | None = None
    stream_url: WebsocketUrl | None = None
    supervise_call_control_id: str | None = None
    supervisor_role: Literal["barge", "whisper", "monitor"] | None = None
    transcription: bool | None = None
    transcription_config: TranscriptionConfig | None = None

    def problems(self) -> Iterator[Problem]:
        """Yield bridging without a leg to bridge with, and keyed digits behind one of several numbers."""
        yield from super().problems()
        for name in ("bridge_intent", "bridge_on_answer"):
            if getattr(self, name) and self.link_to is None:
                yield Problem(name, "needs link_to")
        if isinstance(self.to, tuple) and any("," in number for number in self.to if number.startswith("+")):
            yield Problem("to", "digits after a number are possible only with a single destination")
