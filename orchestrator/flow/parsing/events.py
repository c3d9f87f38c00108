"""Which events a step may wait for: those its command can cause, and those of the whole call."""

from __future__ import annotations

from orchestrator.flow.command_events import caused_by
from orchestrator.flow.parsing.context import Desk, suggestion
from orchestrator.flow.syntax.node import Spot
from orchestrator.flow.vocabulary import (
    CALL_WIDE,
    COMMAND_FAILED,
    GREETING,
    KNOWN_EVENTS,
    PARTNER_EVENTS,
    TARGET,
    TARGET_EVENTS,
    event_name,
)

_DETECTION = frozenset({"call.machine.detection.ended", "call.machine.premium.detection.ended"})
_LEG_EVENTS = frozenset({"call.initiated", "call.answered", "call.bridged", "call.hangup"})


def check_event(
    desk: Desk, spot: Spot, written: str, *, action: str | None, also: frozenset[str] = frozenset()
) -> str | None:
    """Return the event's one name if it can come in this step, or None with a problem told."""
    event = event_name(written)
    if event not in also and (why := _impossible(desk, event, action)) is not None:
        desk.tell(spot, why, line=spot.node.key_line)
        return None
    possible = _possible(desk, action) | also
    if event in possible:
        return event
    who = f"{action} cannot cause {written}" if action else f"{written} cannot come here"
    desk.tell(spot, f"{who}; here can come {', '.join(sorted(possible))}", line=spot.node.key_line)
    return None


def _possible(desk: Desk, action: str | None) -> frozenset[str]:
    possible = CALL_WIDE | (caused_by(action) | {COMMAND_FAILED} if action else frozenset())
    possible = (possible - TARGET_EVENTS) | desk.beside | desk.of_targets
    return possible if desk.detection not in {None, "detect"} else possible - {GREETING}


def _impossible(desk: Desk, event: str, action: str | None) -> str | None:
    if event == GREETING and desk.detection == "detect":
        return f"{event} never comes with answering_machine_detection: detect; use premium, detect_beep or greeting_end"
    if event == GREETING and desk.detection is None:
        return f"{event} never comes while answering_machine_detection is off; turn it on under dial:"
    if event in _DETECTION:
        return f"{event} is the business of start:, which says where each result leads"
    if event == "call.hangup":
        return "call.hangup ends the flow; outcomes said before it stay, so nothing is needed here"
    if event in PARTNER_EVENTS - desk.of_targets:
        return f"{event} comes from another leg, and no step transfers, or bridges with a call"
    if event in TARGET_EVENTS - desk.of_targets:
        return f"{event} comes from a leg that a transfer creates, and no step transfers"
    if event in _LEG_EVENTS and not (action and event in caused_by(action)):
        return f"{event} cannot be waited for; for the leg of a transfer say {TARGET}{event}"
    return None if event in KNOWN_EVENTS else f"there is no event {event}{suggestion(event, KNOWN_EVENTS)}"
