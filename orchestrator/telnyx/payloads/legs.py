"""A leg's life: it rings, is answered, bridged, held, and ends; what it cost comes last."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from orchestrator.telnyx.event_types import EventType
from orchestrator.telnyx.outcomes import HangupCause, HangupSource
from orchestrator.telnyx.payloads.base import Fact, Many, Moment, OrText, Payload


class Direction(StrEnum):
    """Who called whom; outgoing is what we dialed."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


class Header(Fact):
    """A SIP header that came with the leg."""

    name: str | None = None
    value: str | None = None


class _LegPayload(Payload):
    custom_headers: Many[Header] | None = None
    sip_headers: Many[Header] | None = None
    start_time: Moment | None = None
    state: str | None = None
    tags: tuple[str, ...] | None = None


class CallInitiated(_LegPayload):
    """A leg exists: outgoing ones are `bridging`, incoming ones `parked` until somebody answers or rejects them."""

    event_type: ClassVar[EventType | None] = EventType.CALL_INITIATED

    call_screening_result: str | None = None
    caller_id_name: str | None = None
    connection_codecs: str | None = None
    direction: OrText[Direction] | None = None
    from_sip_uri: str | None = None
    offered_codecs: str | None = None
    shaken_stir_attestation: str | None = None
    shaken_stir_validated: bool | None = None
    to_sip_uri: str | None = None


class CallAnswered(_LegPayload):
    """A leg is answered; `start_time` is when it began to ring, the answer's own time is the event's.

    `sampling_rate` is in Hz. `state` is often missing.
    """

    event_type: ClassVar[EventType | None] = EventType.CALL_ANSWERED

    codec: str | None = None
    sampling_rate: int | None = None
    stream_track: str | None = None
    stream_url: str | None = None


class CallBridged(Payload):
    """A leg talks with another; each of the two gets its own."""

    event_type: ClassVar[EventType | None] = EventType.CALL_BRIDGED


class CallHeld(Payload):
    """A leg was put on hold."""

    event_type: ClassVar[EventType | None] = EventType.CALL_HELD


class CallUnheld(Payload):
    """A leg was taken off hold."""

    event_type: ClassVar[EventType | None] = EventType.CALL_UNHELD


class InboundQuality(Fact):
    """What was received: packets, and how well they sounded (`mos`, 1 to 5)."""

    jitter_max_variance: float | None = None
    jitter_packet_count: int | None = None
    mos: float | None = None
    packet_count: int | None = None
    skip_packet_count: int | None = None


class OutboundQuality(Fact):
    """What was sent, in packets."""

    packet_count: int | None = None
    skip_packet_count: int | None = None


class CallQuality(Fact):
    """How a leg sounded; the carrier sends its numbers as text."""

    inbound: InboundQuality | None = None
    outbound: OutboundQuality | None = None


class CallHungUp(_LegPayload):
    """A leg is over; `state` is often missing, `call_quality_stats` null where nothing was measured.

    `sip_hangup_cause` is a SIP status as text, or `unspecified`; a Q.850 code was met as well. A cause that is newer
    than this release stays text: `HangupCause.read` says what it counts as.
    """

    event_type: ClassVar[EventType | None] = EventType.CALL_HANGUP

    call_quality_stats: CallQuality | None = None
    end_time: Moment | None = None
    hangup_cause: OrText[HangupCause] | None = None
    hangup_source: OrText[HangupSource] | None = None
    sip_hangup_cause: str | None = None
    telnyx_error: dict[str, Any] | None = None


class CostPart(Fact):
    """One part of what a leg cost: money in `currency`, durations in seconds."""

    billed_duration_secs: int | None = None
    call_part: str | None = None
    cost: Decimal | None = None
    currency: str | None = None
    rate: Decimal | None = None


class CallCost(Payload):
    """What a leg cost, once it is over and where the application asked to be told."""

    event_type: ClassVar[EventType | None] = EventType.CALL_COST

    billed_duration_secs: int | None = None
    billing_group_id: str | None = None
    cost_parts: Many[CostPart] | None = None
    occurred_at: Moment | None = None
    status: str | None = None
    total_cost: Decimal | None = None
