"""Reads a whole flow, from its names down to its steps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from orchestrator.errors import InvalidFlow
from orchestrator.flow.actions import WaitFor
from orchestrator.flow.command_events import caused_by
from orchestrator.flow.definition import Flow, Input, Start, Step
from orchestrator.flow.library import Library, Shelved, empty_library
from orchestrator.flow.parsing.commands import read_defaults, read_dial
from orchestrator.flow.parsing.context import STEP_NAME, WORD, Desk, suggestion
from orchestrator.flow.parsing.early_outcomes import warn_of_early_outcomes
from orchestrator.flow.parsing.hours import read_hours
from orchestrator.flow.parsing.include import Shelves, read_includes
from orchestrator.flow.parsing.inlining import inlined
from orchestrator.flow.parsing.reachability import check_graph
from orchestrator.flow.parsing.start import read_start
from orchestrator.flow.parsing.steps import read_on, read_step
from orchestrator.flow.parsing.translations import read_texts
from orchestrator.flow.syntax.document import FlowDocument, parse_flow
from orchestrator.flow.syntax.node import Kind, Spot
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
from orchestrator.policy.ring_floor import LEAST_RING_S, why_ring_too_short

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)


def read_flow(
    document: FlowDocument, library: Library = empty_library, *, is_stored: bool = False
) -> tuple[Flow, Findings]:
    """Return the flow and what is found in it; with problems the flow is not to be run.

    The steps of what it includes, found in `library`, are its own from here on. One that `is_stored` is not held to
    what was not checked when it was accepted.
    """
    return _read_document(document, Shelves(library, _accepted), is_stored=is_stored)


def _accepted(shelved: Shelved, shelves: Shelves) -> Flow | None:
    try:
        document = parse_flow(shelved.text, shelved.content_type)
        flow, findings = _read_document(document, shelves, is_stored=True)
    except InvalidFlow:
        return None
    return None if findings.problems else flow


def _read_document(document: FlowDocument, shelves: Shelves, *, is_stored: bool) -> tuple[Flow, Findings]:
    desk = Desk(document.text.splitlines(), is_stored=is_stored, problems=list(document.problems))
    root = Spot(document.root)
    entries = desk.map_of(root, "a flow", FLOW_KEYS)
    if root.kind is Kind.MAP:
        for needed in ("name", "start", "steps"):
            if needed not in entries:
                desk.tell(root, f"a flow needs {needed}")
    flow = _read(desk, entries, shelves)
    return flow, Findings(_by_line(desk.problems), _by_line(desk.warnings))


def _by_line(found: list[FlowProblem]) -> list[FlowProblem]:
    return sorted(found, key=lambda problem: (problem.line, problem.pointer))


def _read(desk: Desk, entries: dict[str, Spot], shelves: Shelves) -> Flow:
    name = _name(desk, entries.get("name"))
    desk.inputs = _inputs(desk, entries.get("inputs"))
    desk.answers = _answers(desk, entries.get("answers"))
    desk.hours = read_hours(desk, entries.get("hours"))
    places = _places(desk, entries.get("steps"))
    included = read_includes(desk, places, shelves)
    _declare(desk, included.values())
    texts = read_texts(desk, entries.get("texts"), entries.get("language"))
    desk.texts, desk.spoken = frozenset(texts.by_name) if texts else None, texts
    declared = _outcomes(desk, entries.get("outcomes"))
    desk.outcomes = declared.union(BUILT_IN_OUTCOMES, *(flow.outcomes for flow in included.values()))
    outcome = desk.outcome(entries.get("outcome"))
    dial = read_dial(desk, entries["dial"]) if "dial" in entries else {}
    _warn_of_short_ring(desk, entries.get("dial"), dial)
    desk.detection = _detection(entries.get("dial"))
    desk.steps = frozenset(places)
    desk.of_targets = _of_targets(places.values())
    desk.connects = any(spot.child(action) is not None for spot in places.values() for action in CONNECTING)
    desk.beside = _beside(places.values())
    desk.defaults = _defaults(desk, entries.get("defaults"))
    start = read_start(desk, entries["start"]) if "start" in entries else Start()
    start = replace(start, inbound=desk.step_name(entries.get("inbound"), "inbound"))
    desk.on = read_on(desk, entries.get("on"), None)
    steps = {step: read_step(desk, step, spot) for step, spot in places.items()}
    warn_of_early_outcomes(desk, steps, places)
    anywhere = [branch.goto for branches in desk.on.values() for branch in branches if branch.goto]
    for step, flow in included.items():
        own = _with_included(steps[step], flow)
        steps |= own
        places |= dict.fromkeys(own, places[step])
    check_graph(desk, [*start.targets(), *anywhere], steps, places)
    return Flow(
        name=name,
        inputs=desk.inputs,
        answers=desk.answers,
        outcomes=desk.outcomes,
        outcome=outcome,
        dial=dial,
        start=start,
        steps=steps,
        awaited=_awaited(steps),
        hours=desk.hours,
        on=desk.on,
        texts=texts,
    )


def _warn_of_short_ring(desk: Desk, spot: Spot | None, dial: Mapping[str, Any]) -> None:
    ring = spot.child("timeout_secs") if spot else None
    if ring is not None and (why := why_ring_too_short(dial.get("timeout_secs", LEAST_RING_S))):
        desk.warn(ring, f"no campaign and no single call may use this flow: {why}")


def _with_included(step: Step, flow: Flow) -> dict[str, Step]:
    """Return the step, leading into the included flow, with that flow's steps."""
    into = replace(step, goto=f"{step.name}.{flow.start.entry}")
    return {step.name: into, **inlined(flow, under=step.name, leave=step.goto)}


