"""The carrier's time windows are in real time: sixty seconds for accepted, five for dials."""

from __future__ import annotations

from typing import cast

import pytest

from simulator.state import rate_limits
from simulator.state.leg import Leg
from simulator.state.rate_limits import AcceptedCommands, SlidingWindowCount

_LEG = cast("Leg", None)


class _ManualClock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def manual_clock(monkeypatch: pytest.MonkeyPatch) -> _ManualClock:
    clock = _ManualClock()
    monkeypatch.setattr(rate_limits, "time", clock)
    return clock


def test_r26_a_repeat_is_known_for_sixty_seconds_from_the_first(manual_clock: _ManualClock) -> None:
    accepted = AcceptedCommands()
    accepted.remember("dial", "a", b"first", leg=_LEG)

    manual_clock.now += 59.9
    known = accepted.find("dial", "a")
    manual_clock.now += 0.2

    assert known is not None and known.response == b"first"
    assert accepted.find("dial", "a") is None


def test_a_command_id_counts_within_its_scope_only(manual_clock: _ManualClock) -> None:
    accepted = AcceptedCommands()
    accepted.remember("leg 1", "a", b"first", leg=_LEG)

    assert accepted.find("leg 2", "a") is None
    assert accepted.find("leg 1", None) is None


def test_r26_dials_leave_the_window_after_five_seconds(manual_clock: _ManualClock) -> None:
    dials = SlidingWindowCount()
    for _ in range(3):
        dials.add()

    manual_clock.now += 4.9
    dials.add()
    inside, resets = dials.count(), dials.resets_in_s()
    manual_clock.now += 0.2

    assert (inside, resets) == (4, 1)
    assert dials.count() == 1
    assert dials.maximum == 4
