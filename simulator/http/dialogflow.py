"""The Dialogflow agent of a connection: created, read, changed and deleted under /v2/dialogflow_connections."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

from simulator.commands.base import BodySchema
from simulator.http.request_handling import json_response, parse_body
from simulator.schema.errors import bad_request, not_found
from simulator.schema.fields import Choice, Field, Text
from simulator.world import World

_MAX = 1_000
_KEPT = ("conversation_profile_id", "dialogflow_api", "environment", "location")
_AGENT = BodySchema(
    fields={
        "service_account": Field(required=True),  # an object in the official SDK, a string in the carrier's tutorials
        "dialogflow_api": Choice(("cx", "es")),
        **{name: Text() for name in _KEPT if name != "dialogflow_api"},
    }
)


async def put_agent(world: World, request: web.Request) -> web.StreamResponse:
    """Set or replace a connection's agent; the service account's secrets are not stored."""
    ident, body = _connection(world, request), parse_body(await request.read())
    _AGENT.check(body)
    if ident not in world.dialogflow_agents and len(world.dialogflow_agents) >= _MAX:
        raise bad_request("There are too many Dialogflow connections.", at="/connection_id")
    world.dialogflow_agents[ident] = {name: body.get(name) for name in _KEPT}
    return _answer(world, ident, status=201 if request.method == "POST" else 200)


async def get_agent(world: World, request: web.Request) -> web.StreamResponse:
    """Return a connection's agent."""
    return _answer(world, _known(world, request))


async def delete_agent(world: World, request: web.Request) -> web.StreamResponse:
    """Delete a connection's agent; calls connected to it go on."""
    del world.dialogflow_agents[_known(world, request)]
    return web.Response(status=204)


def _connection(world: World, request: web.Request) -> str:
    ident, known = request.match_info["connection_id"], world.settings.connection_id
    if known is not None and ident != known:
        raise not_found("The connection")
    return ident


def _known(world: World, request: web.Request) -> str:
    ident = _connection(world, request)
    if ident not in world.dialogflow_agents:
        raise not_found("The Dialogflow connection")
    return ident


def _answer(world: World, ident: str, *, status: int = 200) -> web.Response:
    data: dict[str, Any] = {
        "record_type": "dialogflow_connection",
        "connection_id": ident,
        **world.dialogflow_agents[ident],
    }
    return json_response(world, orjson.dumps({"data": data}), status=status)
