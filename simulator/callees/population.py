"""The callee population: who answers a number, drawn from the seed, the number and how often it was called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.callees.callee import INVALID, Kind, Persona
from simulator.callees.test_numbers import callee_for
from simulator.seeded_random import SeededRandom

DEFAULT_MIX = {"human": 45.0, "machine": 20.0, "busy": 10.0, "no_answer": 15.0, "rejected": 5.0, "not_found": 5.0}

_BEHAVIORS = {"1": 72.0, "9": 8.0, "": 10.0, INVALID: 4.0, "leaves": 6.0}


class CalleePopulation:
    """Draws callees; one that was busy or did not answer is drawn again at the next call, the others are fixed.

    `patience_s` is how long a drawn person bears silence; 0 leaves it to the draw.
    """

    def __init__(
        self, *, random: SeededRandom, mix: Mapping[str, float], with_test_numbers: bool, patience_s: float = 0
    ) -> None:
        self._random = random
        self._mix = mix
        self._with_test_numbers = with_test_numbers
        self._patience_s = patience_s
        again = {kind: weight for kind, weight in mix.items() if kind not in ("rejected", "not_found")}
        self._again = again if sum(again.values()) > 0 else mix

    def answer(self, number: str, *, nth: int) -> Persona:
        """Return the callee at the nth call to this number, counted from 0; always the same for one seed."""
        test_callee = callee_for(number) if self._with_test_numbers else None
        if test_callee is not None:
            return test_callee.then if test_callee.then is not None and nth > 0 else test_callee
        return self._person(self._kind(number, nth=nth), number, nth)

    def caller(self, number: str) -> Persona | None:
        """Return the caller behind a test number; None for other numbers and for kinds that never answer."""
        test_callee = callee_for(number) if self._with_test_numbers else None
        return test_callee if test_callee is not None and test_callee.answers else None

    def faults(self, number: str) -> Mapping[str, Any]:
        """Return the faults that a test number injects."""
        test_callee = callee_for(number) if self._with_test_numbers else None
        return test_callee.faults if test_callee is not None else {}

    def _kind(self, number: str, *, nth: int) -> Kind:
        kind = Kind(self._random.pick(self._mix, "kind", number))
        for call in range(1, min(nth, 20) + 1):
            if kind not in (Kind.BUSY, Kind.NO_ANSWER):
                break
            kind = Kind(self._random.pick(self._again, "kind", number, call))
        return kind

    def _person(self, kind: Kind, number: str, nth: int) -> Persona:
        between, happens = self._random.between, self._random.happens
        if kind is Kind.HUMAN:
            return self._human(number, nth)
        if kind is Kind.MACHINE:
            return Persona(
                kind=kind,
                rings_s=between(8, 20, "rings", number, nth),
                decided_s=between(2.4, 3.4, "decided", number),
                greeting_s=1.5 if happens(0.05, "short", number) else between(4, 12, "greeting", number),
                beeps=not happens(0.15, "no beep", number),
                leaves_after_s=between(60, 120, "leaves", number),
            )
        if kind is Kind.FAX:
            return Persona(kind=kind, rings_s=3, decided_s=2, leaves_after_s=30)
        return Persona(kind=kind, rings_s=between(0.5, 4, "rings", number, nth), decided_s=3.5)

    def _human(self, number: str, nth: int) -> Persona:
        between, happens = self._random.between, self._random.happens
        behavior = self._random.pick(_BEHAVIORS, "habit", number, nth)
        return Persona(
            kind=Kind.HUMAN,
            rings_s=between(2, 14, "rings", number, nth),
            presses="" if behavior == "leaves" else behavior,
            leaves_mid_sentence=behavior == "leaves",
            reacts_s=between(0.5, 3, "reacts", number, nth),
            barges_in=happens(0.3, "barges in", number),
            business=happens(0.15, "business", number),
            unsure=happens(0.03, "unsure", number),
            decided_s=between(0.8, 2, "decided", number),
            patience_s=self._patience_s or between(10, 30, "patience", number, nth),
            talks_s=between(10, 60, "talks", number, nth),
        )
