"""Transcriptions: the far end says a line at the start and after each prompt; `outbound` has the prompts."""

from __future__ import annotations

from functools import partial

from simulator.state.leg import Leg
from simulator.state.leg_activities import Transcription
from simulator.webhook_events import emit
from simulator.world import World

_REPLY_DELAY_S = 1.0
_LINE_S = 1.5
_CONFIDENCE = 0.977


def start_transcription(world: World, leg: Leg, *, tracks: str, interim: bool) -> None:
    """Start to transcribe the track `inbound`, `outbound` or `both`."""
    both = frozenset({"inbound", "outbound"})
    leg.transcription = Transcription(tracks=both if tracks == "both" else frozenset({tracks}), interim=interim)
    _say_next_line(world, leg)


def stop_transcription(leg: Leg) -> None:
    """Stop the transcription; no webhook reports it."""
    leg.transcription = None
    leg.timers.cancel("says", "has said")


def transcribe_prompt(world: World, leg: Leg, words: str) -> None:
    """Transcribe a prompt that has ended, and the far end's reply to it."""
    if leg.transcription is None:
        return
    if words and "outbound" in leg.transcription.tracks:
        _emit_line(world, leg, words, track="outbound", final=True)
    _say_next_line(world, leg)


def _say_next_line(world: World, leg: Leg) -> None:
    running, lines = leg.transcription, leg.persona.lines
    if running is None or "inbound" not in running.tracks or running.said >= len(lines):
        return
    line = lines[running.said]
    running.said += 1
    if running.interim:
        half = " ".join(line.split()[: len(line.split()) // 2])
        leg.timers.set("says", _REPLY_DELAY_S, partial(_emit_line, world, leg, half, track="inbound", final=False))
    leg.timers.set(
        "has said", _REPLY_DELAY_S + _LINE_S, partial(_emit_line, world, leg, line, track="inbound", final=True)
    )


def _emit_line(world: World, leg: Leg, words: str, *, track: str, final: bool) -> None:
    data = {"confidence": _CONFIDENCE, "is_final": final, "transcript": words, "transcription_track": track}
    emit(world, leg, "call.transcription", transcription_data=data)
