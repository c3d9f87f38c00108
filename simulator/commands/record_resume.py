"""Resume a recording; no webhook tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.commands.base import Body, Command
from simulator.commands.chosen_recordings import CHOSEN, running
from simulator.state.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World


def _resume(_world: World, leg: Leg, body: Body) -> None:
    for recording in running(leg, body):
        recording.is_paused = False


RECORD_RESUME = Command(action="record_resume", shape=CHOSEN, effect=_resume)
