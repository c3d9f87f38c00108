"""Ends calls: hung up by the flow, reported by the carrier, refused at the dial, or assumed without a report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from orchestrator.flow.engine.transition import FIRST_HANGUP, Transition
from orchestrator.flow.limits import GONE_S, HANGUP_AGAIN_S, MAX_HANGUPS, SETTLE_S
from orchestrator.ids import stable_uuid

_MOST_FIELDS: Final = 20
_MOST_CHARS: Final = 500


def hang_up(transition: Transition, body: Mapping[str, Any] | None = None, *, user_state: str | None = None) -> None:
    """End the flow and hang up; every other unsent command is dropped."""
    clear_step_timers(transition)
    transition.clear_timer("start")
    if not transition.can_command:
        transition.call.closing = True
        return
    transition.commands.clear()
    transition.drops_all = True
    transition.send("hangup", body or {}, index=FIRST_HANGUP + transition.call.hangups, user_state=user_state)
    transition.call.closing = True
    transition.call.hangups += 1
    transition.set_timer(f"stall:{transition.call.visit}", HANGUP_AGAIN_S)


def hang_up_again(transition: Transition) -> None:
    """Hang up again after a hangup that failed or had no effect; after three, the call ends at its time limit."""
    if transition.call.hangups < MAX_HANGUPS:
        hang_up(transition)
    else:
        transition.note("hanging up failed; the call ends at its time limit")


def on_hangup(transition: Transition) -> None:
    """Handle the end of the call's own leg; after an assumed end it corrects cause and times (R14)."""
    call, event = transition.call, transition.event
    if call.phase == "ended" and not call.hangup_assumed:
        return
    if call.phase != "ended":
        _end(transition, event.occurred_at)
    call.ended_at, call.hangup_assumed = event.occurred_at, False
    call.hangup_cause = event.text("hangup_cause")
    call.hangup_source = event.text("hangup_source")
    call.sip_hangup_cause = event.text("sip_hangup_cause")
    call.telnyx_error = _error_of(event.payload.get("telnyx_error"))


def assume_hangup(transition: Transition) -> None:
    """End a call whose leg must be over although no hangup event came."""
    if transition.call.phase == "ended":
        return
    cause = transition.event.text("hangup_cause") or "unspecified"
    transition.note(transition.event.text("reason") or "no hangup was told")
    _end(transition, transition.call.gone_at or transition.event.occurred_at)
    transition.call.hangup_assumed, transition.call.hangup_cause = True, cause
    if transition.call.gone_at is not None and transition.call.call_control_id is not None:
        # Only an error response said so: hang up, in case somebody is still on the line.
        transition.hang_up_other_leg(
            transition.call.call_control_id, command_id=stable_uuid(transition.call.call_id, "gone")
        )


def on_dial_rejected(transition: Transition) -> None:
    """End a call that the carrier refused to dial; one that has had events since is not touched."""
    if transition.call.phase != "dialing" or transition.call.call_control_id is not None:
        transition.note("the dial was refused, but the call was heard of")
        return
    transition.call.error = dict(transition.event.payload)
    _end(transition, transition.event.occurred_at)
    transition.clear_timer("settle")
    request_record(transition)


def on_leg_gone(transition: Transition) -> None:
    """Send no more commands to a leg that has ended, and give its hangup event 5 s to arrive (R14)."""
    if transition.call.gone_at is not None or transition.call.phase == "ended":
        return
    transition.call.gone_at = transition.event.occurred_at
    clear_step_timers(transition)
    transition.commands.clear()
    transition.drops_all = True
    transition.set_timer("gone", GONE_S)


def request_record(transition: Transition) -> None:
    """Ask for the call's record to be written; later events amend it."""
    if transition.call.phase != "ended":
        return
    transition.settles = True
    transition.call.settled = True


def clear_step_timers(transition: Transition) -> None:
    """Clear the timers of the current step."""
    for name in ("step", "stall"):
        transition.clear_timer(f"{name}:{transition.call.visit}")


def _error_of(fields: object) -> dict[str, str] | None:
    """Return a hangup's `telnyx_error` as bounded texts: only its `error_code` is documented."""
    if not isinstance(fields, Mapping):
        return None
    known = [(str(name), str(said)) for name, said in fields.items() if said is not None]
    return {name[:_MOST_CHARS]: said[:_MOST_CHARS] for name, said in known[:_MOST_FIELDS]} or None


def _end(transition: Transition, ended_at: datetime) -> None:
    transition.call.phase, transition.call.ended_at = "ended", ended_at
    transition.commands.clear()
    transition.drops_all = True
    clear_step_timers(transition)
    for name in ("start", "gone", "unwanted"):
        transition.clear_timer(name)
    transition.set_timer("settle", SETTLE_S)
