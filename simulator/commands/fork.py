"""Start and stop a fork: the leg's audio as RTP packets."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.commands.base import Body, BodySchema, Command
from simulator.commands.shared_fields import IDENTITY
from simulator.media.fork import Fork
from simulator.media.stream import Stream
from simulator.schema.addresses import UdpAddress
from simulator.schema.conditions import conflict
from simulator.schema.errors import Problem, media_in_use, missing, not_forked
from simulator.schema.fields import Choice
from simulator.state.leg import Leg
from simulator.world import World


def _start(world: World, leg: Leg, body: Body) -> None:
    if isinstance(leg.media_output, Stream):
        leg.media_output.end()  # a fork replaces a stream
    elif leg.media_output is not None:
        raise media_in_use()
    Fork(world, leg, body).begin()


def _has_both_directions(body: Body, at: str) -> Iterator[Problem]:
    for name, other in (("rx", "tx"), ("tx", "rx")):
        if body.get("target") is None and body.get(name) is None and body.get(other) is not None:
            yield missing(f"{at}/{name}")


def _single_target_is_raw(body: Body, at: str) -> Iterator[Problem]:
    if body.get("target") is not None and body.get("stream_type") == "decrypted":
        yield conflict(f"{at}/stream_type", "decrypted needs rx and tx, not target")


FORK_START = Command(
    action="fork_start",
    schema=BodySchema(
        fields={
            **IDENTITY,
            "target": UdpAddress(),  # dropped from the current API reference, still accepted
            "rx": UdpAddress(),
            "tx": UdpAddress(),
            "stream_type": Choice(("raw", "decrypted")),
        },
        some_of=(("target", "rx", "tx"),),
        one_of=(("target", "rx"), ("target", "tx")),
        conditions=(_has_both_directions, _single_target_is_raw),
    ),
    effect=_start,
)


def _stop(_world: World, leg: Leg, _body: Body) -> None:
    if not isinstance(leg.media_output, Fork):
        raise not_forked()
    leg.media_output.end()


FORK_STOP = Command(
    action="fork_stop",
    schema=BodySchema(fields={**IDENTITY, "stream_type": Choice(("raw", "decrypted"))}),
    effect=_stop,
)
