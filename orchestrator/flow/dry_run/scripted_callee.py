"""The callee of a rehearsal, who does what the script says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class CalleeKind(StrEnum):
    """Who or what is at the other end."""

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
    """A callee by script: the n-th question gets the n-th of `presses`, and later ones no answer at all.

    `web_status` and `web_body` are what every web address answers that the flow asks meanwhile.
    """

    kind: CalleeKind = CalleeKind.HUMAN
    presses: tuple[str, ...] = ()
    hangs_up_after_s: float | None = None
    agent_answers: bool = True
    web_status: int = 200
    web_body: Any = None
