"""What was heard since the answer: a step that waits for it goes on at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.flow.engine.transition import Turn

_OF_THE_LEG = frozenset({"call_control_id", "call_leg_id", "call_session_id", "connection_id", "client_state"})


def remember(turn: Turn, event: str, payload: Mapping[str, Any]) -> None:
    """Keep the event's name, and its payload where some step waits for it."""
    if event not in turn.call.seen:
        turn.change(seen=(*turn.call.seen, event))
    if turn.flow is not None and event in turn.flow.awaited:
        kept = {name: value for name, value in payload.items() if name not in _OF_THE_LEG}
        turn.change(heard={**turn.call.heard, event: kept})
