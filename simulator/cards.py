"""Test cards: with `--cards`, the last two digits of a +1 AAA 555 01XX number say who picks up."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from simulator.callee import INVALID, Kind, Persona

_CARD = re.compile(r"\+1\d{3}55501(\d\d)")

_HUMAN = Persona(kind=Kind.HUMAN, patience_s=120)
_SURE = replace(_HUMAN, presses="1")
_MACHINE = Persona(kind=Kind.MACHINE, decided_s=3, leaves_after_s=120)

_PRESSERS = {f"0{digit}": replace(_HUMAN, presses=str(digit)) for digit in range(10)}

_PEOPLE = {
    "10": replace(_HUMAN, patience_s=600),
    "11": replace(_HUMAN, presses=INVALID),
    "12": replace(_HUMAN, leaves_mid_sentence=True),
    "13": replace(_SURE, rings_s=20),
    "14": replace(_SURE, business=True),
    "15": replace(_SURE, unsure=True),
    "16": replace(_SURE, barges_in=True),
    "17": replace(_HUMAN, leaves_after_s=0.2),
    "18": replace(_HUMAN, patience_s=math.inf, talks_s=math.inf),
    "19": replace(_SURE, patience_s=4),
}

_MACHINES = {
    "20": _MACHINE,
    "21": replace(_MACHINE, beeps=False),
    "22": replace(_MACHINE, greeting_s=1.5),
    "23": replace(_MACHINE, greeting_s=25, decided_s=10),
    "24": replace(_MACHINE, leaves_after_s=8),
    "30": Persona(kind=Kind.FAX, decided_s=2, leaves_after_s=30),
    "31": Persona(kind=Kind.SILENCE, decided_s=3.5, patience_s=60),
}

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
    "50": replace(_HUMAN, rings_s=2, talks_s=20),
    "51": replace(_HUMAN, rings_s=2, talks_s=0.5),
}


def _with(**faults: object) -> Persona:
    return replace(_SURE, faults=faults)


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

CARDS = {**_PRESSERS, **_PEOPLE, **_MACHINES, **_LINES, **_AGENTS, **_TROUBLES}


def card(number: str) -> Persona | None:
    """Return the callee this number stands for; None where it is no card."""
    found = _CARD.fullmatch(number)
    return CARDS.get(found[1]) if found else None
