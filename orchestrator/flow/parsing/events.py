"""Which events a step may wait for: those its command can cause, and those of the whole call."""

from __future__ import annotations

from orchestrator.flow.command_events import caused_by
from orchestrator.flow.parsing.context import ParseContext, suggestion
from orchestrator.flow.syntax.node import DocumentNode
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
    context: ParseContext, node: DocumentNode, written: str, *, action: str | None, also: frozenset[str] = frozenset()
) -> str | None:
    """Return the event's canonical name if it can occur in this step, or None after reporting a problem."""
    event = event_name(written)
    if event not in also and (why := _impossible(context, event, action)) is not None:
        context.report(node, why, line=node.key_line)
        return None
    possible = _possible(context, action) | also
    if event in possible:
        return event
    who = f"{action} cannot cause {written}" if action else f"{written} cannot come here"
    context.report(node, f"{who}; here can come {', '.join(sorted(possible))}", line=node.key_line)
    return None


def _possible(context: ParseContext, action: str | None) -> frozenset[str]:
    possible = CALL_WIDE | (caused_by(action) | {COMMAND_FAILED} if action else frozenset())
    possible = (possible - TARGET_EVENTS) | context.background_events | context.second_leg_events
    return possible if context.detection not in {None, "detect"} else possible - {GREETING}


def _impossible(context: ParseContext, event: str, action: str | None) -> str | None:
    if event == GREETING and context.detection == "detect":
        return f"{event} never comes with answering_machine_detection: detect; use premium, detect_beep or greeting_end"
    if event == GREETING and context.detection is None:
        return f"{event} never comes while answering_machine_detection is off; turn it on under dial:"
    if event in _DETECTION:
        return f"{event} is the business of start:, which says where each result leads"
    if event == "call.hangup":
        return "call.hangup ends the flow; outcomes said before it stay, so nothing is needed here"
    if event in PARTNER_EVENTS - context.second_leg_events:
        return f"{event} comes from another leg, and no step transfers, or bridges with a call"
    if event in TARGET_EVENTS - context.second_leg_events:
        return f"{event} comes from a leg that a transfer creates, and no step transfers"
    if event in _LEG_EVENTS and not (action and event in caused_by(action)):
        return f"{event} cannot be waited for; for the leg of a transfer say {TARGET}{event}"
    return None if event in KNOWN_EVENTS else f"there is no event {event}{suggestion(event, KNOWN_EVENTS)}"
