"""Parses a whole flow: its declarations, defaults, start and steps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from orchestrator.errors import InvalidFlow
from orchestrator.flow.actions import WaitFor
from orchestrator.flow.command_events import caused_by
from orchestrator.flow.definition import Flow, Input, Start, Step
from orchestrator.flow.library import Library, StoredFlow, empty_library
from orchestrator.flow.parsing.commands import read_defaults, read_dial
from orchestrator.flow.parsing.context import STEP_NAME, WORD, ParseContext, suggestion
from orchestrator.flow.parsing.early_outcomes import warn_of_early_outcomes
from orchestrator.flow.parsing.hours import read_hours
from orchestrator.flow.parsing.include import IncludeContext, read_includes
from orchestrator.flow.parsing.inlining import inlined
from orchestrator.flow.parsing.notices import left_to_engine, read_says, texts_that_say
from orchestrator.flow.parsing.opt_out import adopted_opt_out, is_of_opt_out, opt_out_steps, read_opt_out
from orchestrator.flow.parsing.reachability import check_reachability
from orchestrator.flow.parsing.start import read_start
from orchestrator.flow.parsing.steps import read_on, read_step
from orchestrator.flow.parsing.translations import read_texts
from orchestrator.flow.syntax.document import FlowDocument, parse_flow
from orchestrator.flow.syntax.node import DocumentNode, Kind
from orchestrator.flow.syntax.problem import Findings, FlowProblem
from orchestrator.flow.templating.templates import has_places
from orchestrator.flow.vocabulary import (
    BESIDE_EVENTS,
    BUILT_IN_OUTCOMES,
    CONNECTING,
    CONTACT_FIELDS,
    FLOW_KEYS,
    PARTNER_EVENTS,
    STEP_COMMANDS,
    TARGET_EVENTS,
)
from orchestrator.policy.ring_time import min_ring_s, why_ring_too_short

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)


def read_flow(
    document: FlowDocument, library: Library = empty_library, *, is_stored: bool = False
) -> tuple[Flow, Findings]:
    """Return the flow and the findings of the check; a flow with problems must not be run.

    The steps of included flows, found in `library`, become its own. Checks that are newer than the acceptance of a flow
    that `is_stored` do not apply to it.
    """
    return _read_document(document, IncludeContext(library, _accepted), is_stored=is_stored)


def _accepted(stored: StoredFlow, includes: IncludeContext) -> Flow | None:
    try:
        document = parse_flow(stored.text, stored.content_type)
        flow, findings = _read_document(document, includes, is_stored=True)
    except InvalidFlow:
        return None
    return None if findings.problems else flow


def _read_document(document: FlowDocument, includes: IncludeContext, *, is_stored: bool) -> tuple[Flow, Findings]:
    context = ParseContext(document.text.splitlines(), is_stored=is_stored, problems=list(document.problems))
    root = DocumentNode(document.root)
    entries = context.map_of(root, "a flow", FLOW_KEYS)
    if root.kind is Kind.MAP:
        for needed in ("name", "start", "steps"):
            if needed not in entries:
                context.report(root, f"a flow needs {needed}")
    flow = _read(context, entries, includes)
    return flow, Findings(_by_line(context.problems), _by_line(context.warnings))


def _by_line(found: list[FlowProblem]) -> list[FlowProblem]:
    return sorted(found, key=lambda problem: (problem.line, problem.pointer))


def _read(context: ParseContext, entries: dict[str, DocumentNode], includes: IncludeContext) -> Flow:
    name = _name(context, entries.get("name"))
    context.inputs = _inputs(context, entries.get("inputs"))
    context.answers = _answers(context, entries.get("answers"))
    context.hours = read_hours(context, entries.get("hours"))
    context.says = read_says(context, entries)
    context.said_by_text = texts_that_say(entries.get("texts"), context.says.identify)
    step_nodes = _step_nodes(context, entries.get("steps"))
    included = read_includes(context, step_nodes, includes)
    _declare(context, included.values())
    texts = read_texts(context, entries.get("texts"), entries.get("language"))
    context.texts, context.translations = frozenset(texts.by_name) if texts else None, texts
    declared = _outcomes(context, entries.get("outcomes"))
    context.outcomes = declared.union(BUILT_IN_OUTCOMES, *(flow.outcomes for flow in included.values()))
    outcome = context.outcome(entries.get("outcome"))
    dial = read_dial(context, entries["dial"]) if "dial" in entries else {}
    _warn_of_short_ring(context, entries.get("dial"), dial)
    context.detection = _detection(entries.get("dial"))
    context.steps = frozenset(step_nodes)
    context.second_leg_events = _second_leg_events(step_nodes.values())
    context.has_connecting_step = any(
        node.child(action) is not None for node in step_nodes.values() for action in CONNECTING
    )
    context.background_events = _background_events(step_nodes.values())
    context.defaults = _defaults(context, entries.get("defaults"))
    start = read_start(context, entries["start"]) if "start" in entries else Start()
    start = replace(start, inbound=context.step_name(entries.get("inbound"), "inbound"))
    context.on = read_on(context, entries.get("on"), None)
    steps = {step: read_step(context, step, node) for step, node in step_nodes.items()}
    warn_of_early_outcomes(context, steps, step_nodes)
    anywhere = [branch.goto for branches in context.on.values() for branch in branches if branch.goto]
    for step, flow in included.items():
        own = _with_included(steps[step], flow)
        steps |= own
        step_nodes |= dict.fromkeys(own, step_nodes[step])
    opt_out, farewell = read_opt_out(context, entries.get("opt_out"), steps)
    anywhere += [*filter(is_of_opt_out, steps), *([farewell] if farewell else [])]
    check_reachability(context, [*start.targets(), *anywhere], steps, step_nodes)
    steps |= opt_out_steps(steps, farewell, context.on) if opt_out else {}
    return Flow(
        name=name,
        inputs=context.inputs,
        answers=context.answers,
        outcomes=context.outcomes,
        outcome=outcome,
        dial=dial,
        start=start,
        steps=steps,
        awaited=_awaited(steps),
        hours=context.hours,
        on=context.on,
        texts=texts,
        says=context.says,
        opt_out=opt_out or adopted_opt_out(included),
        reads_notices=context.reads_notices,
        left_to_engine=left_to_engine(context.says, context.reads_notices, dial, steps.values()),
    )


def _warn_of_short_ring(context: ParseContext, node: DocumentNode | None, dial: Mapping[str, Any]) -> None:
    ring = node.child("timeout_secs") if node else None
    if ring is not None and (why := why_ring_too_short(dial.get("timeout_secs", min_ring_s()))):
        context.warn(ring, f"no campaign and no single call may use this flow: {why}")


def _with_included(step: Step, flow: Flow) -> dict[str, Step]:
    """Return the step, leading into the included flow, with that flow's steps."""
    into = replace(step, goto=f"{step.name}.{flow.start.entry}")
    return {step.name: into, **inlined(flow, under=step.name, leave=step.goto)}


