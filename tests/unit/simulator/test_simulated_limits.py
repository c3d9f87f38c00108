"""The carrier's counting runs in real time: a window of sixty seconds, another of five."""

from __future__ import annotations

from typing import cast

import pytest

from simulator.state import rate_limits as limits
from simulator.state.leg import Leg
from simulator.state.rate_limits import AcceptedCommands, SlidingWindowCount

_LEG = cast("Leg", None)


class _Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> _Hands:
    clock = _Hands()
    monkeypatch.setattr(limits, "time", clock)
    return clock


def test_r26_a_repeat_is_known_for_sixty_seconds_from_the_first(hands: _Hands) -> None:
    repeats = AcceptedCommands()
    repeats.remember("dial", "a", b"first", leg=_LEG)

    hands.now += 59.9
    known = repeats.find("dial", "a")
    hands.now += 0.2

    assert known is not None and known.answer == b"first"
    assert repeats.find("dial", "a") is None


def test_a_command_id_counts_within_its_scope_only(hands: _Hands) -> None:
    repeats = AcceptedCommands()
    repeats.remember("leg 1", "a", b"first", leg=_LEG)

    assert repeats.find("leg 2", "a") is None
    assert repeats.find("leg 1", None) is None


def test_r26_dials_leave_the_window_after_five_seconds(hands: _Hands) -> None:
    dials = SlidingWindowCount()
    for _ in range(3):
        dials.add()

    hands.now += 4.9
    dials.add()
    inside, resets = dials.now(), dials.resets_in_s()
    hands.now += 0.2

    assert (inside, resets) == (4, 1)
    assert dials.now() == 1
    assert dials.maximum == 4
