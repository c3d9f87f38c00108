"""The callee of a dry run, who follows a script."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class CalleeKind(StrEnum):
    """Who or what answers."""

    HUMAN = "human"
    MACHINE = "machine"
    FAX = "fax"
    SILENCE = "silence"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"


NOT_ANSWERED = {CalleeKind.BUSY: "user_busy", CalleeKind.NO_ANSWER: "timeout", CalleeKind.REJECTED: "call_rejected"}
FOUND = {
    CalleeKind.HUMAN: ("human_residence", "human"),
    CalleeKind.MACHINE: ("machine", "machine"),
    CalleeKind.FAX: ("fax_detected", "machine"),
    CalleeKind.SILENCE: ("silence", "not_sure"),
}


@dataclass(frozen=True)
class Callee:
    """A scripted callee: the n-th gather receives the n-th of `presses`, later ones receive nothing.

    Every HTTP request of the flow gets `web_status` and `web_body`. The carrier refuses the commands `refused_actions`;
    what would let a phone of `blocked_numbers` ring is not sent.
    """

    kind: CalleeKind = CalleeKind.HUMAN
    presses: tuple[str, ...] = ()
    hangs_up_after_s: float | None = None
    agent_answers: bool = True
    web_status: int = 200
    web_body: Any = None
    refused_actions: frozenset[str] = frozenset()
    blocked_numbers: frozenset[str] = frozenset()
