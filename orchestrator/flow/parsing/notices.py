"""Parses what a flow says of itself: who calls, and when notices are said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from orchestrator.flow.actions import Command
from orchestrator.flow.definition import Step
from orchestrator.flow.notices import NOTICES, Said, SaysOfItself, When, said_in
from orchestrator.flow.parsing.context import ParseContext, suggestion
from orchestrator.flow.syntax.node import DocumentNode
from orchestrator.flow.templating.templates import has_places
from orchestrator.flow.voices import voice_of_steps
from orchestrator.policy.purposes import SYNTHETIC

_SPEAKING: Final = ("speak", "gather_using_speak")


def read_says(context: ParseContext, entries: Mapping[str, DocumentNode]) -> SaysOfItself:
    """Return what the flow says of itself; report what is wrong with it."""
    return SaysOfItself(
        identify=_identity(context, entries.get("identify")),
        ai_notice=_when(context, entries.get("ai_notice"), "ai_notice"),
        recording_notice=_when(context, entries.get("recording_notice"), "recording_notice"),
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
