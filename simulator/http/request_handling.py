"""Handling of every request: outages, the API key, injected faults, JSON bodies, errors."""

from __future__ import annotations

import asyncio
import hmac
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from simulator.clock import http_date
from simulator.schema.errors import (
    CarrierError,
    broken,
    too_many_dials,
    too_many_requests,
    unauthorized,
    unavailable,
    undecodable,
)
from simulator.state.faults import Faults, RequestFault
from simulator.world import World

WORLD = web.AppKey("world", World)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Api = Callable[[World, web.Request], Awaitable[web.StreamResponse]]

_NO_LINGER = struct.pack("ii", 1, 0)


class ConnectionReset(Exception):
    """Raised to reset the connection instead of sending a response."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A JSON response that either way of serving can send."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def carrier_endpoint(view: Api) -> Handler:
    """Return a handler of the carrier's API: it simulates outages, checks the key and writes the carrier's errors."""

    async def handle(request: web.Request) -> web.StreamResponse:
        world = request.app[WORLD]
        try:
            check_access(world, request.headers.get("Authorization", ""))
            return await view(world, request)
        except CarrierError as err:
            return web_response(world, refusal(world, err))
        except ConnectionReset:
            if request.transport is not None:
                reset(request.transport)
            return web.Response()  # which is never sent

    return handle


def check_access(world: World, authorization: str) -> None:
    """Raise ConnectionReset or CarrierError during an outage, and CarrierError (401) without a valid key."""
    _check_up(world)
    _check_key(world, authorization)


def refusal(world: World, error: CarrierError) -> Reply:
    """Return the response to a request that failed, and count it."""
    world.counters.add("refused", error.code)
    return Reply(error.body(), error.status)


def json_response(world: World, body: bytes, *, status: int = 200) -> web.Response:
    """Return a JSON response."""
    return web_response(world, Reply(body, status))


def web_response(world: World, reply: Reply) -> web.Response:
    """Return the response for aiohttp to send; its Date shows the clock's skew."""
    response = web.Response(
        body=reply.body, status=reply.status, headers=reply.headers, content_type="application/json"
    )
    if world.clock.skew_s:
        response.headers["Date"] = http_date(world.clock.now())
    return response


def reset(transport: asyncio.Transport) -> None:
    """Reset the TCP connection."""
    peer = transport.get_extra_info("socket")
    if peer is not None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


async def apply_faults_before(request_fault: RequestFault | None, faults: Faults, *, is_dial: bool) -> None:
    """Apply the faults before a request is executed; raises CarrierError or ConnectionReset."""
    latency_ms = faults.dial_latency_ms if is_dial else faults.action_latency_ms
    if latency_ms:
        await asyncio.sleep(latency_ms / 1000)
    if request_fault is RequestFault.REFUSE_429:
        raise too_many_dials() if is_dial else too_many_requests()
    if request_fault is RequestFault.ERROR_BEFORE:
        raise broken(faults.error_status)
    if request_fault is RequestFault.RESET_BEFORE:
        raise ConnectionReset
    if request_fault is RequestFault.HANG_BEFORE:
        await asyncio.sleep(faults.hang_s)
        raise unavailable()


async def apply_faults_after(request_fault: RequestFault | None, faults: Faults) -> None:
    """Apply the faults that come after a request was executed."""
    if request_fault is RequestFault.ERROR_AFTER:
        raise broken(faults.error_status)
    if request_fault is RequestFault.RESET_AFTER:
        raise ConnectionReset
    if request_fault is RequestFault.HANG:
        await asyncio.sleep(faults.hang_s)


def _check_up(world: World) -> None:
    if world.down == "reset":
        raise ConnectionReset
    if world.down:
        raise unavailable()


def _check_key(world: World, authorization: str) -> None:
    scheme, _, key = authorization.partition(" ")
    wanted = world.settings.api_key
    good = bool(key.strip()) if wanted is None else hmac.compare_digest(key.strip().encode(), wanted.encode())
    if scheme.lower() != "bearer" or not good:
        raise unauthorized()


def parse_body(raw: bytes, *, loads: Callable[[bytes], Any] = orjson.loads) -> dict[str, Any]:
    """Return the JSON object of a body, empty for an empty body; raises CarrierError (400) for anything else."""
    try:
        body = loads(raw) if raw.strip() else {}
    except ValueError as err:
        raise undecodable() from err
    if not isinstance(body, dict):
        raise undecodable()
    return body