def _declare(context: ParseContext, included: Iterable[Flow]) -> None:
    """Add the declarations of included flows; this flow's own declaration of a name wins."""
    for flow in included:
        context.inputs = {**flow.inputs, **context.inputs}
        context.answers = {**flow.answers, **context.answers}
        context.hours = {**flow.hours, **context.hours}
        context.reads_notices |= flow.reads_notices


def _name(context: ParseContext, node: DocumentNode | None) -> str:
    name = context.text(node, "name")
    if node is not None and name is not None and not _NAME.fullmatch(name):
        context.report(node, "a name has letters, digits, dots, dashes and underscores, at most 100")
    return name or ""


def _inputs(context: ParseContext, node: DocumentNode | None) -> dict[str, Input]:
    if node is None or not context.expect(node, Kind.MAP, "inputs"):
        return {}
    inputs: dict[str, Input] = {}
    for name, entry in node.entries():
        _check_word(context, entry, name, "an input")
        if name in CONTACT_FIELDS:
            context.report(entry, f"contact.{name} is there already", line=entry.key_line)
        wanted = context.map_of(entry, f"the input {name}", {"default"})
        default = context.scalar(wanted["default"], "a default") if "default" in wanted else None
        inputs[name] = Input(is_required="default" not in wanted, default=default)
    return inputs


