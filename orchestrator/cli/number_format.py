"""Numbers as a person reads them: 63 ms, 1.7 s, 19.6, 1,200; never with an exponent."""

from __future__ import annotations

_MS_IN_S, _S_IN_MIN, _MIN_IN_H = 1_000, 60, 60


def duration(ms: float) -> str:
    """Return a time in the unit that it is read in."""
    if round(ms) < _MS_IN_S:
        return f"{_brief(ms)} ms"
    seconds = ms / _MS_IN_S
    if round(seconds) < _S_IN_MIN:
        return f"{_brief(seconds)} s"
    minutes, seconds = divmod(round(seconds), _S_IN_MIN)
    if minutes < _MIN_IN_H:
        return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    hours, minutes = divmod(minutes, _MIN_IN_H)
    return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"


def rate(a_second: float) -> str:
    """Return how many there are in a second: the slowest are one in minutes, the fastest thousands."""
    digits = 2 if 0 < a_second < 1 else 1 if a_second < 100 else 0
    text = f"{a_second:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def _brief(number: float) -> str:
    """Return a number with one decimal below ten, where that says more, and whole from there on."""
    text = f"{number:.1f}" if round(number, 1) < 10 else f"{number:.0f}"
    return text.removesuffix(".0")
