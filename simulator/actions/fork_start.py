"""Start a fork: the leg's sound goes out as RTP packets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.actions.shared import IDENTITY
from simulator.command import Body, Command, Shape
from simulator.fields import Choice
from simulator.leg import Leg
from simulator.media.fork import Fork
from simulator.media.medium import in_use
from simulator.media.stream import Stream
from simulator.media.udp_address import UdpAddress

if TYPE_CHECKING:
    from simulator.world import World


def _fork(world: World, leg: Leg, body: Body) -> None:
    if isinstance(leg.medium, Stream):
        leg.medium.end()  # a fork takes the place of a stream
    elif leg.medium is not None:
        raise in_use()
    Fork(world, leg, body).begin()


FORK_START = Command(
    action="fork_start",
    shape=Shape(
        fields={
            **IDENTITY,
            "target": UdpAddress(),  # dropped from the current document, still taken
            "rx": UdpAddress(),  # the current document asks for neither: one alone is taken, too
            "tx": UdpAddress(),
            "stream_type": Choice(("raw", "decrypted")),
        },
        some_of=(("target", "rx", "tx"),),
        one_of=(("target", "rx"), ("target", "tx")),
    ),
    effect=_fork,
)
