"""Parses the digit by which people end the calls to them, and makes the steps that carry it out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from orchestrator.flow.actions import Branch, Command, Constant, SetAnswers, Suppress
from orchestrator.flow.definition import Flow, OptOut, Step, Timeout
from orchestrator.flow.notices import FAREWELL, farewell
from orchestrator.flow.parsing.context import ParseContext
from orchestrator.flow.speech import speech_of
from orchestrator.flow.syntax.node import DocumentNode
from orchestrator.flow.templating.templates import Template, parse_template
from orchestrator.flow.vocabulary import COMMAND_FAILED, DIGIT_FIELDS, DTMF, GATHER_ENDED, GREETING, SPEAK_ENDED

_DIGITS: Final = frozenset("0123456789*#")
_GATHERS: Final = frozenset({"gather", "gather_using_speak", "gather_using_audio"})
_SUPPRESS, _FAREWELL, _BYE = "opt_out:suppress", "opt_out:farewell", "opt_out:bye"  # no step of a flow's has a colon
_FAREWELL_S: Final = 20.0


def read_opt_out(
    context: ParseContext, node: DocumentNode | None, steps: Mapping[str, Step]
) -> tuple[OptOut | None, str | None]:
    """Return the flow's opt-out and the step that says goodbye, if the flow names one; report what is wrong with it.

    A branch that names the digit must lead straight to a suppression: who presses it may hang up at once.
    """
    if node is None:
        return None, None
    entries = context.map_of(node, "opt_out", {"digit", "goto"})
    digit = _digit(context, node, entries.get("digit"))
    goodbye = context.step_name(entries.get("goto"), "goto")
    if digit is None:
        return None, goodbye
    ways = list(_branches_for(digit, [*(step.on for step in steps.values()), context.on]))
    if ways and not any(_suppresses(branch.goto, steps) for branch in ways):
        detail = f"the branch for the digit {digit} leads to no suppress step at once; let it, or leave it out"
        context.report(node, detail)
    _warn_of_answers(context, node, digit, steps)
    return OptOut(digit, _SUPPRESS), goodbye


def opt_out_steps(steps: Mapping[str, Step], goodbye: str | None, anywhere: Iterable[str]) -> dict[str, Step]:
    """Return the steps that suppress the number, say goodbye in the flow's voice, and hang up.

    With `goodbye` that step of the flow's follows instead. What the flow does `anywhere` is not done in these.
    """
    suppress = Suppress("global", Constant("opt-out"))
    if goodbye is not None:
        return {_SUPPRESS: Step(_SUPPRESS, suppress, on={}, goto=goodbye)}
    said = _farewell(steps)
    made = [
        Step(_SUPPRESS, suppress, on={}, goto=_FAREWELL if said else _BYE),
        Step(_BYE, Command("hangup", body={}), on={}),
    ]
    if said:
        to_bye = (Branch(goto=_BYE),)
        ignored: dict[str, tuple[Branch, ...]] = dict.fromkeys([*anywhere, DTMF, GREETING], ())
        on = {**ignored, SPEAK_ENDED: to_bye, COMMAND_FAILED: to_bye}
        made.append(Step(_FAREWELL, said, on=on, timeout=Timeout(_FAREWELL_S, to_bye[0])))
    return {step.name: step for step in made}


def adopted_opt_out(included: Mapping[str, Flow]) -> OptOut | None:
    """Return the opt-out of the first included flow that has one: it counts in the whole call."""
    found = ((step, flow.opt_out) for step, flow in included.items() if flow.opt_out)
    return next((OptOut(own.digit, f"{step}.{own.step}") for step, own in found), None)


def is_of_opt_out(step: str) -> bool:
    """Return whether a step was made for an opt-out, this flow's or an included one's."""
    return ":" in step


def _digit(context: ParseContext, node: DocumentNode, written: DocumentNode | None) -> str | None:
    digit = context.text(written, "digit")
    if written is None:
        context.report(node, 'opt_out needs digit, as in {digit: "9"}')
    elif digit is not None and digit not in _DIGITS:
        context.report(written, "digit is one of 0 to 9, * and #")
        return None
    return digit


def _farewell(steps: Mapping[str, Step]) -> Command | None:
    """Return the command that says goodbye in the language of the flow's voice, else in the call's."""
    speech = speech_of(steps.values(), parse_template(f"{{{{ contact.{FAREWELL} }}}}"))
    language = speech.plain.get("language") if speech else None
    return speech_of(steps.values(), Constant(farewell(language))) if isinstance(language, str) else speech


def _branches_for(digit: str, handlers: Iterable[Mapping[str, tuple[Branch, ...]]]) -> Iterator[Branch]:
    for on in handlers:
        for event, field in DIGIT_FIELDS.items():
            yield from (branch for branch in on.get(event, ()) if Constant(digit) in dict(branch.match).get(field, ()))


def _suppresses(name: str | None, steps: Mapping[str, Step]) -> bool:
    """Return whether a step suppresses, or leads on the spot to one that does."""
    seen: set[str] = set()
    while name is not None and name in steps and name not in seen:
        seen.add(name)
        step = steps[name]
        if isinstance(step.action, Suppress):
            return True
        if not isinstance(step.action, SetAnswers):
            return False
        name = step.goto
    return False


def _warn_of_answers(context: ParseContext, node: DocumentNode, digit: str, steps: Mapping[str, Step]) -> None:
    """Warn of a gather that takes the digit as an answer: there it ends the calls."""
    for name, step in steps.items():
        branches = step.on.get(GATHER_ENDED, ())
        if not _takes(step, digit) or any(branch.asks_for(DIGIT_FIELDS[GATHER_ENDED]) for branch in branches):
            continue
        if any(_keeps_digits(branch) for branch in branches):
            context.warn(node, f"in the step {name} the digit {digit} ends the calls too, and is no answer")


def _takes(step: Step, digit: str) -> bool:
    if not isinstance(step.action, Command) or step.action.action not in _GATHERS:
        return False
    known = step.action.plain if step.action.body is None else step.action.body
    return digit in str(known.get("valid_digits", digit))


def _keeps_digits(branch: Branch) -> bool:
    stored = (value for _, value in branch.set if isinstance(value, Template))
    return any(path == ("event", DIGIT_FIELDS[GATHER_ENDED]) for value in stored for path in value.paths)
