"""What the parser knows of a flow so far, and the problems it has found."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.flow.actions import Branch, Constant, Value
from orchestrator.flow.definition import Input
from orchestrator.flow.notices import NOTICES, Said, SaysOfItself, expanded, hidden_name
from orchestrator.flow.syntax.node import DocumentNode, Kind
from orchestrator.flow.syntax.problem import FlowProblem
from orchestrator.flow.templating.expressions import BadExpression, Expression
from orchestrator.flow.templating.templates import Template, has_places, parse_template
from orchestrator.flow.templating.translations import Texts
from orchestrator.flow.vocabulary import BUILT_IN_OUTCOMES, CONTACT_FIELDS, EVENT_FIELDS
from orchestrator.policy.weekly_hours import CallingHours

WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_NOTICES: Final = {("contact", hidden_name(notice)): notice for notice in NOTICES}
STEP_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", re.ASCII)


@dataclass
class ParseContext:
    """The state that the parsing functions share; `problems` and `warnings` are the result of the check.

    A flow that `is_stored` was accepted once: checks that are newer than that do not apply to it.
    """

    lines: list[str]
    is_stored: bool = False
    problems: list[FlowProblem] = field(default_factory=list)
    warnings: list[FlowProblem] = field(default_factory=list)
    inputs: dict[str, Input] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    outcomes: frozenset[str] = BUILT_IN_OUTCOMES
    steps: frozenset[str] = frozenset()
    defaults: dict[str, dict[str, DocumentNode]] = field(default_factory=dict)
    hours: Mapping[str, CallingHours] = field(default_factory=dict)
    texts: frozenset[str] | None = None
    translations: Texts | None = None
    detection: str | None = None
    second_leg_events: frozenset[str] = frozenset()
    has_connecting_step: bool = False
    background_events: frozenset[str] = frozenset()
    on: Mapping[str, tuple[Branch, ...]] = field(default_factory=dict)
    says: SaysOfItself = field(default_factory=SaysOfItself)
    reads_notices: frozenset[Said] = frozenset()
    said_by_text: Mapping[str, frozenset[Said]] = field(default_factory=dict)

    def report(self, node: DocumentNode, detail: str, *, line: int | None = None) -> None:
        """Add a problem, once."""
        problem = FlowProblem(node.step, line or node.line, node.pointer, detail)
        if problem not in self.problems:
            self.problems.append(problem)

    def warn(self, node: DocumentNode, detail: str) -> None:
        """Add a warning: what is accepted and yet hardly intended."""
        self.warnings.append(FlowProblem(node.step, node.line, node.pointer, detail))

    def expect(self, node: DocumentNode, kind: Kind, what: str) -> bool:
        """Return whether the node is of that kind; report a problem if not."""
        if node.kind is kind:
            return True
        if kind is Kind.TEXT or node.kind is Kind.BRACES:
            self.report_not_text(node, what)
        else:
            self.report(node, f"{what} is {kind}, but here stands {node.kind}")
        return False

    def report_not_text(self, node: DocumentNode, what: str) -> None:
        """Report that text is required, with the quoted form to write."""
        if node.kind in {Kind.MAP, Kind.LIST}:
            self.report(node, f"{what} is text, but here stands {node.kind}")
            return
        self.report(node, f"{what} is text, but here stands {node.kind}; write {_label(node)}{self._quoted(node)}")

    def text(self, node: DocumentNode | None, what: str) -> str | None:
        """Return the node's text, or None after reporting a problem; a missing node gives None without one."""
        if node is None or not self.expect(node, Kind.TEXT, what):
            return None
        return str(node.value)

    def scalar(self, node: DocumentNode, what: str) -> Any:
        """Return a scalar: text, number, true, false or nothing; None after reporting a problem for anything else."""
        if node.kind in {Kind.MAP, Kind.LIST}:
            self.report(node, f"{what} is a single value, but here stands {node.kind}")
        elif node.kind is Kind.BRACES:
            self.report_not_text(node, what)
        elif node.kind is Kind.NUMBER and node.value is None:
            self.report(node, f"{node.raw} is beyond every number that can be kept; write it as text")
        else:
            return node.value
        return None

    def value(self, node: DocumentNode, what: str, *, has_event: str | None = None) -> Value:
        """Return a constant or a template; `has_event` names the event whose fields `event` has here, if any."""
        plain = self.scalar(node, what)
        if isinstance(plain, str) and has_places(plain):
            template = self.template(node, plain, has_event=has_event)
            return template or Constant(None)
        return Constant(plain)

    def template(self, node: DocumentNode, text: str, *, has_event: str | None = None) -> Template | None:
        """Return the compiled template, or None after reporting a problem."""
        try:
            template = parse_template(expanded(text, self.says.identify))
        except BadExpression as err:
            self.report(node, str(err))
            return None
        self.check_names(node, template, has_event=has_event)
        return template

    def check_names(self, node: DocumentNode, text: Template | Expression, *, has_event: str | None) -> None:
        """Report every name that would be unknown when the call runs."""
        for hours in text.hours:
            if hours not in self.hours:
                self.report(node, f"there are no hours {hours}; say them under hours:{suggestion(hours, self.hours)}")
        known: dict[str, Iterable[str]] = {"contact": (*self.inputs, *CONTACT_FIELDS), "answers": self.answers}
        if has_event is not None:
            known["event"] = EVENT_FIELDS.get(has_event, frozenset())
        if self.texts is not None:
            known["texts"] = self.texts
        for path in text.paths:
            if path == ("language",) and self.texts is not None:
                continue
            if path in _NOTICES:
                self.reads_notices |= {_NOTICES[path]}
                continue
            if path[0] not in known:
                self.report(node, _unknown_root(path[0], known))
            elif len(path) == 1:
                self.report(
                    node, f"{path[0]} needs the name of one of its values, such as {path[0]}.{_any(known[path[0]])}"
                )
            elif path[1] not in known[path[0]]:
                self.report(node, f"unknown: {'.'.join(path)}{suggestion(path[1], known[path[0]])}")

    def map_of(self, node: DocumentNode, what: str, allowed: Iterable[str]) -> dict[str, DocumentNode]:
        """Return the known entries of a map; report unknown keys and what is no map."""
        if not self.expect(node, Kind.MAP, what):
            return {}
        known = frozenset(allowed)
        for key, entry in node.entries():
            if key not in known:
                self.report(entry, f"{what} has no {key}{suggestion(key, known)}", line=entry.key_line)
        return {key: entry for key, entry in node.entries() if key in known}

    def step_name(self, node: DocumentNode | None, what: str) -> str | None:
        """Return the name of an existing step, or None after reporting a problem."""
        name = self.text(node, what)
        if node is None or name is None:
            return None
        if name not in self.steps:
            self.report(node, f"there is no step {name}{suggestion(name, self.steps)}")
            return None
        return name

    def outcome(self, node: DocumentNode | None) -> str | None:
        """Return a declared outcome, or None after reporting a problem."""
        name = self.text(node, "an outcome")
        if node is None or name is None:
            return None
        if name not in self.outcomes:
            self.report(
                node, f"the outcome {name} is not declared; add it to outcomes{suggestion(name, self.outcomes)}"
            )
            return None
        return name

    def _quoted(self, node: DocumentNode) -> str:
        if node.kind is not Kind.NOTHING:
            return json.dumps(node.raw, ensure_ascii=False)
        line = self.lines[node.key_line - 1] if node.key_line <= len(self.lines) else ""
        hidden = re.search(r"#\S*", line.partition(node.name)[2])
        return json.dumps("#" if hidden else node.raw)


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?" when something close is known, else what there is, else nothing."""
    names = sorted(known)
    if close := difflib.get_close_matches(name, names, n=1):
        return f"; did you mean {close[0]}?"
    return f"; there is {', '.join(names)}" if 0 < len(names) <= 12 else ""


def _label(node: DocumentNode) -> str:
    return f"{node.name}: " if node.name and not node.name.isdigit() else ""


def _any(names: Iterable[str]) -> str:
    return next(iter(names), "name")


def _unknown_root(name: str, known: Iterable[str]) -> str:
    if name == "event":
        return "event is known only in a branch of on; keep what you need of it with set, then read answers"
    return f"unknown: {name}{suggestion(name, known)}"
