"""The digit by which people end the calls to them: it leads out of every step that says nothing else of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.flow.actions import Command
from orchestrator.flow.engine.branching import branches_for, first_that_applies, leads_nowhere
from orchestrator.flow.engine.pending_commands import is_gathering
from orchestrator.flow.engine.transition import Transition
from orchestrator.flow.templating.values import as_text
from orchestrator.flow.vocabulary import BRIDGED, DIGIT_FIELDS, DTMF, GATHER_ENDED, ending_of
from orchestrator.model.live_call import NO_VISIT

_ALL_DIGITS: Final = "0123456789#*"
_TERMINATING: Final = "#"  # unless the gather says otherwise


def way_out(transition: Transition, event: str, payload: Mapping[str, Any]) -> str | None:
    """Return the step that ends the calls to the person, if they pressed the digit and no branch asks for it."""
    opt_out = transition.flow.opt_out if transition.flow else None
    field = DIGIT_FIELDS.get(event)
    if opt_out is None or field is None or as_text(payload.get(field)) != opt_out.digit:
        return None
    if has_opted_out(transition) or (event == DTMF and not _listens(transition, opt_out.digit)):
        return None
    branch = first_that_applies(transition, branches_for(transition, event), payload)
    if branch is not None and branch.asks_for(field) and not leads_nowhere(transition, payload):
        return None
    transition.note(f"{opt_out.digit} ends the calls to this number")
    return opt_out.step


def has_opted_out(transition: Transition) -> bool:
    """Whether the person has pressed the digit in this call."""
    opt_out = transition.flow.opt_out if transition.flow else None
    return opt_out is not None and opt_out.step in transition.call.visits


def _listens(transition: Transition, digit: str) -> bool:
    """Whether a digit by itself is for the flow: not for a gather, whose end tells it, nor for who is talked with."""
    if is_gathering(transition.call):
        return not _is_taken(transition, digit)
    if any(one.visit == NO_VISIT and ending_of(one.action) == GATHER_ENDED for one in transition.call.outstanding):
        return False
    return str(BRIDGED) not in transition.call.seen


def _is_taken(transition: Transition, digit: str) -> bool:
    """Whether the running gather takes the digit; one whose digits are filled in may take any."""
    action = transition.step.action if transition.step else None
    if not isinstance(action, Command):
        return True
    fields = {**(action.plain if action.body is None else action.body), **dict(action.fields)}
    valid, terminating = fields.get("valid_digits", _ALL_DIGITS), fields.get("terminating_digit", _TERMINATING)
    return not isinstance(valid, str) or digit in valid or digit == terminating
