"""Answering machine detection: the results of each mode, and when they are sent (carrier's AMD guide)."""

from __future__ import annotations

from functools import partial

from simulator.callees.callee import Kind
from simulator.state.leg import Leg
from simulator.webhook_events import emit
from simulator.world import World

STANDARD = frozenset({"detect", "detect_beep", "detect_words", "greeting_end"})
_SCREENING = "premium_ios_call_screening_detection"
PREMIUM = frozenset({"premium", _SCREENING})
MAX_SEARCH_S = 30.0

_STANDARD_RESULT = {Kind.HUMAN: "human", Kind.MACHINE: "machine", Kind.FAX: "machine"}
_PREMIUM_RESULT = {Kind.MACHINE: "machine", Kind.FAX: "fax_detected", Kind.SILENCE: "silence"}
_ENDS_PROMPTS = frozenset({"machine", "fax_detected"})


def detect_machine(world: World, leg: Leg) -> None:
    """Start detection at the answer, in the mode that the dial or transfer requested."""
    if leg.options.amd in STANDARD:
        _standard(world, leg)
    elif leg.options.amd in PREMIUM:
        _premium(world, leg)
        if leg.options.amd == _SCREENING:
            _screening(world, leg)


def _screening(world: World, leg: Leg) -> None:
    """Send the events that only the screening mode has: detection started, and a phone that screens the call."""
    emit(world, leg, "call.machine.premium.detection.started")
    if leg.persona.screens:
        send = partial(emit, world, leg, "call.machine.premium.call_screening.detected", result="screening")
        leg.timers.set("screening", leg.persona.decided_s / 2, send)


def _standard(world: World, leg: Leg) -> None:
    callee = leg.persona
    result = "not_sure" if callee.unsure else _STANDARD_RESULT.get(callee.kind, "not_sure")
    decided_s = leg.options.amd_analysis_s if result == "not_sure" else callee.decided_s
    leg.timers.set("amd", decided_s, partial(_decide, world, leg, "call.machine.detection.ended", result))
    if result == "machine":
        _greeting(world, leg, decided_s)


def _greeting(world: World, leg: Leg, decided_s: float) -> None:
    callee, mode = leg.persona, leg.options.amd
    greeting_ends_s = max(decided_s + 0.1, callee.greeting_s)
    if mode == "greeting_end":
        _later(world, leg, greeting_ends_s, "ended")
    elif mode != "detect" and _beeps(leg):
        _later(world, leg, greeting_ends_s, "beep_detected")
    elif mode == "detect_words":
        _later(world, leg, decided_s + MAX_SEARCH_S, "not_sure")


def _later(world: World, leg: Leg, seconds: float, result: str) -> None:
    leg.timers.set("greeting", seconds, partial(emit, world, leg, "call.machine.greeting.ended", result=result))


def _premium(world: World, leg: Leg) -> None:
    callee = leg.persona
    send = partial(emit, world, leg, "call.machine.premium.greeting.ended")
    if callee.kind is Kind.MACHINE and _beeps(leg) and callee.greeting_s <= callee.decided_s:
        leg.timers.set(
            "greeting", callee.greeting_s, partial(send, result="beep_detected")
        )  # no detection.ended follows
        return
    result = _premium_result(leg)
    decided_s = MAX_SEARCH_S if result == "not_sure" else callee.decided_s
    leg.timers.set("amd", decided_s, partial(_decide, world, leg, "call.machine.premium.detection.ended", result))
    if result == "machine" and _beeps(leg):
        leg.timers.set("greeting", callee.greeting_s, partial(send, result="beep_detected"))
    elif result == "machine":
        leg.timers.set("greeting", MAX_SEARCH_S, partial(send, result="no_beep_detected"))


def _premium_result(leg: Leg) -> str:
    if leg.persona.unsure:
        return "not_sure"
    human = "human_business" if leg.persona.business else "human_residence"
    return _PREMIUM_RESULT.get(leg.persona.kind, human)


def _beeps(leg: Leg) -> bool:
    return leg.persona.kind is Kind.MACHINE and leg.persona.beeps


def _decide(world: World, leg: Leg, event_type: str, result: str) -> None:
    leg.amd_result = result
    if result in _ENDS_PROMPTS:
        leg.player.stop("all", status="cancelled_amd")
        if leg.gather is not None:
            leg.gather.close("cancelled_amd")
    emit(world, leg, event_type, result=result)
