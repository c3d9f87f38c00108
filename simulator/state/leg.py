"""One leg of a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from simulator.callees.callee import Persona
from simulator.state.invite_details import InviteDetails
from simulator.state.leg_activities import Gather, MediaOutput, Player, QueuePlace, Transcription
from simulator.state.recordings import Recording
from simulator.time_scale import Timers

MAX_KEPT = 1_000


class Direction(StrEnum):
    """Who placed the call: the application, or the far end."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"


class LegState(StrEnum):
    """The state of a leg."""

    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRouting:
    """Where a leg's webhooks go; retry delays in milliseconds of real time, by event type."""

    url: str
    urls: Mapping[str, tuple[str, ...]]
    retries_ms: Mapping[str, tuple[int, ...]]

    def urls_for(self, event_type: str) -> tuple[str, ...]:
        """Return the URLs for an event of this type; it is sent to each."""
        return self.urls.get(event_type, (self.url,))


@dataclass(frozen=True, slots=True, kw_only=True)
class LegOptions:
    """What was requested with the call; seconds of simulated time."""

    timeout_s: float = 30.0
    time_limit_s: float = 14_400.0
    retry_on_timeout: bool = True
    amd: str = "disabled"
    amd_analysis_s: float = 3.5
    record: Mapping[str, Any] | None = None
    transcribe: tuple[str, bool] | None = None  # tracks, and whether with interim results
    digits: str = ""  # sent at the answer
    audio: Mapping[str, Any] | None = None
    stream: Mapping[str, Any] | None = None
    deepfake_s: float | None = None  # until the result; None: not requested


@dataclass(slots=True)
class ReceivedCommand:
    """A command on this leg, for the ledger."""

    action: str
    at: float
    command_id: str | None
    status: int
    code: str | None = None
    duplicate: bool = False
    body: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Webhook:
    """A webhook of this leg: its raw `data` and the state of its delivery."""

    id: str
    type: str
    occurred_at: float
    data: bytes
    attempts: int = 0
    sent_at: float | None = None
    delivered_at: float | None = None
    status: str = "pending"
    repeats: int = 0


@dataclass(slots=True, eq=False, kw_only=True)
class Leg:
    """A leg and its activities; `key` seeds its random values and is the same in every run."""

    key: str
    role: str  # A: dialed, B: target of a transfer, I: incoming
    call_control_id: str
    call_leg_id: str
    call_session_id: str
    connection_id: str
    to: str
    from_: str
    client_state: str | None
    command_id: str | None
    webhook_routing: WebhookRouting
    persona: Persona
    options: LegOptions
    invite: InviteDetails = field(default_factory=InviteDetails)
    timers: Timers
    player: Player = field(init=False)
    accepted_at: float
    direction: Direction = Direction.OUTGOING
    state: LegState = LegState.RINGING
    answered_at: float | None = None
    ended_at: float | None = None
    hangup_cause: str | None = None
    hangup_source: str | None = None
    sip_hangup_cause: str | None = None
    hangup_code: str | None = None  # of the hangup's telnyx_error
    amd_result: str | None = None
    digits: str = ""
    sent_digits: str = ""
    requests: int = 0
    parks_after_unbridge: bool = False  # stays up when the bridged leg leaves
    gather: Gather | None = None
    recordings: list[Recording] = field(default_factory=list)
    media_output: MediaOutput | None = None  # at most one stream or fork
    transcription: Transcription | None = None
    queue_place: QueuePlace | None = None
    suppression: str | None = None  # the direction with noise suppression
    refers_to: str | None = None  # target of a pending REFER
    bridged_to: Leg | None = None
    transfer_target: Leg | None = None  # a transfer's target that still rings
    transferred_from: Leg | None = None  # the leg whose transfer dialed this one
    joins_on_answer: Leg | None = None  # the leg to bridge with once this one is answered
    commands: list[ReceivedCommand] = field(default_factory=list)
    webhooks: list[Webhook] = field(default_factory=list)
    webhooks_created: int = 0
    revision: int = 0

    def keep_webhook(self, webhook: Webhook) -> None:
        """Keep a webhook; only the latest thousand are kept."""
        self.webhooks_created += 1
        self.webhooks.append(webhook)
        del self.webhooks[:-MAX_KEPT]

    def keep_command(self, command: ReceivedCommand) -> None:
        """Keep a command; only the latest thousand are kept."""
        self.commands.append(command)
        del self.commands[:-MAX_KEPT]

    @property
    def is_live(self) -> bool:
        """Whether the leg is ringing or answered."""
        return self.state is not LegState.ENDED

    @property
    def is_answered(self) -> bool:
        """Whether the leg is answered and has not ended."""
        return self.state is LegState.ANSWERED

    @property
    def is_incoming(self) -> bool:
        """Whether this is an incoming call."""
        return self.direction is Direction.INCOMING

    @property
    def far_end_number(self) -> str:
        """The number of the far end, which chooses callee and faults."""
        return self.from_ if self.is_incoming else self.to

    def seconds(self, now: float) -> int:
        """Return the duration since the answer, in whole seconds of real time."""
        start = self.answered_at
        return 0 if start is None else max(0, int((self.ended_at or now) - start))
