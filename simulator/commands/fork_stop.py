"""Stop the fork of a leg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.commands.base import Body, Command, Shape
from simulator.commands.shared_fields import IDENTITY
from simulator.media.fork import Fork
from simulator.media.medium import not_forked
from simulator.schema.fields import Choice
from simulator.state.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World


def _stop(_world: World, leg: Leg, _body: Body) -> None:
    if not isinstance(leg.medium, Fork):
        raise not_forked()
    leg.medium.end()


FORK_STOP = Command(
    action="fork_stop",
    shape=Shape(fields={**IDENTITY, "stream_type": Choice(("raw", "decrypted"))}),
    effect=_stop,
)
