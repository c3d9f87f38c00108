"""The flow language: documents checked before they are accepted, and the pure engine that walks calls through them."""

from orchestrator.flow.check import check_flow, load_flow
from orchestrator.flow.definition import Flow
from orchestrator.flow.engine import advance, new_live_call
from orchestrator.flow.syntax.document import FlowDocument, parse_flow
from orchestrator.flow.syntax.problem import FlowProblem

__all__ = ["Flow", "FlowDocument", "FlowProblem", "advance", "check_flow", "load_flow", "new_live_call", "parse_flow"]