def _declare(desk: Desk, included: Iterable[Flow]) -> None:
    """Declare what included flows declare; what this flow says of the same name counts."""
    for flow in included:
        desk.inputs = {**flow.inputs, **desk.inputs}
        desk.answers = {**flow.answers, **desk.answers}
        desk.hours = {**flow.hours, **desk.hours}


def _name(desk: Desk, spot: Spot | None) -> str:
    name = desk.text(spot, "name")
    if spot is not None and name is not None and not _NAME.fullmatch(name):
        desk.tell(spot, "a name has letters, digits, dots, dashes and underscores, at most 100")
    return name or ""


def _inputs(desk: Desk, spot: Spot | None) -> dict[str, Input]:
    if spot is None or not desk.expect(spot, Kind.MAP, "inputs"):
        return {}
    inputs: dict[str, Input] = {}
    for name, entry in spot.entries():
        _check_word(desk, entry, name, "an input")
        if name in CONTACT_FIELDS:
            desk.tell(entry, f"contact.{name} is there already", line=entry.node.key_line)
        wanted = desk.map_of(entry, f"the input {name}", {"default"})
        default = desk.scalar(wanted["default"], "a default") if "default" in wanted else None
        inputs[name] = Input(is_required="default" not in wanted, default=default)
    return inputs


def _answers(desk: Desk, spot: Spot | None) -> dict[str, Any]:
    if spot is None or not desk.expect(spot, Kind.MAP, "answers"):
        return {}
    for name, entry in spot.entries():
        _check_word(desk, entry, name, "an answer")
        if entry.kind is Kind.TEXT and has_places(entry.node.value):
            desk.tell(entry, "a first value is plain; {{ … }} belongs in a set")
    return {name: desk.scalar(entry, f"the answer {name}") for name, entry in spot.entries()}


def _outcomes(desk: Desk, spot: Spot | None) -> frozenset[str]:
    if spot is None or not desk.expect(spot, Kind.LIST, "outcomes"):
        return frozenset()
    names: set[str] = set()
    for item in spot.items():
        name = desk.text(item, "an outcome")
        if name is None:
            continue
        _check_word(desk, item, name, "an outcome")
        if name in names:
            desk.tell(item, f"the outcome {name} is there already")
        names.add(name)
    return frozenset(names)


def _detection(dial: Spot | None) -> str | None:
    spot = dial.child("answering_machine_detection") if dial else None
    mode = spot.node.value if spot and spot.kind is Kind.TEXT else None
    return None if mode == "disabled" else mode


def _places(desk: Desk, spot: Spot | None) -> dict[str, Spot]:
    if spot is None or not desk.expect(spot, Kind.MAP, "steps"):
        return {}
    if not spot.entries():
        desk.tell(spot, "a flow has at least one step")
    places = {name: entry.in_step(name) for name, entry in spot.entries()}
    for name, place in places.items():
        if not STEP_NAME.fullmatch(name):
            desk.tell(place, f"{name} is no name for a step: letters, digits, _ and -, at most 64, no digit first")
    return places


def _beside(places: Iterable[Spot]) -> frozenset[str]:
    """Return the events that the flow's steps can cause at any time."""
    actions = {key for spot in places for key, _ in spot.entries() if key in STEP_COMMANDS}
    return frozenset().union(*map(caused_by, actions)) & BESIDE_EVENTS


def _of_targets(places: Iterable[Spot]) -> frozenset[str]:
    """Return what can be heard of other legs: of those that a transfer creates, of a call that a bridge names."""
    told: frozenset[str] = frozenset()
    for spot in places:
        bridge = spot.child("bridge")
        if spot.child("transfer") is not None:
            told |= TARGET_EVENTS
        elif bridge is not None and all(bridge.child(other) is None for other in ("queue", "video_room_id")):
            told |= PARTNER_EVENTS
    return told


def _defaults(desk: Desk, spot: Spot | None) -> dict[str, dict[str, Spot]]:
    if spot is None or not desk.expect(spot, Kind.MAP, "defaults"):
        return {}
    defaults: dict[str, dict[str, Spot]] = {}
    for action, entry in spot.entries():
        if action not in STEP_COMMANDS:
            desk.tell(
                entry, f"there is no command {action}{suggestion(action, STEP_COMMANDS)}", line=entry.node.key_line
            )
            continue
        defaults[action] = read_defaults(desk, action, entry)
    return defaults


def _awaited(steps: dict[str, Step]) -> frozenset[str]:
    return frozenset(step.action.event for step in steps.values() if isinstance(step.action, WaitFor))


def _check_word(desk: Desk, spot: Spot, name: str, what: str) -> None:
    if not WORD.fullmatch(name):
        line = spot.node.key_line
        desk.tell(spot, f"{name} is no name for {what}: letters, digits and _, at most 64, no digit first", line=line)
