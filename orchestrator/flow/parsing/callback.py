"""Parses `callback`: when the person is to be called back."""

from __future__ import annotations

from orchestrator.flow.actions import CallBack, Constant, Value
from orchestrator.flow.parsing.context import ParseContext
from orchestrator.flow.syntax.node import DocumentNode, Kind
from orchestrator.policy.durations import parse_duration
from orchestrator.policy.timestamps import parse_timestamp


def read_callback(context: ParseContext, node: DocumentNode) -> CallBack:
    """Return the action; report what is wrong with its time."""
    entries = context.map_of(node, "callback", {"after", "at", "note"})
    if node.kind is Kind.MAP and ("after" in entries) == ("at" in entries):
        context.report(node, "callback needs a time: either after, as in {after: 2h}, or at")
    after_s = _after_s(context, entries["after"]) if "after" in entries else None
    return CallBack(after_s, _at(context, entries), _text(context, entries, "note"))


def _after_s(context: ParseContext, node: DocumentNode) -> float | None:
    written = context.text(node, "after")
    try:
        return parse_duration(written).total_seconds() if written is not None else None
    except ValueError as err:
        context.report(node, str(err))
        return None


def _at(context: ParseContext, entries: dict[str, DocumentNode]) -> Value | None:
    at = _text(context, entries, "at")
    if isinstance(at, Constant):
        try:
            parse_timestamp(str(at.given))
        except ValueError as err:
            context.report(entries["at"], str(err))
    return at


def _text(context: ParseContext, entries: dict[str, DocumentNode], name: str) -> Value | None:
    is_text = context.text(entries.get(name), name) is not None
    return context.value(entries[name], name) if is_text else None
