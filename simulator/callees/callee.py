"""Who picks up: the kind of person or machine behind a number, and what it will do."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What happens when a number rings; the first four answer."""

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

INVALID = "invalid"  # presses a key the gather does not take


_LINES = {
    Kind.HUMAN: ("Hello, who is calling?", "Yes, that is fine.", "Could you say that again?", "Thank you, goodbye."),
    Kind.MACHINE: ("You have reached a mailbox. Please leave a message after the tone.",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """One callee; seconds are those of the simulated world, before the time scale."""

    kind: Kind
    rings_s: float = 4.0  # until it answers, or until the line says no
    presses: str = ""  # digits for a gather, or INVALID, or nothing
    reacts_s: float = 1.0  # from the end of the prompt to the first digit
    barges_in: bool = False  # presses while the prompt still plays
    business: bool = False
    unsure: bool = False  # answering machine detection cannot tell
    decided_s: float = 1.5  # until detection knows
    greeting_s: float = 6.0  # a machine's own message
    beeps: bool = True
    patience_s: float = 30.0  # silence it bears before it hangs up
    leaves_after_s: float = math.inf  # from the answer
    leaves_mid_sentence: bool = False
    talks_s: float = 20.0  # once bridged
    says: tuple[str, ...] | None = None  # for transcriptions, a line at a time; None is what its kind usually says
    keys: tuple[tuple[float, str], ...] = ()  # keys pressed unasked: seconds after the answer, and which
    holds: tuple[float, float] | None = None  # puts us on hold: seconds after the answer, and for how long
    screens: bool = False  # a telephone that asks who is calling before it rings its owner
    then: Persona | None = None  # who picks up at the second call and later
    faults: dict[str, Any] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[str, ...]:
        """What it says, in order."""
        return _LINES.get(self.kind, ()) if self.says is None else self.says

    @property
    def answers(self) -> bool:
        """Whether anything picks up at all."""
        return self.kind in ANSWERING
