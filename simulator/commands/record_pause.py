"""Pause a recording; no webhook tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.commands.base import Body, Command
from simulator.commands.chosen_recordings import CHOSEN, running
from simulator.state.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World


def _pause(_world: World, leg: Leg, body: Body) -> None:
    for recording in running(leg, body):
        recording.is_paused = True


RECORD_PAUSE = Command(action="record_pause", shape=CHOSEN, effect=_pause)
