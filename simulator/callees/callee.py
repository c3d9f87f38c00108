"""The person or machine behind a number, and how it behaves."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What is behind a number; the first four kinds answer."""

    HUMAN = "human"
    MACHINE = "machine"
    FAX = "fax"
    SILENCE = "silence"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    NOT_FOUND = "not_found"
    FAILED = "failed"


ANSWERING = frozenset({Kind.HUMAN, Kind.MACHINE, Kind.FAX, Kind.SILENCE})

INVALID = "invalid"  # presses a key that the gather does not accept


_LINES = {
    Kind.HUMAN: ("Hello, who is calling?", "Yes, that is fine.", "Could you say that again?", "Thank you, goodbye."),
    Kind.MACHINE: ("You have reached a mailbox. Please leave a message after the tone.",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """One callee or caller; seconds of simulated time."""

    kind: Kind
    rings_s: float = 4.0  # until it answers or the call fails
    presses: str = ""  # digits for a gather; INVALID; or none
    reacts_s: float = 1.0  # from the end of the prompt to the first digit
    barges_in: bool = False  # presses while the prompt still plays
    business: bool = False
    unsure: bool = False  # answering machine detection ends in not_sure
    decided_s: float = 1.5  # until detection has a result
    greeting_s: float = 6.0  # length of a machine's greeting
    beeps: bool = True
    patience_s: float = 30.0  # silence after which it hangs up
    leaves_after_s: float = math.inf  # after the answer
    leaves_mid_sentence: bool = False
    talks_s: float = 20.0  # once bridged
    says: tuple[str, ...] | None = None  # lines for transcriptions; None: the usual ones of its kind
    keys: tuple[tuple[float, str], ...] = ()  # pressed without a gather: seconds after the answer, and the keys
    holds: tuple[float, float] | None = None  # puts the call on hold: seconds after the answer, and for how long
    screens: bool = False  # a phone that screens the call before it rings its owner
    then: Persona | None = None  # who answers the second and later calls
    faults: dict[str, Any] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines it says, in order."""
        return _LINES.get(self.kind, ()) if self.says is None else self.says

    @property
    def answers(self) -> bool:
        """Whether a call to it is answered."""
        return self.kind in ANSWERING
