"""Notifies calls of the calls they were bridged with: that the other was bridged, and that it has ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from orchestrator.model.event import Event
from orchestrator.model.live_call import LiveCall
from orchestrator.store.redis.bridged_calls import notify_calls
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.scripts import ScriptCall
from orchestrator.telnyx.event_types import EventType

# What identifies the person on the other call (its numbers, its state) stays there, where it can be erased.
_SHARED = ("call_leg_id", "call_session_id", "connection_id", "start_time", "end_time", "state")
_CAUSES = ("hangup_cause", "hangup_source", "sip_hangup_cause")


class Advanced(NamedTuple):
    """A call before and after an event."""

    event: Event
    before: LiveCall
    after: LiveCall


def notify_bridged_calls(keys: Keys, advanced: Iterable[Advanced]) -> list[ScriptCall]:
    """Return the script calls that notify the calls bridged with these; none for most events.

    They run before the commits of the events: repeated after a crash, a notice has the same id and counts once.
    """
    return [notify_calls(keys, notice) for one in advanced if (notice := _notice(one)) is not None]


def _notice(one: Advanced) -> Event | None:
    """Return the event for the calls bridged with this one, however its end became known; None if there is none."""
    event, after = one.event, one.after
    if one.before.phase != "ended" and after.phase == "ended":
        ident, kind, at = f"partner:{after.call_id}:hangup", str(EventType.CALL_HANGUP), after.ended_at
        said = {name: getattr(after, name) for name in _CAUSES}
    elif event.type == EventType.CALL_BRIDGED and event.call_control_id == after.call_control_id:
        ident, kind, at = f"partner:{event.id}", event.type, event.occurred_at
        said = {}
    else:
        return None
    # As text whatever it is: what a script reads as a number loses its last digits.
    shared = {name: str(event.payload[name]) for name in _SHARED if event.payload.get(name) is not None}
    ids = {"call_id": after.call_id, "call_control_id": after.call_control_id}
    return Event(
        id=ident,
        type=kind,
        occurred_at=at or event.occurred_at,
        call_id=after.call_id,
        call_control_id=after.call_control_id,
        payload={**shared, **said, **ids},
    )
