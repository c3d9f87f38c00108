"""Answering machine detection: what each mode says about whoever picked up, and when (protocol: docs amd)."""

from __future__ import annotations

from functools import partial

from simulator.callees.callee import Kind
from simulator.state.leg import Leg
from simulator.webhook_events import emit
from simulator.world import World

STANDARD = frozenset({"detect", "detect_beep", "detect_words", "greeting_end"})
_SCREENING = "premium_ios_call_screening_detection"
PREMIUM = frozenset({"premium", _SCREENING})
SEARCH_S = 30.0

_STANDARD_RESULT = {Kind.HUMAN: "human", Kind.MACHINE: "machine", Kind.FAX: "machine"}
_PREMIUM_RESULT = {Kind.MACHINE: "machine", Kind.FAX: "fax_detected", Kind.SILENCE: "silence"}
_CUTS = frozenset({"machine", "fax_detected"})


def detect_machine(world: World, leg: Leg) -> None:
    """Begin detection at the answer, in the mode the leg was made with."""
    if leg.terms.amd in STANDARD:
        _standard(world, leg)
    elif leg.terms.amd in PREMIUM:
        _premium(world, leg)
        if leg.terms.amd == _SCREENING:
            _screening(world, leg)


def _screening(world: World, leg: Leg) -> None:
    """Only this newer mode tells that detection began, and of a telephone that asks who is calling."""
    emit(world, leg, "call.machine.premium.detection.started")
    if leg.persona.screens:
        told = partial(emit, world, leg, "call.machine.premium.call_screening.detected", result="screening")
        leg.timers.set("screening", leg.persona.decided_s / 2, told)


def _standard(world: World, leg: Leg) -> None:
    who = leg.persona
    result = "not_sure" if who.unsure else _STANDARD_RESULT.get(who.kind, "not_sure")
    decided_s = leg.terms.amd_analysis_s if result == "not_sure" else who.decided_s
    leg.timers.set("amd", decided_s, partial(_decide, world, leg, "call.machine.detection.ended", result))
    if result == "machine":
        _greeting(world, leg, decided_s)


def _greeting(world: World, leg: Leg, decided_s: float) -> None:
    who, mode = leg.persona, leg.terms.amd
    heard_s = max(decided_s + 0.1, who.greeting_s)
    if mode == "greeting_end":
        _later(world, leg, heard_s, "ended")
    elif mode != "detect" and _beeps(leg):
        _later(world, leg, heard_s, "beep_detected")
    elif mode == "detect_words":
        _later(world, leg, decided_s + SEARCH_S, "not_sure")


def _later(world: World, leg: Leg, seconds: float, result: str) -> None:
    leg.timers.set("greeting", seconds, partial(emit, world, leg, "call.machine.greeting.ended", result=result))


def _premium(world: World, leg: Leg) -> None:
    who = leg.persona
    told = partial(emit, world, leg, "call.machine.premium.greeting.ended")
    if who.kind is Kind.MACHINE and _beeps(leg) and who.greeting_s <= who.decided_s:
        leg.timers.set("greeting", who.greeting_s, partial(told, result="beep_detected"))  # and no detection.ended
        return
    result = _premium_result(leg)
    decided_s = SEARCH_S if result == "not_sure" else who.decided_s
    leg.timers.set("amd", decided_s, partial(_decide, world, leg, "call.machine.premium.detection.ended", result))
    if result == "machine" and _beeps(leg):
        leg.timers.set("greeting", who.greeting_s, partial(told, result="beep_detected"))
    elif result == "machine":
        leg.timers.set("greeting", SEARCH_S, partial(told, result="no_beep_detected"))


def _premium_result(leg: Leg) -> str:
    if leg.persona.unsure:
        return "not_sure"
    people = "human_business" if leg.persona.business else "human_residence"
    return _PREMIUM_RESULT.get(leg.persona.kind, people)


def _beeps(leg: Leg) -> bool:
    return leg.persona.kind is Kind.MACHINE and leg.persona.beeps


def _decide(world: World, leg: Leg, event_type: str, result: str) -> None:
    leg.amd_result = result
    if result in _CUTS:
        leg.player.stop("all", status="cancelled_amd")
        if leg.gather is not None:
            leg.gather.close("cancelled_amd")
    emit(world, leg, event_type, result=result)
