"""Parses branches: what must match, what is stored, where they lead."""

from __future__ import annotations

from typing import Final

from orchestrator.flow.actions import Branch, Value
from orchestrator.flow.definition import Timeout
from orchestrator.flow.parsing.context import ParseContext, suggestion
from orchestrator.flow.parsing.durations import read_duration
from orchestrator.flow.syntax.node import DocumentNode, Kind
from orchestrator.flow.templating.expressions import BadExpression, Expression, parse_expression
from orchestrator.flow.vocabulary import BRANCH_KEYS, DTMF, EVENT_FIELDS


def read_branches(context: ParseContext, node: DocumentNode, event: str) -> tuple[Branch, ...]:
    """Return the branches of one event: a step's name, one branch, or a list of them."""
    if node.kind is Kind.TEXT:
        return (Branch(goto=context.step_name(node, "a step")),)
    if node.kind is Kind.MAP:
        return _checked(context, node, [(node, read_branch(context, node, event))])
    if node.kind is Kind.LIST:
        return _checked(context, node, [(item, read_branch(context, item, event)) for item in node.items()])
    if node.kind is Kind.NOTHING:
        context.report(node, f"{node.name} leads nowhere; name a step or give a list of branches")
    else:
        context.report_not_text(node, "a step")
    return ()


def read_branch(context: ParseContext, node: DocumentNode, event: str | None) -> Branch:
    """Return one branch; `event` is None where none has happened (`choose`, `timeout`)."""
    entries = context.map_of(node, "a branch", _keys_for(event))
    if "match" in entries and "when" in entries:
        context.report(node, "a branch has match or when, not both")
    return Branch(
        match=_match(context, entries["match"], event) if "match" in entries and event else (),
        when=_when(context, entries["when"], event) if "when" in entries else None,
        set=read_set(context, entries["set"], event) if "set" in entries else (),
        outcome=context.outcome(entries.get("outcome")),
        goto=context.step_name(entries.get("goto"), "goto"),
        during_gather=_truth(context, entries.get("during_gather")),
    )


def read_choices(context: ParseContext, node: DocumentNode) -> tuple[Branch, ...]:
    """Return the branches of a `choose`; each of them must lead on."""
    if not context.expect(node, Kind.LIST, "choose"):
        return ()
    for item in node.items():
        if item.kind is Kind.MAP and item.child("goto") is None:
            context.report(item, "each branch of choose needs a goto")
    return _checked(context, node, [(item, read_branch(context, item, None)) for item in node.items()])


def read_set(context: ParseContext, node: DocumentNode, event: str | None) -> tuple[tuple[str, Value], ...]:
    """Return the answers that are set; each must be declared."""
    if not context.expect(node, Kind.MAP, "set"):
        return ()
    for name, entry in node.entries():
        if name not in context.answers:
            context.report(
                entry, f"the answer {name} is not declared; add it to answers{suggestion(name, context.answers)}"
            )
    return tuple((name, context.value(entry, f"the answer {name}", has_event=event)) for name, entry in node.entries())


def read_timeout(context: ParseContext, node: DocumentNode) -> Timeout | None:
    """Return a step's timeout: its duration and its branch."""
    if not context.expect(node, Kind.MAP, "timeout"):
        return None
    context.map_of(node, "timeout", {"after", "goto", "outcome", "set"})
    for needed in ("after", "goto"):
        if node.child(needed) is None:
            context.report(node, f"timeout needs {needed}, as in {{after: 40s, goto: step}}")
    set_node = node.child("set")
    branch = Branch(
        set=read_set(context, set_node, None) if set_node else (),
        outcome=context.outcome(node.child("outcome")),
        goto=context.step_name(node.child("goto"), "goto"),
    )
    after_s = read_duration(context, node.child("after"))
    return Timeout(after_s, branch) if after_s is not None else None


def _keys_for(event: str | None) -> frozenset[str]:
    if event == DTMF:
        return BRANCH_KEYS
    return BRANCH_KEYS - {"during_gather"} if event else BRANCH_KEYS - {"during_gather", "match"}


_OTHERWISE: Final = "add one for all other cases, such as {goto: …}, or {} to stay in the step"


def _checked(context: ParseContext, node: DocumentNode, read: list[tuple[DocumentNode, Branch]]) -> tuple[Branch, ...]:
    """Report branches that can never be taken and events without a last branch; return the branches."""
    if not read:
        context.report(node, f"{node.name} has no branches")
    for number, (place, _) in enumerate(read, start=1):
        conditional = place.child("match") is not None or place.child("when") is not None
        if number == len(read) and conditional:
            context.report(place, f"the last branch must have neither match nor when; {_OTHERWISE}")
        if number < len(read) and not conditional and place.kind is Kind.MAP:
            context.report(
                place, "only the last branch may stand without match or when; those after it are never tried"
            )
    return tuple(branch for _, branch in read)


def _match(context: ParseContext, node: DocumentNode, event: str) -> tuple[tuple[str, tuple[Value, ...]], ...]:
    if not context.expect(node, Kind.MAP, "match"):
        return ()
    fields = EVENT_FIELDS.get(event, frozenset())
    found = []
    for name, entry in node.entries():
        if name not in fields:
            context.report(entry, f"{event} has no {name}{suggestion(name, fields)}", line=entry.key_line)
        found.append((name, _accepted(context, entry, event)))
    if not found:
        context.report(node, "match names no field")
    return tuple(found)


def _accepted(context: ParseContext, node: DocumentNode, event: str) -> tuple[Value, ...]:
    """Return the texts of which one must be equal; quotes are required, because 07 as a number is 7."""
    step_nodes = node.items() if node.kind is Kind.LIST else [node]
    texts = [place for place in step_nodes if context.text(place, f"what {node.name} is compared with") is not None]
    return tuple(context.value(place, node.name, has_event=event) for place in texts)


def _when(context: ParseContext, node: DocumentNode, event: str | None) -> Expression | None:
    text = context.text(node, "when")
    if text is None:
        return None
    try:
        expression = parse_expression(text)
    except BadExpression as err:
        context.report(node, f"when: {err}")
        return None
    context.check_names(node, expression, has_event=event)
    return expression


def _truth(context: ParseContext, node: DocumentNode | None) -> bool:
    if node is None or not context.expect(node, Kind.TRUTH, node.name):
        return False
    return bool(node.value)
