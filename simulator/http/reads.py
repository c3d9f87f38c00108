"""Reads of calls: one call, the active calls, call events, and the public key."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import orjson
from aiohttp import web

from simulator.clock import iso
from simulator.http.events import events_of, passes
from simulator.http.pagination import paginated
from simulator.http.request_handling import json_response
from simulator.schema.errors import not_found
from simulator.state.leg import Leg
from simulator.world import World


async def get_call(world: World, request: web.Request) -> web.StreamResponse:
    """Return a call and whether it is alive; readable for ten minutes after its end."""
    world.legs.forget_old()
    leg = world.legs.find(request.match_info["call_control_id"])
    if leg is None:
        raise not_found("The call")
    ended = {} if leg.ended_at is None else {"end_time": iso(leg.ended_at)}
    data = {**_active(world, leg), "is_alive": leg.is_live, "start_time": iso(leg.accepted_at), **ended}
    return json_response(world, orjson.dumps({"data": data}))


async def get_active_calls(world: World, request: web.Request) -> web.StreamResponse:
    """List the live legs of a connection."""
    connection = request.match_info["connection_id"]
    legs = [leg for leg in world.legs.live() if leg.connection_id == connection]
    return paginated(world, request, [_active(world, leg) for leg in legs])


async def get_call_events(world: World, request: web.Request) -> web.StreamResponse:
    """List commands and webhooks that pass the filters, oldest first."""
    filters = {key: value for key, value in request.query.items() if key.startswith("filter[")}
    legs = _legs(world, filters.pop("filter[leg_id]", None))
    events = chain.from_iterable(events_of(leg) for leg in legs)
    found = sorted((event for event in events if passes(event, filters)), key=lambda event: event.at)
    return paginated(world, request, [event.as_json() for event in found])


async def get_public_key(world: World, _request: web.Request) -> web.StreamResponse:
    """Return the key that verifies webhooks."""
    return json_response(world, orjson.dumps({"data": {"public": world.signer.public_key}}))


async def get_nothing(_world: World, request: web.Request) -> web.StreamResponse:
    """Respond to every other path with the carrier's 404."""
    raise not_found(f"{request.method} {request.path}")


def _legs(world: World, leg_id: str | None) -> Sequence[Leg]:
    if leg_id is None:
        return tuple(world.legs.all())
    leg = world.legs.find_leg(leg_id)
    return () if leg is None else (leg,)


def _active(world: World, leg: Leg) -> dict[str, Any]:
    return {
        "record_type": "call",
        "call_control_id": leg.call_control_id,
        "call_leg_id": leg.call_leg_id,
        "call_session_id": leg.call_session_id,
        "call_duration": leg.seconds(world.clock.now()),
        "client_state": leg.client_state or "",
    }
