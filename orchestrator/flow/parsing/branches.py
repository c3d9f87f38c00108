"""Reads the ways on: what must match, what is stored, where they lead."""

from __future__ import annotations

from typing import Final

from orchestrator.flow.actions import Branch, Value
from orchestrator.flow.definition import Timeout
from orchestrator.flow.parsing.context import Desk, suggestion
from orchestrator.flow.parsing.durations import read_duration
from orchestrator.flow.syntax.node import Kind, Spot
from orchestrator.flow.templating.expressions import BadExpression, Expression, parse_expression
from orchestrator.flow.vocabulary import BRANCH_KEYS, DTMF, EVENT_FIELDS


def read_ways(desk: Desk, spot: Spot, event: str) -> tuple[Branch, ...]:
    """Return the branches of one event: a step's name, one branch, or a list of them."""
    if spot.kind is Kind.TEXT:
        return (Branch(goto=desk.step_name(spot, "a step")),)
    if spot.kind is Kind.MAP:
        return _checked(desk, spot, [(spot, read_branch(desk, spot, event))])
    if spot.kind is Kind.LIST:
        return _checked(desk, spot, [(item, read_branch(desk, item, event)) for item in spot.items()])
    if spot.kind is Kind.NOTHING:
        desk.tell(spot, f"{spot.name} leads nowhere; name a step or give a list of branches")
    else:
        desk.tell_not_text(spot, "a step")
    return ()


def read_branch(desk: Desk, spot: Spot, event: str | None) -> Branch:
    """Return one branch; `event` is None where none has happened (`choose`, `timeout`)."""
    entries = desk.map_of(spot, "a branch", _keys_for(event))
    if "match" in entries and "when" in entries:
        desk.tell(spot, "a branch has match or when, not both")
    return Branch(
        match=_match(desk, entries["match"], event) if "match" in entries and event else (),
        when=_when(desk, entries["when"], event) if "when" in entries else None,
        set=read_set(desk, entries["set"], event) if "set" in entries else (),
        outcome=desk.outcome(entries.get("outcome")),
        goto=desk.step_name(entries.get("goto"), "goto"),
        during_gather=_truth(desk, entries.get("during_gather")),
    )


def read_choices(desk: Desk, spot: Spot) -> tuple[Branch, ...]:
    """Return the branches of a `choose`; each of them must lead on."""
    if not desk.expect(spot, Kind.LIST, "choose"):
        return ()
    for item in spot.items():
        if item.kind is Kind.MAP and item.child("goto") is None:
            desk.tell(item, "each branch of choose needs a goto")
    return _checked(desk, spot, [(item, read_branch(desk, item, None)) for item in spot.items()])


def read_set(desk: Desk, spot: Spot, event: str | None) -> tuple[tuple[str, Value], ...]:
    """Return what is stored; only declared answers may be."""
    if not desk.expect(spot, Kind.MAP, "set"):
        return ()
    for name, entry in spot.entries():
        if name not in desk.answers:
            desk.tell(entry, f"the answer {name} is not declared; add it to answers{suggestion(name, desk.answers)}")
    return tuple((name, desk.value(entry, f"the answer {name}", has_event=event)) for name, entry in spot.entries())


def read_timeout(desk: Desk, spot: Spot) -> Timeout | None:
    """Return a step's timeout: after how long, and the way on."""
    if not desk.expect(spot, Kind.MAP, "timeout"):
        return None
    desk.map_of(spot, "timeout", {"after", "goto", "outcome", "set"})
    for needed in ("after", "goto"):
        if spot.child(needed) is None:
            desk.tell(spot, f"timeout needs {needed}, as in {{after: 40s, goto: step}}")
    set_spot = spot.child("set")
    way = Branch(
        set=read_set(desk, set_spot, None) if set_spot else (),
        outcome=desk.outcome(spot.child("outcome")),
        goto=desk.step_name(spot.child("goto"), "goto"),
    )
    after_s = read_duration(desk, spot.child("after"))
    return Timeout(after_s, way) if after_s is not None else None


def _keys_for(event: str | None) -> frozenset[str]:
    if event == DTMF:
        return BRANCH_KEYS
    return BRANCH_KEYS - {"during_gather"} if event else BRANCH_KEYS - {"during_gather", "match"}


_OTHERWISE: Final = "add one for all other cases, such as {goto: …}, or {} to stay in the step"


def _checked(desk: Desk, spot: Spot, read: list[tuple[Spot, Branch]]) -> tuple[Branch, ...]:
    """Tell what can never be reached and what could be left without a way; hand the branches back."""
    if not read:
        desk.tell(spot, f"{spot.name} has no branches")
    for number, (place, _) in enumerate(read, start=1):
        conditional = place.child("match") is not None or place.child("when") is not None
        if number == len(read) and conditional:
            desk.tell(place, f"the last branch must have neither match nor when; {_OTHERWISE}")
        if number < len(read) and not conditional and place.kind is Kind.MAP:
            desk.tell(place, "only the last branch may stand without match or when; those after it are never tried")
    return tuple(branch for _, branch in read)


def _match(desk: Desk, spot: Spot, event: str) -> tuple[tuple[str, tuple[Value, ...]], ...]:
    if not desk.expect(spot, Kind.MAP, "match"):
        return ()
    fields = EVENT_FIELDS.get(event, frozenset())
    found = []
    for name, entry in spot.entries():
        if name not in fields:
            desk.tell(entry, f"{event} has no {name}{suggestion(name, fields)}", line=entry.node.key_line)
        found.append((name, _accepted(desk, entry, event)))
    if not found:
        desk.tell(spot, "match names no field")
    return tuple(found)


def _accepted(desk: Desk, spot: Spot, event: str) -> tuple[Value, ...]:
    """Return the texts of which one must be met; quotes are needed, because 07 as a number is 7."""
    places = spot.items() if spot.kind is Kind.LIST else [spot]
    texts = [place for place in places if desk.text(place, f"what {spot.name} is compared with") is not None]
    return tuple(desk.value(place, spot.name, has_event=event) for place in texts)


def _when(desk: Desk, spot: Spot, event: str | None) -> Expression | None:
    text = desk.text(spot, "when")
    if text is None:
        return None
    try:
        expression = parse_expression(text)
    except BadExpression as err:
        desk.tell(spot, f"when: {err}")
        return None
    desk.check_names(spot, expression, has_event=event)
    return expression


def _truth(desk: Desk, spot: Spot | None) -> bool:
    if spot is None or not desk.expect(spot, Kind.TRUTH, spot.name):
        return False
    return bool(spot.node.value)
