"""Test cards: with `--cards`, the last two digits of a +1 AAA 555 01XX number say who picks up."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from simulator.callees.callee import INVALID, Kind, Persona

_CARD = re.compile(r"\+1\d{3}55501(\d\d)")


@dataclass(frozen=True, slots=True)
class Card:
    """One number's callee, and the words for it in docs/simulator.md."""

    says: str
    persona: Persona


_HUMAN = Persona(kind=Kind.HUMAN, patience_s=120)
_SURE = replace(_HUMAN, presses="1")
_MACHINE = Persona(kind=Kind.MACHINE, decided_s=3, leaves_after_s=120)

_PRESSERS = {
    f"0{digit}": Card(f"human, presses {digit} when asked", replace(_HUMAN, presses=str(digit))) for digit in range(10)
}

_PEOPLE = {
    "10": Card("human, presses nothing and stays", replace(_HUMAN, patience_s=600)),
    "11": Card("human, presses a digit the gather does not take", replace(_HUMAN, presses=INVALID)),
    "12": Card("human, hangs up in mid-sentence", replace(_HUMAN, leaves_mid_sentence=True)),
    "13": Card("human, answers late (20 s), presses 1", replace(_SURE, rings_s=20)),
    "14": Card("human at a business (premium: `human_business`), presses 1", replace(_SURE, business=True)),
    "15": Card("human of whom detection is not sure, presses 1", replace(_SURE, unsure=True)),
    "16": Card("human, presses 1 into the prompt", replace(_SURE, barges_in=True)),
    "17": Card("human, hangs up right after answering", replace(_HUMAN, leaves_after_s=0.2)),
    "18": Card("human, never hangs up", replace(_HUMAN, patience_s=math.inf, talks_s=math.inf)),
    "19": Card("human, presses 1, hangs up after 4 s of silence", replace(_SURE, patience_s=4)),
}

_MACHINES = {
    "20": Card("machine with a beep after 6 s", _MACHINE),
    "21": Card("machine without a beep", replace(_MACHINE, beeps=False)),
    "22": Card("machine whose beep comes before detection has decided", replace(_MACHINE, greeting_s=1.5)),
    "23": Card(
        "machine with a long greeting (25 s), decided late (10 s)", replace(_MACHINE, greeting_s=25, decided_s=10)
    ),
    "24": Card("machine that hangs up after 8 s", replace(_MACHINE, leaves_after_s=8)),
    "25": Card("human, puts the call on hold after 3 s, for 5 s", replace(_HUMAN, holds=(3, 5))),
    "30": Card("fax", Persona(kind=Kind.FAX, decided_s=2, leaves_after_s=30)),
    "31": Card("silence", Persona(kind=Kind.SILENCE, decided_s=3.5, patience_s=60)),
    "32": Card("human behind a telephone that asks who is calling, presses 1", replace(_SURE, screens=True)),
}

_LINES = {
    "40": Card("busy (`user_busy`, 486)", Persona(kind=Kind.BUSY, rings_s=1)),
    "41": Card("busy at the first call, then a human who presses 1", Persona(kind=Kind.BUSY, rings_s=1, then=_SURE)),
    "42": Card("no answer (`timeout`, or `no_answer` with `retry_on_timeout: false`)", Persona(kind=Kind.NO_ANSWER)),
    "43": Card("no answer at the first call, then a human who presses 1", Persona(kind=Kind.NO_ANSWER, then=_SURE)),
    "44": Card("rejected (`call_rejected`, 603)", Persona(kind=Kind.REJECTED, rings_s=3)),
    "45": Card("wrong number (`not_found`, 404)", Persona(kind=Kind.NOT_FOUND, rings_s=0.5)),
    "46": Card("failed (`unspecified`)", Persona(kind=Kind.FAILED, rings_s=1)),
}

_AGENTS = {
    "50": Card("agent: answers after 2 s, talks for 20 s once bridged", replace(_HUMAN, rings_s=2, talks_s=20)),
    "51": Card(
        "agent: answers after 2 s, hangs up half a second after the bridge", replace(_HUMAN, rings_s=2, talks_s=0.5)
    ),
    "52": Card("agent: answers after 25 s, talks for 20 s once bridged", replace(_HUMAN, rings_s=25, talks_s=20)),
    "53": Card(
        "agent: rejects the first call, then answers after 2 s",
        Persona(kind=Kind.REJECTED, rings_s=2, then=replace(_HUMAN, rings_s=2, talks_s=20)),
    ),
}


def _with(**faults: object) -> Persona:
    return replace(_SURE, faults=faults)


