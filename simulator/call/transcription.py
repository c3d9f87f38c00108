"""Transcriptions: what the person says, a line at the start and one after each prompt, and what was spoken to it."""

from __future__ import annotations

from functools import partial

from simulator.state.leg import Leg
from simulator.state.leg_activities import Transcription
from simulator.webhook_events import emit
from simulator.world import World

_THINKS_S = 1.0
_SPEAKS_S = 1.5
_CONFIDENCE = 0.977


def start_transcription(world: World, leg: Leg, *, tracks: str, interim: bool) -> None:
    """Begin to transcribe `inbound`, `outbound` or `both`."""
    both = frozenset({"inbound", "outbound"})
    leg.transcription = Transcription(tracks=both if tracks == "both" else frozenset({tracks}), interim=interim)
    _answer_back(world, leg)


def stop_transcription(leg: Leg) -> None:
    """Transcribe no more; no webhook tells of it."""
    leg.transcription = None
    leg.timers.cancel("says", "has said")


def transcribe_prompt(world: World, leg: Leg, words: str) -> None:
    """Transcribe what was just spoken to the person, who then says something."""
    if leg.transcription is None:
        return
    if words and "outbound" in leg.transcription.tracks:
        _tell(world, leg, words, track="outbound", final=True)
    _answer_back(world, leg)


def _answer_back(world: World, leg: Leg) -> None:
    running, lines = leg.transcription, leg.persona.lines
    if running is None or "inbound" not in running.tracks or running.said >= len(lines):
        return
    line = lines[running.said]
    running.said += 1
    if running.interim:
        half = " ".join(line.split()[: len(line.split()) // 2])
        leg.timers.set("says", _THINKS_S, partial(_tell, world, leg, half, track="inbound", final=False))
    leg.timers.set("has said", _THINKS_S + _SPEAKS_S, partial(_tell, world, leg, line, track="inbound", final=True))


def _tell(world: World, leg: Leg, words: str, *, track: str, final: bool) -> None:
    data = {"confidence": _CONFIDENCE, "is_final": final, "transcript": words, "transcription_track": track}
    emit(world, leg, "call.transcription", transcription_data=data)
