"""What the gate answers: go, hold with reason and time, or never."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.hold_reasons import Reason


@dataclass(frozen=True, slots=True)
class Go:
    """Dial now."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now. Ask again at `until`; None means that only somebody's action can change the answer."""

    reason: Reason
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Never:
    """Not any more: the contact ends in `status`; None where it has ended already."""

    reason: Reason
    status: ContactStatus | None


GateAnswer = Go | Hold | Never
