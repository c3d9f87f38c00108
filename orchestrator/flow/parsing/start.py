"""Reads where a flow begins."""

from __future__ import annotations

from orchestrator.flow.definition import Start
from orchestrator.flow.limits import START_TIMEOUT_S
from orchestrator.flow.parsing.context import Desk
from orchestrator.flow.parsing.durations import read_duration
from orchestrator.flow.syntax.node import Kind, Spot
from orchestrator.flow.vocabulary import START_RESULTS


def read_start(desk: Desk, spot: Spot) -> Start:
    """Return the start: a step's name with detection off, a step for each result with detection on."""
    if desk.detection is None:
        return _without_detection(desk, spot)
    if spot.kind is not Kind.MAP:
        desk.tell(spot, "detection is on, so start says where each result leads: {human: step, machine: step}")
        return Start()
    if spot.child("answered") is not None:
        return _at_once(desk, spot)
    entries = desk.map_of(spot, "start", START_RESULTS | {"timeout", "answered"})
    if "human" not in entries:
        desk.tell(spot, "start needs human: who is not sure to be a machine is treated as a person")
    by_result = {result: desk.step_name(entries[result], result) for result in START_RESULTS if result in entries}
    timeout_s, timeout_goto = _timeout(desk, entries.get("timeout"))
    return Start(
        by_result={result: step for result, step in by_result.items() if step},
        timeout_s=timeout_s,
        timeout_goto=timeout_goto,
    )


def _at_once(desk: Desk, spot: Spot) -> Start:
    """Return the start of a flow that does not wait for the result; people stay where they are then."""
    for key, entry in spot.entries():
        if key in (START_RESULTS - {"machine", "fax"}) | {"timeout"}:
            why = "the flow has begun, and only a machine or a fax leads elsewhere"
            desk.tell(entry, f"{key} has no place beside answered: {why}", line=entry.node.key_line)
    entries = desk.map_of(spot, "start", START_RESULTS | {"timeout", "answered"})
    if "machine" not in entries:
        desk.tell(spot, "start needs machine beside answered: where the flow goes on when one is found")
    led = {result: desk.step_name(entries[result], result) for result in ("machine", "fax") if result in entries}
    return Start(
        by_result={result: step for result, step in led.items() if step},
        answered=desk.step_name(entries["answered"], "answered"),
    )


def _without_detection(desk: Desk, spot: Spot) -> Start:
    if spot.kind is Kind.MAP:
        told = "detection is off, so start is the name of a step; turn detection on under dial: to tell who answered"
        desk.tell(spot, told)
        return Start()
    return Start(entry=desk.step_name(spot, "start"))


def _timeout(desk: Desk, spot: Spot | None) -> tuple[float, str | None]:
    if spot is None:
        return START_TIMEOUT_S, None
    entries = desk.map_of(spot, "timeout", {"after", "goto"})
    if "after" not in entries and spot.kind is Kind.MAP:
        desk.tell(spot, "timeout needs after, as in {after: 6s, goto: step}")
    after_s = read_duration(desk, entries.get("after"))
    return after_s if after_s is not None else START_TIMEOUT_S, desk.step_name(entries.get("goto"), "goto")
