"""Handling of every request: outages, the API key, injected faults, JSON bodies, errors."""

from __future__ import annotations

import asyncio
import hmac
import socket
import struct
from collections.abc import Awaitable, Callable
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


def carrier_endpoint(view: Api) -> Handler:
    """Return a handler of the carrier's API: it simulates outages, checks the key and writes the carrier's errors."""

    async def handle(request: web.Request) -> web.StreamResponse:
        world = request.app[WORLD]
        try:
            _check_up(world)
            _check_key(world, request)
            return await view(world, request)
        except CarrierError as err:
            world.counters.add("refused", err.code)
            return json_response(world, err.body(), status=err.status)
        except ConnectionReset:
            return reset(request)

    return handle


def json_response(world: World, body: bytes, *, status: int = 200) -> web.Response:
    """Return a JSON response; its Date shows the clock's skew."""
    response = web.Response(body=body, status=status, content_type="application/json")
    if world.clock.skew_s:
        response.headers["Date"] = http_date(world.clock.now())
    return response


def reset(request: web.Request) -> web.Response:
    """Reset the TCP connection; the returned response is never sent."""
    transport = request.transport
    if transport is not None:
        peer = transport.get_extra_info("socket")
        if peer is not None:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()
    return web.Response()


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


def _check_key(world: World, request: web.Request) -> None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
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
