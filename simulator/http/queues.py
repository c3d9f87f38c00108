"""Queues and the calls in them: read, created, changed and deleted under /v2/queues."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

from simulator.clock import iso
from simulator.commands.base import BodySchema
from simulator.http.pagination import paginated
from simulator.http.request_handling import json_response, parse_body
from simulator.schema.errors import not_found, queue_exists
from simulator.schema.fields import Flag, Text, Whole
from simulator.state.queues import Queue, WaitingCall
from simulator.world import World

_NEW = BodySchema(fields={"queue_name": Text(required=True, minimum=1, maximum=255), "max_size": Whole(minimum=1)})
_CHANGED = BodySchema(fields={"max_size": Whole(required=True, minimum=1)})
_CALL_CHANGED = BodySchema(fields={"keep_after_hangup": Flag()})


async def get_queues(world: World, request: web.Request) -> web.StreamResponse:
    """List the queues, oldest first."""
    return paginated(world, request, [_queue(queue) for queue in world.queues.all()])


async def post_queues(world: World, request: web.Request) -> web.StreamResponse:
    """Create a queue."""
    body = parse_body(await request.read())
    _NEW.check(body)
    if world.queues.find(body["queue_name"]) is not None:
        raise queue_exists()
    queue = world.queues.open(body["queue_name"], max_size=body.get("max_size"), now=world.clock.now())
    return json_response(world, orjson.dumps({"data": _queue(queue)}), status=201)


async def get_queue(world: World, request: web.Request) -> web.StreamResponse:
    """Return one queue."""
    return json_response(world, orjson.dumps({"data": _queue(_found(world, request))}))


async def post_queue(world: World, request: web.Request) -> web.StreamResponse:
    """Change the maximum size of a queue; calls beyond it stay."""
    queue, body = _found(world, request), parse_body(await request.read())
    _CHANGED.check(body)
    queue.max_size, queue.updated_at = body["max_size"], world.clock.now()
    return json_response(world, orjson.dumps({"data": _queue(queue)}))


async def delete_queue(world: World, request: web.Request) -> web.StreamResponse:
    """Delete a queue; the calls in it leave it."""
    world.queues.remove(_found(world, request))
    return web.Response(status=204)


async def get_queue_calls(world: World, request: web.Request) -> web.StreamResponse:
    """List the calls in one queue, in order."""
    queue = _found(world, request)
    return paginated(world, request, [_call(queue, place) for place in queue.places])


async def get_queue_call(world: World, request: web.Request) -> web.StreamResponse:
    """Return one call in a queue."""
    return json_response(world, orjson.dumps({"data": _call(_found(world, request), _place(world, request))}))


async def patch_queue_call(world: World, request: web.Request) -> web.StreamResponse:
    """Change whether a call keeps its place after its hangup."""
    place, body = _place(world, request), parse_body(await request.read())
    _CALL_CHANGED.check(body)
    place.stays_after_hangup = body.get("keep_after_hangup") is True
    return web.Response(status=204)


async def delete_queue_call(world: World, request: web.Request) -> web.StreamResponse:
    """Remove a call from its queue."""
    _place(world, request).leave("leave")
    return web.Response(status=204)


def _found(world: World, request: web.Request) -> Queue:
    queue = world.queues.find(request.match_info["name"])
    if queue is None:
        raise not_found("The queue")
    return queue


def _place(world: World, request: web.Request) -> WaitingCall:
    wanted = request.match_info["call_control_id"]
    places = _found(world, request).places
    place = next((place for place in places if place.leg.call_control_id == wanted), None)
    if place is None:
        raise not_found("The call in this queue")
    return place


def _queue(queue: Queue) -> dict[str, Any]:
    return {
        "record_type": "queue",
        "id": queue.id,
        "name": queue.name,
        "average_wait_time_secs": queue.average_wait_s(),
        "created_at": iso(queue.created_at),
        "current_size": len(queue.places),
        "max_size": queue.max_size,
        "updated_at": iso(queue.updated_at),
    }


def _call(queue: Queue, place: WaitingCall) -> dict[str, Any]:
    leg = place.leg
    return {
        "record_type": "queue_call",
        "call_control_id": leg.call_control_id,
        "call_leg_id": leg.call_leg_id,
        "call_session_id": leg.call_session_id,
        "connection_id": leg.connection_id,
        "enqueued_at": iso(place.entered_at),
        "from": leg.from_,
        "is_alive": leg.is_live,
        "queue_id": queue.id,
        "queue_position": place.position,
        "to": leg.to,
        "wait_time_secs": place.waited_s(),
    }
