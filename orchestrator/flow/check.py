"""Checks a flow before it is accepted, and loads an accepted one; one parser does both."""

from __future__ import annotations

from orchestrator.errors import InvalidFlow
from orchestrator.flow.definition import Flow
from orchestrator.flow.library import Library, empty_library
from orchestrator.flow.parsing.flow import read_flow
from orchestrator.flow.syntax.document import YAML_TYPE, parse_flow
from orchestrator.flow.syntax.problem import Findings, FlowProblem


def check_flow(text: bytes | str, content_type: str = YAML_TYPE, *, library: Library = empty_library) -> Findings:
    """Return every problem and every warning of the flow; without problems it would be accepted."""
    try:
        _, findings = read_flow(parse_flow(text, content_type), library)
    except InvalidFlow as err:
        return Findings([FlowProblem(p.step, p.line, p.pointer, p.detail) for p in err.problems], [])
    return findings


def load_flow(
    text: bytes | str, content_type: str = YAML_TYPE, *, library: Library = empty_library, is_stored: bool = False
) -> Flow:
    """Return the flow, ready to run; raise InvalidFlow with every problem found.

    One that `is_stored` was accepted by this version or an older one; newer checks do not apply to it.
    """
    flow, findings = read_flow(parse_flow(text, content_type), library, is_stored=is_stored)
    if findings.problems:
        raise InvalidFlow(findings.problems)
    return flow
