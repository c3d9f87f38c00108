"""Starting a call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from orchestrator.telnyx.commands.base import Part, Problem, unset_means
from orchestrator.telnyx.commands.shared_fields import AnsweredLeg, NewLeg
from orchestrator.telnyx.commands.streaming import DialogflowConfig, SamplingRate, StreamToken
from orchestrator.telnyx.commands.values import CallerId, Destination, HttpUrl
from orchestrator.telnyx.event_types import EventType

ConnectionId = Annotated[str, StringConstraints(min_length=1)]


class ConferenceConfig(Part):
    """The conference a leg joins when it answers."""

    beep_enabled: Literal["always", "never", "on_enter", "on_exit"] | None = None
    conference_name: str | None = None
    early_media: bool | None = unset_means(True)
    end_conference_on_exit: bool | None = unset_means(False)
    hold: bool | None = unset_means(False)
    hold_audio_url: HttpUrl | None = None
    hold_media_name: str | None = None
    id: UUID | None = None
    mute: bool | None = unset_means(False)
    soft_end_conference_on_exit: bool | None = unset_means(False)
    start_conference_on_create: bool | None = unset_means(True)
    start_conference_on_enter: bool | None = unset_means(False)
    supervisor_role: Literal["barge", "monitor", "none", "whisper"] | None = unset_means("none")
    whisper_call_control_ids: tuple[str, ...] | None = None


class Dial(NewLeg, AnsweredLeg):
    """Dial a number or SIP URI; the answer carries the leg's ids, the rest comes by webhook.

    `from` is a caller id in E.164. Several destinations may be given, then without `,digits` behind a number. The
    carrier ignores another Dial with the same `command_id` for 60 s, whichever call it belongs to.
    """

    action: ClassVar[str] = "dial"
    path: ClassVar[str] = "/calls"
    expects: ClassVar[frozenset[str]] = NewLeg.expects | AnsweredLeg.leg_events
    ended_by: ClassVar[str | None] = EventType.CALL_HANGUP

    connection_id: ConnectionId
    from_: CallerId = Field(alias="from")
    to: Destination | Annotated[tuple[Destination, ...], Field(min_length=1)]
    bridge_intent: bool | None = unset_means(False)
    bridge_on_answer: bool | None = unset_means(False)
    conference_config: ConferenceConfig | None = None
    dialogflow_config: DialogflowConfig | None = None
    enable_dialogflow: bool | None = unset_means(False)
    link_to: str | None = None
    prevent_double_bridge: bool | None = unset_means(False)
    retry_on_timeout: bool | None = unset_means(True)
    stream_auth_token: StreamToken | None = None
    stream_bidirectional_sampling_rate: SamplingRate | None = unset_means(8000)
    stream_establish_before_call_originate: bool | None = unset_means(False)
    supervise_call_control_id: str | None = None
    supervisor_role: Literal["barge", "whisper", "monitor"] | None = unset_means("barge")

    def problems(self) -> Iterator[Problem]:
        """Yield bridging without a leg to bridge with, and keyed digits behind one of several numbers."""
        yield from super().problems()
        for name in ("bridge_intent", "bridge_on_answer"):
            if getattr(self, name) and self.link_to is None:
                yield Problem(name, "needs link_to")
        if isinstance(self.to, tuple) and any("," in number for number in self.to if number.startswith("+")):
            yield Problem("to", "digits after a number are possible only with a single destination")
