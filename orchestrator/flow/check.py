"""Checks a flow before it is accepted, and loads an accepted one; one parser does both."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.errors import InvalidFlow
from orchestrator.flow.definition import Flow
from orchestrator.flow.library import Library, empty_library
from orchestrator.flow.notices import When
from orchestrator.flow.parsing.flow import read_flow
from orchestrator.flow.syntax.document import YAML_TYPE, parse_flow
from orchestrator.flow.syntax.node import DocumentNode
from orchestrator.flow.syntax.problem import Findings, FlowProblem
from orchestrator.flow.what_is_said import SpokenProblem, check_what_is_said, records_unannounced
from orchestrator.policy.purposes import Purpose, Voice


def check_flow(
    text: bytes | str,
    content_type: str = YAML_TYPE,
    *,
    library: Library = empty_library,
    purpose: Purpose | None = None,
    voice: Voice | None = None,
) -> Findings:
    """Return every problem and every warning of the flow; without problems it would be accepted.

    With a `purpose`, also what a campaign of this purpose and voice lacks.
    """
    try:
        document = parse_flow(text, content_type)
        flow, findings = read_flow(document, library)
    except InvalidFlow as err:
        return Findings([FlowProblem(p.step, p.line, p.pointer, p.detail) for p in err.problems], [])
    if findings.problems:
        return findings
    said = check_what_is_said(flow, purpose, voice)
    said.warnings.extend(_recording(flow))
    steps = DocumentNode(document.root).child("steps")
    problems, warnings = ([_placed(each, steps) for each in kind] for kind in (said.problems, said.warnings))
    return Findings(problems, [*findings.warnings, *warnings])


def _recording(flow: Flow) -> Iterator[SpokenProblem]:
    """Yield a warning of a recording that begins before the call says so, unless the flow means it."""
    if flow.says.recording_notice is not When.NEVER and (why := records_unannounced(flow)):
        detail = f"{why}; in fourteen states of the US everybody must know"
        yield SpokenProblem("recording_unannounced", None, detail)


def _placed(found: SpokenProblem, steps: DocumentNode | None) -> FlowProblem:
    """Return what is not said as a problem of the flow, at its step's line; an included step stands where it is."""
    place = steps.child((found.step or "").split(".")[0]) if steps else None
    return FlowProblem(found.step, place.line if place else 1, place.pointer if place else "", found.detail)


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
