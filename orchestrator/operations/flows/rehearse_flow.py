"""Rehearses a flow: a call with a scripted callee, told in words; nobody is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.flow import Flow
from orchestrator.flow.dry_run.dialogue import DialogueLine
from orchestrator.flow.dry_run.dry_run import DryRun, stand_ins
from orchestrator.flow.dry_run.scripted_callee import Callee

_DEMO_PHONE = "+12025550123"


@dataclass(frozen=True)
class Rehearsal:
    """What was said and done in a rehearsed call, and what it left; `refused` are commands the carrier would refuse."""

    lines: list[DialogueLine]
    outcome: str | None
    answers: Mapping[str, Any]
    refused: list[str]


def rehearse_flow(flow: Flow, callee: Callee, *, at: datetime) -> Rehearsal:
    """Return how a call made at `at` goes; an input without a default has its own name as value."""
    dry_run = DryRun(flow, callee, _DEMO_PHONE, stand_ins(flow), at)
    lines = list(dry_run.play())
    return Rehearsal(lines, dry_run.call.outcome, dry_run.call.answers, dry_run.refused)
