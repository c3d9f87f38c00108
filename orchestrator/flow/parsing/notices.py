"""Parses what a flow says of itself: who calls, when notices are said, which digit opts out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from orchestrator.flow.actions import Branch, Command, Constant, SetAnswers, Suppress
from orchestrator.flow.definition import Step
from orchestrator.flow.notices import NOTICES, Said, SaysOfItself, When, said_in
from orchestrator.flow.parsing.context import ParseContext, suggestion
from orchestrator.flow.syntax.node import DocumentNode
from orchestrator.flow.templating.templates import has_places
from orchestrator.flow.vocabulary import DTMF, GATHER_ENDED
from orchestrator.flow.voices import voice_of_steps
from orchestrator.policy.purposes import SYNTHETIC

_DIGITS: Final = frozenset("0123456789*#")
_SPEAKING: Final = ("speak", "gather_using_speak")
_FIELD_OF: Final[Mapping[str, str]] = {GATHER_ENDED: "digits", DTMF: "digit"}


def read_says(context: ParseContext, entries: Mapping[str, DocumentNode]) -> SaysOfItself:
    """Return what the flow says of itself; report what is wrong with it."""
    return SaysOfItself(
        identify=_identity(context, entries.get("identify")),
        ai_notice=_when(context, entries.get("ai_notice"), "ai_notice"),
        recording_notice=_when(context, entries.get("recording_notice"), "recording_notice"),
        opt_out_digit=_digit(context, entries.get("opt_out")),
        language=_spoken_language(entries.get("defaults")),
    )


def texts_that_say(node: DocumentNode | None, identify: str | None) -> dict[str, frozenset[Said]]:
    """Return what each text of the flow says of the call in every language."""
    entries = node.entries() if node else ()
    return {
        name: frozenset.intersection(*said)
        for name, text in entries
        if (said := [said_in(str(each.value), identify) for _, each in text.entries()])
    }


def said_by(context: ParseContext, payload: DocumentNode | None) -> frozenset[Said]:
    """Return what a payload says of the call, itself or by the texts that stand in it."""
    if payload is None or not isinstance(payload.value, str):
        return frozenset()
    _report_nothing_else(context, payload, payload.value)
    texts = (said for name, said in context.said_by_text.items() if f"texts.{name}" in payload.value)
    return frozenset().union(said_in(payload.value, context.says.identify), *texts)


def left_to_engine(
    says: SaysOfItself, written: frozenset[Said], dial: Mapping[str, Any], steps: Iterable[Step]
) -> frozenset[Said]:
    """Return the notices that stand nowhere in the flow although its calls may need them: the engine says those."""
    known = list(steps)
    is_needed = {
        Said.AI_NOTICE: voice_of_steps(known) in SYNTHETIC,
        Said.RECORDING_NOTICE: bool(dial.get("record")) or any(map(_records, known)),
    }
    wanted = {When.ALWAYS: frozenset(NOTICES), When.AUTO: {each for each in NOTICES if is_needed[each]}, When.NEVER: ()}
    return frozenset(notice for notice in NOTICES if notice in wanted[says.when(notice)]) - written


def check_opt_out(
    context: ParseContext,
    node: DocumentNode | None,
    steps: Mapping[str, Step],
    anywhere: Mapping[str, tuple[Branch, ...]],
) -> None:
    """Report an opt-out digit that leads to no suppression on the spot: who presses it may hang up at once."""
    digit = context.says.opt_out_digit
    if node is None or digit is None:
        return
    handlers = [step.on for step in steps.values()] + [anywhere]
    if not any(_suppresses(branch.goto, steps) for branch in _branches_for(digit, handlers)):
        written = f'{{match: {{digits: "{digit}"}}, goto: …}}'
        detail = f"no branch leads from the digit {digit} straight to a suppress step; write {written}"
        context.report(node, detail)


def _records(step: Step) -> bool:
    return isinstance(step.action, Command) and step.action.action == "record_start"


def _identity(context: ParseContext, node: DocumentNode | None) -> str | None:
    written = context.text(node, "identify")
    if node is None or written is None:
        return None
    if not written.strip():
        context.report(node, "identify says who calls and the number to call back")
        return None
    context.value(node, "identify")
    return written


def _when(context: ParseContext, node: DocumentNode | None, name: str) -> When:
    written = context.text(node, name)
    if node is None or written is None:
        return When.AUTO
    if written not in set(When):
        context.report(node, f"{name} is auto, always or never{suggestion(written, list(When))}")
        return When.AUTO
    return When(written)


def _digit(context: ParseContext, node: DocumentNode | None) -> str | None:
    if node is None:
        return None
    entries = context.map_of(node, "opt_out", {"digit"})
    digit = context.text(entries.get("digit"), "digit")
    if "digit" not in entries:
        context.report(node, 'opt_out needs digit, as in {digit: "9"}')
    elif digit is not None and digit not in _DIGITS:
        context.report(entries["digit"], "digit is one of 0 to 9, * and #")
        return None
    return digit


def _spoken_language(defaults: DocumentNode | None) -> str | None:
    """Return the language that the flow's speech has by default; the commands' own check reports a wrong one."""
    for action in _SPEAKING:
        command = defaults.child(action) if defaults else None
        language = command.child("language") if command else None
        if language is not None and isinstance(language.value, str) and not has_places(language.value):
            return language.value
    return None


def _report_nothing_else(context: ParseContext, node: DocumentNode, payload: str) -> None:
    """Report a payload that is a notice and nothing else: where it is not said, there would be nothing to say."""
    for notice in NOTICES:
        if context.says.when(notice) is not When.ALWAYS and payload.replace(" ", "") == f"{{{{{notice}}}}}":
            detail = f"{notice} may be nothing at all: let it stand before other words, or write {notice}: always"
            context.report(node, detail)


def _branches_for(digit: str, handlers: Iterable[Mapping[str, tuple[Branch, ...]]]) -> Iterator[Branch]:
    for on in handlers:
        for event, field in _FIELD_OF.items():
            yield from (branch for branch in on.get(event, ()) if _is_matched(branch, field, digit))


def _is_matched(branch: Branch, field: str, digit: str) -> bool:
    """Return whether a branch is for this digit and asks for nothing else."""
    asked = dict(branch.match).get(field, ())
    return branch.when is None and len(branch.match) == 1 and Constant(digit) in asked


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
