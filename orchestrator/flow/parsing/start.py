"""Parses where a flow begins."""

from __future__ import annotations

from orchestrator.flow.definition import Start
from orchestrator.flow.limits import START_TIMEOUT_S
from orchestrator.flow.parsing.context import ParseContext
from orchestrator.flow.parsing.durations import read_duration
from orchestrator.flow.syntax.node import DocumentNode, Kind
from orchestrator.flow.vocabulary import START_RESULTS


def read_start(context: ParseContext, node: DocumentNode) -> Start:
    """Return the start: a step's name with detection off, a step for each result with detection on."""
    if context.detection is None:
        return _without_detection(context, node)
    if node.kind is not Kind.MAP:
        context.report(node, "detection is on, so start says where each result leads: {human: step, machine: step}")
        return Start()
    if node.child("answered") is not None:
        return _without_waiting(context, node)
    entries = context.map_of(node, "start", START_RESULTS | {"timeout", "answered"})
    if "human" not in entries:
        context.report(node, "start needs human: who is not sure to be a machine is treated as a person")
    by_result = {result: context.step_name(entries[result], result) for result in START_RESULTS if result in entries}
    timeout_s, timeout_goto = _timeout(context, entries.get("timeout"))
    return Start(
        by_result={result: step for result, step in by_result.items() if step},
        timeout_s=timeout_s,
        timeout_goto=timeout_goto,
    )


def _without_waiting(context: ParseContext, node: DocumentNode) -> Start:
    """Return the start of a flow that does not wait for the result: only a machine or a fax changes its step."""
    for key, entry in node.entries():
        if key in (START_RESULTS - {"machine", "fax"}) | {"timeout"}:
            why = "the flow has begun, and only a machine or a fax leads elsewhere"
            context.report(entry, f"{key} has no place beside answered: {why}", line=entry.key_line)
    entries = context.map_of(node, "start", START_RESULTS | {"timeout", "answered"})
    if "machine" not in entries:
        context.report(node, "start needs machine beside answered: where the flow goes on when one is found")
    led = {result: context.step_name(entries[result], result) for result in ("machine", "fax") if result in entries}
    return Start(
        by_result={result: step for result, step in led.items() if step},
        answered=context.step_name(entries["answered"], "answered"),
    )


def _without_detection(context: ParseContext, node: DocumentNode) -> Start:
    if node.kind is Kind.MAP:
        detail = "detection is off, so start is the name of a step; turn detection on under dial: to tell who answered"
        context.report(node, detail)
        return Start()
    return Start(entry=context.step_name(node, "start"))


def _timeout(context: ParseContext, node: DocumentNode | None) -> tuple[float, str | None]:
    if node is None:
        return START_TIMEOUT_S, None
    entries = context.map_of(node, "timeout", {"after", "goto"})
    if "after" not in entries and node.kind is Kind.MAP:
        context.report(node, "timeout needs after, as in {after: 6s, goto: step}")
    after_s = read_duration(context, entries.get("after"))
    return after_s if after_s is not None else START_TIMEOUT_S, context.step_name(entries.get("goto"), "goto")
