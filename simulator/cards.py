"""Test cards: with `--cards`, the last two digits of a +1 AAA 555 01XX number say who picks up."""

from __future__ import annotations

import re

from simulator.callee import INVALID, Kind, Persona

_CARD = re.compile(r"\+1\d{3}55501(\d\d)")

_PRESSER = {f"0{digit}": Persona(kind=Kind.HUMAN, presses=str(digit)) for digit in range(10)}

_PEOPLE = {
    "10": Persona(kind=Kind.HUMAN, patience_s=600),
    "11": Persona(kind=Kind.HUMAN, presses=INVALID),
    "12": Persona(kind=Kind.HUMAN, leaves_mid_sentence=True),
    "13": Persona(kind=Kind.HUMAN, presses="1", rings_s=20),
    "14": Persona(kind=Kind.HUMAN, presses="1", business=True),
    "15": Persona(kind=Kind.HUMAN, presses="1", unsure=True, decided_s=3.5),
    "16": Persona(kind=Kind.HUMAN, presses="1", barges_in=True),
    "17": Persona(kind=Kind.HUMAN, leaves_after_s=0.2),
    "18": Persona(kind=Kind.HUMAN, patience_s=100_000, talks_s=100_000),
    "19": Persona(kind=Kind.HUMAN, presses="1", patience_s=4),
}

_MACHINES = {
    "20": Persona(kind=Kind.MACHINE, decided_s=3, leaves_after_s=120),
    "21": Persona(kind=Kind.MACHINE, decided_s=3, leaves_after_s=120, beeps=False),
    "22": Persona(kind=Kind.MACHINE, decided_s=3, leaves_after_s=120, greeting_s=1.5),
    "23": Persona(kind=Kind.MACHINE, decided_s=3, leaves_after_s=120, greeting_s=25),
    "24": Persona(kind=Kind.MACHINE, decided_s=3, leaves_after_s=8),
    "30": Persona(kind=Kind.FAX, decided_s=2, leaves_after_s=30),
    "31": Persona(kind=Kind.SILENCE, decided_s=3.5, patience_s=60),
}

_SURE = Persona(kind=Kind.HUMAN, presses="1")

_LINES = {
    "40": Persona(kind=Kind.BUSY, rings_s=1),
    "41": Persona(kind=Kind.BUSY, rings_s=1, then=_SURE),
    "42": Persona(kind=Kind.NO_ANSWER),
    "43": Persona(kind=Kind.NO_ANSWER, then=_SURE),
    "44": Persona(kind=Kind.REJECTED, rings_s=3),
    "45": Persona(kind=Kind.NOT_FOUND, rings_s=0.5),
    "46": Persona(kind=Kind.FAILED, rings_s=1),
}

_AGENTS = {
    "50": Persona(kind=Kind.HUMAN, rings_s=2, talks_s=20),
    "51": Persona(kind=Kind.HUMAN, rings_s=2, talks_s=0.5),
}


def _with(**faults: object) -> Persona:
    return Persona(kind=Kind.HUMAN, presses="1", faults=faults)


_TROUBLES = {
    "60": _with(refuse="D13"),
    "61": _with(refuse="D60"),
    "62": _with(refuse="D1"),
    "70": _with(never_tell_hangup=1.0),
    "71": _with(webhook_repeat=1.0),
    "72": _with(error_after=1.0, on=["dial"]),
    "73": _with(reset_after=1.0, on=["dial"]),
    "74": _with(hang=1.0, on=["dial"]),
    "75": _with(error_before=1.0, on=["dial"]),
    "76": _with(webhook_lose=1.0),
}

CARDS = {**_PRESSER, **_PEOPLE, **_MACHINES, **_LINES, **_AGENTS, **_TROUBLES}


def card(number: str) -> Persona | None:
    """Return the callee this number stands for; None where it is no card."""
    found = _CARD.fullmatch(number)
    return CARDS.get(found[1]) if found else None
