"""Test numbers: with `--cards`, the last two digits of +1 AAA 555 01XX choose the callee."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from simulator.callees.callee import INVALID, Kind, Persona

_TEST_NUMBER = re.compile(r"\+1\d{3}55501(\d\d)")


@dataclass(frozen=True, slots=True)
class NumberedCallee:
    """The callee of one test number, and its row in docs/simulator.md."""

    says: str
    persona: Persona


_HUMAN = Persona(kind=Kind.HUMAN, patience_s=120)
_SURE = replace(_HUMAN, presses="1")
_MACHINE = Persona(kind=Kind.MACHINE, decided_s=3, leaves_after_s=120)

_PRESSES = {
    f"0{digit}": NumberedCallee(f"human, presses {digit} when asked", replace(_HUMAN, presses=str(digit)))
    for digit in range(10)
}

_PEOPLE = {
    "10": NumberedCallee("human, presses nothing and stays", replace(_HUMAN, patience_s=600)),
    "11": NumberedCallee("human, presses a digit that the gather does not accept", replace(_HUMAN, presses=INVALID)),
    "12": NumberedCallee("human, hangs up in mid-sentence", replace(_HUMAN, leaves_mid_sentence=True)),
    "13": NumberedCallee("human, answers late (20 s), presses 1", replace(_SURE, rings_s=20)),
    "14": NumberedCallee("human at a business (premium: `human_business`), presses 1", replace(_SURE, business=True)),
    "15": NumberedCallee("human, detection ends in `not_sure`, presses 1", replace(_SURE, unsure=True)),
    "16": NumberedCallee("human, presses 1 during the prompt", replace(_SURE, barges_in=True)),
    "17": NumberedCallee("human, hangs up right after answering", replace(_HUMAN, leaves_after_s=0.2)),
    "18": NumberedCallee("human, never hangs up", replace(_HUMAN, patience_s=math.inf, talks_s=math.inf)),
    "19": NumberedCallee("human, presses 1, hangs up after 4 s of silence", replace(_SURE, patience_s=4)),
}

_MACHINES = {
    "20": NumberedCallee("machine with a beep after 6 s", _MACHINE),
    "21": NumberedCallee("machine without a beep", replace(_MACHINE, beeps=False)),
    "22": NumberedCallee("machine whose beep comes before the detection result", replace(_MACHINE, greeting_s=1.5)),
    "23": NumberedCallee(
        "machine with a long greeting (25 s), detection result after 10 s",
        replace(_MACHINE, greeting_s=25, decided_s=10),
    ),
    "24": NumberedCallee("machine that hangs up after 8 s", replace(_MACHINE, leaves_after_s=8)),
    "25": NumberedCallee("human, puts the call on hold after 3 s, for 5 s", replace(_HUMAN, holds=(3, 5))),
    "30": NumberedCallee("fax", Persona(kind=Kind.FAX, decided_s=2, leaves_after_s=30)),
    "31": NumberedCallee("silence", Persona(kind=Kind.SILENCE, decided_s=3.5, patience_s=60)),
    "32": NumberedCallee("human behind a phone that screens calls, presses 1", replace(_SURE, screens=True)),
}

_LINES = {
    "40": NumberedCallee("busy (`user_busy`, 486)", Persona(kind=Kind.BUSY, rings_s=1)),
    "41": NumberedCallee(
        "busy at the first call, then a human who presses 1", Persona(kind=Kind.BUSY, rings_s=1, then=_SURE)
    ),
    "42": NumberedCallee(
        "no answer (`timeout`, or `no_answer` with `retry_on_timeout: false`)", Persona(kind=Kind.NO_ANSWER)
    ),
    "43": NumberedCallee(
        "no answer at the first call, then a human who presses 1", Persona(kind=Kind.NO_ANSWER, then=_SURE)
    ),
    "44": NumberedCallee("rejected (`call_rejected`, 603)", Persona(kind=Kind.REJECTED, rings_s=3)),
    "45": NumberedCallee("wrong number (`not_found`, 404)", Persona(kind=Kind.NOT_FOUND, rings_s=0.5)),
    "46": NumberedCallee("failed (`unspecified`)", Persona(kind=Kind.FAILED, rings_s=1)),
}

_AGENTS = {
    "50": NumberedCallee(
        "agent: answers after 2 s, talks for 20 s once bridged", replace(_HUMAN, rings_s=2, talks_s=20)
    ),
    "51": NumberedCallee(
        "agent: answers after 2 s, hangs up half a second after the bridge", replace(_HUMAN, rings_s=2, talks_s=0.5)
    ),
    "52": NumberedCallee(
        "agent: answers after 25 s, talks for 20 s once bridged", replace(_HUMAN, rings_s=25, talks_s=20)
    ),
    "53": NumberedCallee(
        "agent: rejects the first call, then answers after 2 s",
        Persona(kind=Kind.REJECTED, rings_s=2, then=replace(_HUMAN, rings_s=2, talks_s=20)),
    ),
}


def _with(**faults: object) -> Persona:
    return replace(_SURE, faults=faults)


_FAULTY = {
    "60": NumberedCallee("the dial is refused with 403: D13 (country)", _with(refuse="D13")),
    "61": NumberedCallee("the dial is refused with 403: D60 (destination)", _with(refuse="D60")),
    "62": NumberedCallee("the dial is refused with 403: D1 (channels)", _with(refuse="D1")),
    "63": NumberedCallee("the dial is refused with 429", _with(refuse_429=1.0, on=["dial"])),
    "64": NumberedCallee(
        "the dial is answered with 503 and not carried out", _with(error_before=1.0, error_status=503, on=["dial"])
    ),
    "65": NumberedCallee(
        "human; every command on the call is answered with 500 and not carried out",
        _with(error_before=1.0, on=["actions"]),
    ),
    "66": NumberedCallee(
        "human; every command on the call is carried out and answered with 500", _with(error_after=1.0, on=["actions"])
    ),
    "67": NumberedCallee("human; every answer to a command takes 2 s", _with(action_latency_ms=2_000)),
    "68": NumberedCallee(
        "human; deepfake detection fails (`call.deepfake_detection.error`)", _with(deepfake_error=1.0)
    ),
    "69": NumberedCallee("human; every payload sent on a stream gets the error 100002", _with(stream_error=100002)),
    "70": NumberedCallee("human; `call.hangup` is never sent", _with(never_tell_hangup=1.0)),
    "71": NumberedCallee("human; every webhook is sent twice", _with(webhook_repeat=1.0)),
    "72": NumberedCallee("human; the dial is carried out and answered with 500", _with(error_after=1.0, on=["dial"])),
    "73": NumberedCallee(
        "human; the dial is carried out, then the connection is reset", _with(reset_after=1.0, on=["dial"])
    ),
    "74": NumberedCallee("human; the dial is carried out and not answered for 30 s", _with(hang=1.0, on=["dial"])),
    "75": NumberedCallee("the dial is answered with 500 and not carried out", _with(error_before=1.0, on=["dial"])),
    "76": NumberedCallee("human; no webhook is ever sent", _with(webhook_lose=1.0)),
    "77": NumberedCallee("human; recordings fail (`call.recording.error`)", _with(recording_error=1.0)),
    "78": NumberedCallee("human; every second webhook arrives after the next one", _with(webhook_reorder=1.0)),
    "79": NumberedCallee("human; every webhook is up to 2 s late", _with(webhook_delay=1.0)),
}

_STREAM_ERRORS = {
    str(94 + nth): NumberedCallee(
        f"human; every payload sent on a stream gets the error {code}", _with(stream_error=code)
    )
    for nth, code in enumerate((100_003, 100_004, 100_005))
}

_SLOW = {
    f"8{nth}": NumberedCallee(
        f"human, answers after {5 * nth or 0.1:g} s, presses 1", replace(_SURE, rings_s=5 * nth or 0.1)
    )
    for nth in range(10)
}

_UNPROMPTED = {
    "90": NumberedCallee("human, presses 1234 when asked", replace(_HUMAN, presses="1234")),
    "91": NumberedCallee("human, presses 1 when asked, 8 s after the prompt", replace(_SURE, reacts_s=8)),
    "92": NumberedCallee("human, presses 5 without a prompt, 3 s after answering", replace(_HUMAN, keys=((3, "5"),))),
    "93": NumberedCallee(
        "human, presses 12# without a prompt after 2 s, and 0 after 6 s", replace(_HUMAN, keys=((2, "12#"), (6, "0")))
    ),
}


def _ends(cause: str, sip: str, code: str | None = None) -> Persona:
    return replace(_SURE, rings_s=1, faults={"ends": {"cause": cause, "sip": sip, "code": code}})


_ROUTES = {
    "33": NumberedCallee("never answered: `normal_clearing`, 487", _ends("normal_clearing", "487")),
    "34": NumberedCallee("the route fails: `normal_clearing`, 503", _ends("normal_clearing", "503")),
    "35": NumberedCallee("the route fails: `unspecified`, 500", _ends("unspecified", "500")),
    "36": NumberedCallee("wrong number: `unspecified`, 484", _ends("unspecified", "484")),
    "37": NumberedCallee("wrong number: `unspecified`, 604", _ends("unspecified", "604")),
    "38": NumberedCallee(
        "the account is disabled: `call_rejected`, 403, `telnyx_error` D17", _ends("call_rejected", "403", "D17")
    ),
    "39": NumberedCallee(
        "no channel is free: `call_rejected`, 403, `telnyx_error` D22", _ends("call_rejected", "403", "D22")
    ),
}

TEST_NUMBERS = {
    **_PRESSES,
    **_PEOPLE,
    **_MACHINES,
    **_LINES,
    **_ROUTES,
    **_AGENTS,
    **_FAULTY,
    **_SLOW,
    **_UNPROMPTED,
    **_STREAM_ERRORS,
}


def callee_for(number: str) -> Persona | None:
    """Return the callee of a test number; None for any other number."""
    found = _TEST_NUMBER.fullmatch(number)
    known = TEST_NUMBERS.get(found[1]) if found else None
    return None if known is None else known.persona