def _answers(context: ParseContext, node: DocumentNode | None) -> dict[str, Any]:
    if node is None or not context.expect(node, Kind.MAP, "answers"):
        return {}
    for name, entry in node.entries():
        _check_word(context, entry, name, "an answer")
        if entry.kind is Kind.TEXT and has_places(entry.value):
            context.report(entry, "a first value is plain; {{ … }} belongs in a set")
    return {name: context.scalar(entry, f"the answer {name}") for name, entry in node.entries()}


def _outcomes(context: ParseContext, node: DocumentNode | None) -> frozenset[str]:
    if node is None or not context.expect(node, Kind.LIST, "outcomes"):
        return frozenset()
    names: set[str] = set()
    for item in node.items():
        name = context.text(item, "an outcome")
        if name is None:
            continue
        _check_word(context, item, name, "an outcome")
        if name in names:
            context.report(item, f"the outcome {name} is there already")
        names.add(name)
    return frozenset(names)


def _detection(dial: DocumentNode | None) -> str | None:
    node = dial.child("answering_machine_detection") if dial else None
    mode = node.value if node and node.kind is Kind.TEXT else None
    return None if mode == "disabled" else mode


def _step_nodes(context: ParseContext, node: DocumentNode | None) -> dict[str, DocumentNode]:
    if node is None or not context.expect(node, Kind.MAP, "steps"):
        return {}
    if not node.entries():
        context.report(node, "a flow has at least one step")
    step_nodes = {name: entry.in_step(name) for name, entry in node.entries()}
    for name, place in step_nodes.items():
        if not STEP_NAME.fullmatch(name):
            context.report(place, f"{name} is no name for a step: letters, digits, _ and -, at most 64, no digit first")
    return step_nodes


def _background_events(step_nodes: Iterable[DocumentNode]) -> frozenset[str]:
    """Return the background events that the flow's steps can cause."""
    actions = {key for node in step_nodes for key, _ in node.entries() if key in STEP_COMMANDS}
    return frozenset().union(*map(caused_by, actions)) & BESIDE_EVENTS


def _second_leg_events(step_nodes: Iterable[DocumentNode]) -> frozenset[str]:
    """Return the events of second legs that the flow's transfers and bridges can cause."""
    detail: frozenset[str] = frozenset()
    for node in step_nodes:
        bridge = node.child("bridge")
        if node.child("transfer") is not None:
            detail |= TARGET_EVENTS
        elif bridge is not None and all(bridge.child(other) is None for other in ("queue", "video_room_id")):
            detail |= PARTNER_EVENTS
    return detail


def _defaults(context: ParseContext, node: DocumentNode | None) -> dict[str, dict[str, DocumentNode]]:
    if node is None or not context.expect(node, Kind.MAP, "defaults"):
        return {}
    defaults: dict[str, dict[str, DocumentNode]] = {}
    for action, entry in node.entries():
        if action not in STEP_COMMANDS:
            context.report(
                entry, f"there is no command {action}{suggestion(action, STEP_COMMANDS)}", line=entry.key_line
            )
            continue
        defaults[action] = read_defaults(context, action, entry)
    return defaults


def _awaited(steps: dict[str, Step]) -> frozenset[str]:
    return frozenset(step.action.event for step in steps.values() if isinstance(step.action, WaitFor))


def _check_word(context: ParseContext, node: DocumentNode, name: str, what: str) -> None:
    if not WORD.fullmatch(name):
        line = node.key_line
        context.report(
            node, f"{name} is no name for {what}: letters, digits and _, at most 64, no digit first", line=line
        )
