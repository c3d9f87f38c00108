"""A crowd of callees: who answers a number, drawn from the seed, the number and how often it was called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.callees.callee import INVALID, Kind, Persona
from simulator.callees.test_numbers import callee_for
from simulator.seeded_random import SeededRandom

DEFAULT_MIX = {"human": 45.0, "machine": 20.0, "busy": 10.0, "no_answer": 15.0, "rejected": 5.0, "not_found": 5.0}

_HABITS = {"1": 72.0, "9": 8.0, "": 10.0, INVALID: 4.0, "leaves": 6.0}


class CalleePopulation:
    """Chooses callees; who was busy or did not answer is drawn again at the next call, others stay."""

    def __init__(self, *, random: SeededRandom, mix: Mapping[str, float], cards: bool) -> None:
        self._dice = random
        self._mix = mix
        self._cards = cards
        again = {kind: weight for kind, weight in mix.items() if kind not in ("rejected", "not_found")}
        self._again = again if sum(again.values()) > 0 else mix

    def answer(self, number: str, *, nth: int) -> Persona:
        """Return who this number is at its nth call, counted from 0; the same for the life of a seed."""
        carded = callee_for(number) if self._cards else None
        if carded is not None:
            return carded.then if carded.then is not None and nth > 0 else carded
        return self._person(self._kind(number, nth=nth), number, nth)

    def caller(self, number: str) -> Persona | None:
        """Return who calls from this number, when it is the card of somebody who speaks or presses keys."""
        carded = callee_for(number) if self._cards else None
        return carded if carded is not None and carded.answers else None

    def faults(self, number: str) -> Mapping[str, Any]:
        """Return the faults that the number's test card asks for."""
        carded = callee_for(number) if self._cards else None
        return carded.faults if carded is not None else {}

    def _kind(self, number: str, *, nth: int) -> Kind:
        kind = Kind(self._dice.pick(self._mix, "kind", number))
        for call in range(1, min(nth, 20) + 1):
            if kind not in (Kind.BUSY, Kind.NO_ANSWER):
                break
            kind = Kind(self._dice.pick(self._again, "kind", number, call))
        return kind

    def _person(self, kind: Kind, number: str, nth: int) -> Persona:
        between, hits = self._dice.between, self._dice.hits
        if kind is Kind.HUMAN:
            return self._human(number, nth)
        if kind is Kind.MACHINE:
            return Persona(
                kind=kind,
                rings_s=between(8, 20, "rings", number, nth),
                decided_s=between(2.4, 3.4, "decided", number),
                greeting_s=1.5 if hits(0.05, "short", number) else between(4, 12, "greeting", number),
                beeps=not hits(0.15, "no beep", number),
                leaves_after_s=between(60, 120, "leaves", number),
            )
        if kind is Kind.FAX:
            return Persona(kind=kind, rings_s=3, decided_s=2, leaves_after_s=30)
        return Persona(kind=kind, rings_s=between(0.5, 4, "rings", number, nth), decided_s=3.5)

    def _human(self, number: str, nth: int) -> Persona:
        between, hits = self._dice.between, self._dice.hits
        habit = self._dice.pick(_HABITS, "habit", number, nth)
        return Persona(
            kind=Kind.HUMAN,
            rings_s=between(2, 14, "rings", number, nth),
            presses="" if habit == "leaves" else habit,
            leaves_mid_sentence=habit == "leaves",
            reacts_s=between(0.5, 3, "reacts", number, nth),
            barges_in=hits(0.3, "barges in", number),
            business=hits(0.15, "business", number),
            unsure=hits(0.03, "unsure", number),
            decided_s=between(0.8, 2, "decided", number),
            patience_s=between(10, 30, "patience", number, nth),
            talks_s=between(10, 60, "talks", number, nth),
        )
