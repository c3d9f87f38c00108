"""One leg of a call, as the carrier keeps it."""

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
    """Who made the call: the application, or somebody out there."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"


class LegState(StrEnum):
    """Where a leg is in its life."""

    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRouting:
    """Where this leg's webhooks go; delays are real milliseconds, by event type."""

    url: str
    urls: Mapping[str, tuple[str, ...]]
    retries_ms: Mapping[str, tuple[int, ...]]

    def of(self, event_type: str) -> tuple[str, ...]:
        """Return the addresses for an event of this type; each of them is told."""
        return self.urls.get(event_type, (self.url,))


@dataclass(frozen=True, slots=True, kw_only=True)
class LegOptions:
    """What was asked for when the leg was made; seconds of the simulated world."""

    timeout_s: float = 30.0
    time_limit_s: float = 14_400.0
    retry_on_timeout: bool = True
    amd: str = "disabled"
    amd_analysis_s: float = 3.5
    record: Mapping[str, Any] | None = None
    transcribe: tuple[str, bool] | None = None  # which tracks, and whether with interim results
    digits: str = ""  # sent as soon as it is answered
    audio: Mapping[str, Any] | None = None
    stream: Mapping[str, Any] | None = None
    deepfake_s: float | None = None  # until a verdict is told; None asks for none


@dataclass(slots=True)
class ReceivedCommand:
    """A command this leg was sent, for the ledger."""

    action: str
    at: float
    command_id: str | None
    status: int
    code: str | None = None
    duplicate: bool = False
    body: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Webhook:
    """A webhook of this leg: its raw `data`, and what became of it."""

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
    """A leg and everything that runs on it; `key` is what its luck is rolled for, the same in every run."""

    key: str
    role: str  # A: dialed, B: made by a transfer, I: called in
    call_control_id: str
    call_leg_id: str
    call_session_id: str
    connection_id: str
    to: str
    from_: str
    client_state: str | None
    command_id: str | None
    destination: WebhookRouting
    persona: Persona
    terms: LegOptions
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
    parks_after_unbridge: bool = False  # stays when the other side of a bridge leaves
    gather: Gather | None = None
    recordings: list[Recording] = field(default_factory=list)
    media_output: MediaOutput | None = None  # the one stream or fork it may have
    transcription: Transcription | None = None
    queue_place: QueuePlace | None = None  # in a queue
    suppression: str | None = None  # which direction's noise is taken out
    refers_to: str | None = None  # a REFER that is not settled yet
    bridged_to: Leg | None = None  # bridged with
    transfer_target: Leg | None = None  # a transfer's leg that still rings
    transferred_from: Leg | None = None  # the leg that made this one by a transfer
    joins_on_answer: Leg | None = None  # the leg it will be bridged with once it is answered
    commands: list[ReceivedCommand] = field(default_factory=list)
    webhooks: list[Webhook] = field(default_factory=list)
    webhooks_created: int = 0
    revision: int = 0

    def keep_webhook(self, webhook: Webhook) -> None:
        """Keep a webhook; of very many the oldest are forgotten."""
        self.webhooks_created += 1
        self.webhooks.append(webhook)
        del self.webhooks[:-MAX_KEPT]

    def keep_command(self, command: ReceivedCommand) -> None:
        """Keep a command; of very many the oldest are forgotten."""
        self.commands.append(command)
        del self.commands[:-MAX_KEPT]

    @property
    def is_live(self) -> bool:
        """Whether the leg still rings or talks."""
        return self.state is not LegState.ENDED

    @property
    def is_answered(self) -> bool:
        """Whether it talks now."""
        return self.state is LegState.ANSWERED

    @property
    def is_incoming(self) -> bool:
        """Whether somebody called us."""
        return self.direction is Direction.INCOMING

    @property
    def far_end_number(self) -> str:
        """The number of the person on it, which cards and faults go by."""
        return self.from_ if self.is_incoming else self.to

    def seconds(self, now: float) -> int:
        """Return its duration from the answer, in real whole seconds."""
        start = self.answered_at
        return 0 if start is None else max(0, int((self.ended_at or now) - start))
