"""How calls end: hung up by the flow, told by the carrier, refused at the dial, or assumed when nobody tells."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from orchestrator.flow.engine.transition import FIRST_HANGUP, Turn
from orchestrator.flow.limits import GONE_S, HANGUP_AGAIN_S, MAX_HANGUPS, SETTLE_S
from orchestrator.ids import stable_uuid

_MOST_FIELDS: Final = 20
_MOST_CHARS: Final = 500


def hang_up(turn: Turn, body: Mapping[str, Any] | None = None, *, user_state: str | None = None) -> None:
    """End the flow and ask for the end of the call; a hangup drops every other command."""
    clear_step_timers(turn)
    turn.clear_timer("start")
    if not turn.can_command:
        turn.call.closing = True
        return
    turn.commands.clear()
    turn.drops_all = True
    turn.send("hangup", body or {}, index=FIRST_HANGUP + turn.call.hangups, user_state=user_state)
    turn.call.closing = True
    turn.call.hangups += 1
    turn.set_timer(f"stall:{turn.call.visit}", HANGUP_AGAIN_S)


def hang_up_again(turn: Turn) -> None:
    """Ask once more after a hangup that failed or had no effect; the time limit ends what three could not."""
    if turn.call.hangups < MAX_HANGUPS:
        hang_up(turn)
    else:
        turn.note("hanging up failed; the call ends at its time limit")


def hear_hangup(turn: Turn) -> None:
    """Take in the carrier's word that this leg is over; after an assumed end it corrects cause and times (R14)."""
    call, event = turn.call, turn.event
    if call.phase == "ended" and not call.hangup_assumed:
        return
    if call.phase != "ended":
        _end(turn, event.occurred_at)
    call.ended_at, call.hangup_assumed = event.occurred_at, False
    call.hangup_cause = event.text("hangup_cause")
    call.hangup_source = event.text("hangup_source")
    call.sip_hangup_cause = event.text("sip_hangup_cause")
    call.telnyx_error = _error_in(event.payload.get("telnyx_error"))


def assume_hangup(turn: Turn) -> None:
    """Take in that the leg must be over although nobody said so."""
    if turn.call.phase == "ended":
        return
    cause = turn.event.text("hangup_cause") or "unspecified"
    turn.note(turn.event.text("reason") or "no hangup was told")
    _end(turn, turn.call.gone_at or turn.event.occurred_at)
    turn.call.hangup_assumed, turn.call.hangup_cause = True, cause
    if turn.call.gone_at is not None and turn.call.call_control_id is not None:
        # Only an error said so: whoever should be on the line yet is not left there in silence.
        turn.hang_up_other(turn.call.call_control_id, command_id=stable_uuid(turn.call.call_id, "gone"))


def refuse_dial(turn: Turn) -> None:
    """End a call that the carrier did not start; a call that was heard of since is not touched."""
    if turn.call.phase != "dialing" or turn.call.call_control_id is not None:
        turn.note("the dial was refused, but the call was heard of")
        return
    turn.call.error = dict(turn.event.payload)
    _end(turn, turn.event.occurred_at)
    turn.clear_timer("settle")
    settle(turn)


def begin_to_be_gone(turn: Turn) -> None:
    """Stop commanding a leg the carrier calls over, and give its hangup 5 s to arrive (R14)."""
    if turn.call.gone_at is not None or turn.call.phase == "ended":
        return
    turn.call.gone_at = turn.event.occurred_at
    clear_step_timers(turn)
    turn.commands.clear()
    turn.drops_all = True
    turn.set_timer("gone", GONE_S)


def settle(turn: Turn) -> None:
    """Have the record written; what comes later amends it."""
    if turn.call.phase != "ended":
        return
    turn.settles = True
    turn.call.settled = True


def clear_step_timers(turn: Turn) -> None:
    """Clear what the current step waits for."""
    for name in ("step", "stall"):
        turn.clear_timer(f"{name}:{turn.call.visit}")


def _error_in(told: object) -> dict[str, str] | None:
    """Return a hangup's `telnyx_error` as text, bounded: beyond its `error_code` its shape is not published."""
    if not isinstance(told, Mapping):
        return None
    known = [(str(name), str(said)) for name, said in told.items() if said is not None]
    return {name[:_MOST_CHARS]: said[:_MOST_CHARS] for name, said in known[:_MOST_FIELDS]} or None


def _end(turn: Turn, ended_at: datetime) -> None:
    turn.call.phase, turn.call.ended_at = "ended", ended_at
    turn.commands.clear()
    turn.drops_all = True
    clear_step_timers(turn)
    for name in ("start", "gone", "unwanted"):
        turn.clear_timer(name)
    turn.set_timer("settle", SETTLE_S)
