"""Notes in the call that its person is to be called back; the record of the call lets the contact wait."""

from __future__ import annotations

from datetime import datetime, timedelta

from orchestrator.flow.actions import CallBack
from orchestrator.flow.engine.transition import Transition
from orchestrator.flow.templating.values import TemplateFailure
from orchestrator.model.live_call import CallbackWish
from orchestrator.policy.timestamps import format_timestamp, parse_timestamp

MOST_NOTED = 500


def wish_for_callback(transition: Transition, action: CallBack) -> str | None:
    """Note the wish, instead of one before; return why that cannot be, for a time that is none or is past."""
    try:
        at = _moment(transition, action)
        note = str(action.note.text(transition.scope())).strip()[:MOST_NOTED] if action.note else None
    except TemplateFailure as err:
        return transition.note_unsendable("callback", err)
    except ValueError:
        return _refused(transition, "its time is no moment such as 2027-03-01T15:00:00-05:00")
    if at < transition.now:
        return _refused(transition, "its time is past")
    transition.call.callback = CallbackWish(at=at, note=note or None)
    transition.note(f"to be called back at {format_timestamp(at)}")
    return None


def _moment(transition: Transition, action: CallBack) -> datetime:
    if action.at is not None:
        return parse_timestamp(str(action.at.text(transition.scope())))
    return transition.now + timedelta(seconds=action.after_s or 0)


def _refused(transition: Transition, why: str) -> str:
    transition.note(f"callback was left out: {why}")
    return why
