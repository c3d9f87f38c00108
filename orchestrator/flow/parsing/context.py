"""The desk a document is read at: what is known of the flow so far, and the problems found."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.flow.actions import Branch, Constant, Value
from orchestrator.flow.definition import Input
from orchestrator.flow.syntax.node import Kind, Spot
from orchestrator.flow.syntax.problem import FlowProblem
from orchestrator.flow.templating.expressions import BadExpression, Expression
from orchestrator.flow.templating.templates import Template, has_places, parse_template
from orchestrator.flow.templating.translations import Texts
from orchestrator.flow.vocabulary import BUILT_IN_OUTCOMES, CONTACT_FIELDS, EVENT_FIELDS
from orchestrator.policy.weekly_hours import CallingHours

WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
STEP_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", re.ASCII)


@dataclass
class Desk:
    """What the readers share; `problems` and `warnings` are the answer of the check.

    A flow that `is_stored` was accepted once: what a later version of this program finds wrong with it does not count.
    """

    lines: list[str]
    is_stored: bool = False
    problems: list[FlowProblem] = field(default_factory=list)
    warnings: list[FlowProblem] = field(default_factory=list)
    inputs: dict[str, Input] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    outcomes: frozenset[str] = BUILT_IN_OUTCOMES
    steps: frozenset[str] = frozenset()
    defaults: dict[str, dict[str, Spot]] = field(default_factory=dict)
    hours: Mapping[str, CallingHours] = field(default_factory=dict)
    texts: frozenset[str] | None = None
    spoken: Texts | None = None
    detection: str | None = None
    of_targets: frozenset[str] = frozenset()
    connects: bool = False
    beside: frozenset[str] = frozenset()
    on: Mapping[str, tuple[Branch, ...]] = field(default_factory=dict)

    def tell(self, spot: Spot, detail: str, *, line: int | None = None) -> None:
        """Note a problem, once."""
        problem = FlowProblem(spot.step, line or spot.line, spot.pointer, detail)
        if problem not in self.problems:
            self.problems.append(problem)

    def warn(self, spot: Spot, detail: str) -> None:
        """Note what is accepted and yet surely not meant."""
        self.warnings.append(FlowProblem(spot.step, spot.line, spot.pointer, detail))

    def expect(self, spot: Spot, kind: Kind, what: str) -> bool:
        """Whether the spot is of that kind; tells if not."""
        if spot.kind is kind:
            return True
        if kind is Kind.TEXT or spot.kind is Kind.BRACES:
            self.tell_not_text(spot, what)
        else:
            self.tell(spot, f"{what} is {kind}, but here stands {spot.kind}")
        return False

    def tell_not_text(self, spot: Spot, what: str) -> None:
        """Tell that text is wanted, and the quoted form to write."""
        if spot.kind in {Kind.MAP, Kind.LIST}:
            self.tell(spot, f"{what} is text, but here stands {spot.kind}")
            return
        self.tell(spot, f"{what} is text, but here stands {spot.kind}; write {_label(spot)}{self._quoted(spot)}")

    def text(self, spot: Spot | None, what: str) -> str | None:
        """Return the text at the spot, or None with a problem told; None for a missing spot is silent."""
        if spot is None or not self.expect(spot, Kind.TEXT, what):
            return None
        return str(spot.node.value)

    def scalar(self, spot: Spot, what: str) -> Any:
        """Return a plain value: text, number, true or false, nothing; None with a problem told for anything else."""
        if spot.kind in {Kind.MAP, Kind.LIST}:
            self.tell(spot, f"{what} is a single value, but here stands {spot.kind}")
        elif spot.kind is Kind.BRACES:
            self.tell_not_text(spot, what)
        elif spot.kind is Kind.NUMBER and spot.node.value is None:
            self.tell(spot, f"{spot.node.raw} is beyond every number that can be kept; write it as text")
        else:
            return spot.node.value
        return None

    def value(self, spot: Spot, what: str, *, has_event: str | None = None) -> Value:
        """Return a plain value or a template; `has_event` names the event that `event` means here, if any."""
        plain = self.scalar(spot, what)
        if isinstance(plain, str) and has_places(plain):
            template = self.template(spot, plain, has_event=has_event)
            return template or Constant(None)
        return Constant(plain)

    def template(self, spot: Spot, text: str, *, has_event: str | None = None) -> Template | None:
        """Return the compiled template, or None with a problem told."""
        try:
            template = parse_template(text)
        except BadExpression as err:
            self.tell(spot, str(err))
            return None
        self.check_names(spot, template, has_event=has_event)
        return template

    def check_names(self, spot: Spot, text: Template | Expression, *, has_event: str | None) -> None:
        """Tell every name that would be unknown when the call runs."""
        for hours in text.hours:
            if hours not in self.hours:
                self.tell(spot, f"there are no hours {hours}; say them under hours:{suggestion(hours, self.hours)}")
        known: dict[str, Iterable[str]] = {"contact": (*self.inputs, *CONTACT_FIELDS), "answers": self.answers}
        if has_event is not None:
            known["event"] = EVENT_FIELDS.get(has_event, frozenset())
        if self.texts is not None:
            known["texts"] = self.texts
        for path in text.paths:
            if path == ("language",) and self.texts is not None:
                continue
            if path[0] not in known:
                self.tell(spot, _unknown_root(path[0], known))
            elif len(path) == 1:
                self.tell(
                    spot, f"{path[0]} needs the name of one of its values, such as {path[0]}.{_any(known[path[0]])}"
                )
            elif path[1] not in known[path[0]]:
                self.tell(spot, f"unknown: {'.'.join(path)}{suggestion(path[1], known[path[0]])}")

    def map_of(self, spot: Spot, what: str, allowed: Iterable[str]) -> dict[str, Spot]:
        """Return the known entries of a map; tells what is not a map, or not known."""
        if not self.expect(spot, Kind.MAP, what):
            return {}
        known = frozenset(allowed)
        for key, entry in spot.entries():
            if key not in known:
                self.tell(entry, f"{what} has no {key}{suggestion(key, known)}", line=entry.node.key_line)
        return {key: entry for key, entry in spot.entries() if key in known}

    def step_name(self, spot: Spot | None, what: str) -> str | None:
        """Return the name of a step that exists, or None with a problem told."""
        name = self.text(spot, what)
        if spot is None or name is None:
            return None
        if name not in self.steps:
            self.tell(spot, f"there is no step {name}{suggestion(name, self.steps)}")
            return None
        return name

    def outcome(self, spot: Spot | None) -> str | None:
        """Return an outcome that is declared, or None with a problem told."""
        name = self.text(spot, "an outcome")
        if spot is None or name is None:
            return None
        if name not in self.outcomes:
            self.tell(spot, f"the outcome {name} is not declared; add it to outcomes{suggestion(name, self.outcomes)}")
            return None
        return name

    def _quoted(self, spot: Spot) -> str:
        if spot.kind is not Kind.NOTHING:
            return json.dumps(spot.node.raw, ensure_ascii=False)
        line = self.lines[spot.node.key_line - 1] if spot.node.key_line <= len(self.lines) else ""
        hidden = re.search(r"#\S*", line.partition(spot.name)[2])
        return json.dumps("#" if hidden else spot.node.raw)


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?" when something close is known, else what there is, else nothing."""
    names = sorted(known)
    if close := difflib.get_close_matches(name, names, n=1):
        return f"; did you mean {close[0]}?"
    return f"; there is {', '.join(names)}" if 0 < len(names) <= 12 else ""


def _label(spot: Spot) -> str:
    return f"{spot.name}: " if spot.name and not spot.name.isdigit() else ""


def _any(names: Iterable[str]) -> str:
    return next(iter(names), "name")


def _unknown_root(name: str, known: Iterable[str]) -> str:
    if name == "event":
        return "event is known only in a branch of on; keep what you need of it with set, then read answers"
    return f"unknown: {name}{suggestion(name, known)}"