_TROUBLES = {
    "60": Card("refused at the door with 403: D13 (country)", _with(refuse="D13")),
    "61": Card("refused at the door with 403: D60 (destination)", _with(refuse="D60")),
    "62": Card("refused at the door with 403: D1 (channels)", _with(refuse="D1")),
    "63": Card("the dial is refused with 429", _with(refuse_429=1.0, on=["dial"])),
    "64": Card(
        "the dial is answered with 503 and not carried out", _with(error_before=1.0, error_status=503, on=["dial"])
    ),
    "65": Card(
        "human; every command on the call is answered with 500 and not carried out",
        _with(error_before=1.0, on=["actions"]),
    ),
    "66": Card(
        "human; every command on the call is carried out and answered with 500", _with(error_after=1.0, on=["actions"])
    ),
    "67": Card("human; every answer to a command takes 2 s", _with(action_latency_ms=2_000)),
    "68": Card("human; the search for deep fakes fails (`call.deepfake_detection.error`)", _with(deepfake_error=1.0)),
    "69": Card("human; every sound sent on a stream is answered with 100002", _with(stream_error=100002)),
    "70": Card("human whose hangup is never told", _with(never_tell_hangup=1.0)),
    "71": Card("human; every webhook comes twice", _with(webhook_repeat=1.0)),
    "72": Card("human; the dial is carried out and answered with 500", _with(error_after=1.0, on=["dial"])),
    "73": Card("human; the dial is carried out and the connection reset", _with(reset_after=1.0, on=["dial"])),
    "74": Card("human; the dial is carried out and not answered for 30 s", _with(hang=1.0, on=["dial"])),
    "75": Card("the dial is answered with 500 and not carried out", _with(error_before=1.0, on=["dial"])),
    "76": Card("human; no webhook ever comes", _with(webhook_lose=1.0)),
    "77": Card("human; recordings fail (`call.recording.error`)", _with(recording_error=1.0)),
    "78": Card("human; every second webhook comes after the one that follows it", _with(webhook_reorder=1.0)),
    "79": Card("human; every webhook is up to 2 s late", _with(webhook_delay=1.0)),
}

_STREAM_ERRORS = {
    str(94 + nth): Card(f"human; every sound sent on a stream is answered with {code}", _with(stream_error=code))
    for nth, code in enumerate((100_003, 100_004, 100_005))
}

_SLOW = {
    f"8{nth}": Card(f"human, answers after {5 * nth or 0.1:g} s, presses 1", replace(_SURE, rings_s=5 * nth or 0.1))
    for nth in range(10)
}

_UNASKED = {
    "90": Card("human, presses 1234 when asked", replace(_HUMAN, presses="1234")),
    "91": Card("human, presses 1 when asked, 8 s after the prompt", replace(_SURE, reacts_s=8)),
    "92": Card("human, presses 5 unasked, 3 s after answering", replace(_HUMAN, keys=((3, "5"),))),
    "93": Card("human, presses 12# unasked after 2 s and 0 after 6 s", replace(_HUMAN, keys=((2, "12#"), (6, "0")))),
}


def _ends(cause: str, sip: str, code: str | None = None) -> Persona:
    return replace(_SURE, rings_s=1, faults={"ends": {"cause": cause, "sip": sip, "code": code}})


_ROUTES = {
    "33": Card("never answered: `normal_clearing`, 487", _ends("normal_clearing", "487")),
    "34": Card("the route fails: `normal_clearing`, 503", _ends("normal_clearing", "503")),
    "35": Card("the route fails: `unspecified`, 500", _ends("unspecified", "500")),
    "36": Card("wrong number: `unspecified`, 484", _ends("unspecified", "484")),
    "37": Card("wrong number: `unspecified`, 604", _ends("unspecified", "604")),
    "38": Card(
        "the account is disabled: `call_rejected`, 403, `telnyx_error` D17", _ends("call_rejected", "403", "D17")
    ),
    "39": Card("no channel is free: `call_rejected`, 403, `telnyx_error` D22", _ends("call_rejected", "403", "D22")),
}

CARDS = {
    **_PRESSERS,
    **_PEOPLE,
    **_MACHINES,
    **_LINES,
    **_ROUTES,
    **_AGENTS,
    **_TROUBLES,
    **_SLOW,
    **_UNASKED,
    **_STREAM_ERRORS,
}


def card(number: str) -> Persona | None:
    """Return the callee this number stands for; None where it is no card."""
    found = _CARD.fullmatch(number)
    known = CARDS.get(found[1]) if found else None
    return None if known is None else known.persona
