"""POST /v2/calls, and the actions on a call."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

from simulator.commands.base import Command
from simulator.commands.dial import DIAL, dial, dial_response, dialed_number
from simulator.commands.registry import COMMANDS
from simulator.http.request_handling import Reply, apply_faults_after, apply_faults_before, parse_body, web_response
from simulator.schema.errors import CarrierError, not_found, unknown_call
from simulator.state.leg import Leg, ReceivedCommand
from simulator.world import World


async def post_call(world: World, request: web.Request) -> web.StreamResponse:
    """Take a dial from aiohttp."""
    return web_response(world, await take_dial(world, await request.read()))


async def post_action(world: World, request: web.Request) -> web.StreamResponse:
    """Take an action from aiohttp."""
    command = command_for(request.method, request.match_info["action"])
    raw = await request.read()
    return web_response(world, await take_action(world, command, request.match_info["call_control_id"], raw))


async def take_dial(world: World, raw: bytes) -> Reply:
    """Dial; a repeated command_id gets the first response again."""
    world.dial_requests.add()
    world.counters.add("dial_requests")
    body: dict[str, Any] = {}
    try:
        body = parse_body(raw)
        number = dialed_number(body)
        faults = world.faults.of(number)
        request_fault = faults.request_fault(world.random, "dial", "dial", number, world.legs.nth_request(number))
        await apply_faults_before(request_fault, faults, is_dial=True)
        data = _dial_once(world, body)
    except CarrierError as err:
        world.counters.add("dials_refused", err.code)
        world.refused_dials.add(
            body, at=world.clock.now(), status=err.status, code=err.code, detail=err.problems[0].detail
        )
        raise
    await apply_faults_after(request_fault, faults)
    return Reply(data, headers=_limits(world))


def command_for(method: str, action: str) -> Command:
    """Return the command of this name; raises CarrierError (404)."""
    command = COMMANDS.get((method, action))
    if command is None:
        raise not_found(f"The action {action}")
    return command


async def take_action(world: World, command: Command, call_control_id: str, raw: bytes) -> Reply:
    """Execute an action on a leg, once per command_id."""
    body = parse_body(raw)
    leg = world.legs.find(call_control_id)
    if leg is None:
        raise unknown_call()
    leg.requests += 1
    faults = world.faults.of(leg.far_end_number)
    request_fault = faults.request_fault(world.random, "actions", leg.key, leg.requests)
    await apply_faults_before(request_fault, faults, is_dial=False)
    data = _act_once(world, command, leg, body)
    await apply_faults_after(request_fault, faults)
    return Reply(data)


def _dial_once(world: World, body: dict[str, Any]) -> bytes:
    known = world.accepted_commands.find("dial", body.get("command_id"))
    if known is not None:
        _record_command(world, known.leg, "dial", body, duplicate=True)
        return known.response
    leg = dial(world, body)
    _count_unknown(world, "dial", DIAL.unknown(body))
    _record_command(world, leg, "dial", body)
    data = orjson.dumps({"data": dial_response(leg)})
    world.accepted_commands.remember("dial", body.get("command_id"), data, leg=leg)
    return data


def _act_once(world: World, command: Command, leg: Leg, body: dict[str, Any]) -> bytes:
    command_id = body.get("command_id") if command.is_deduplicated else None
    known = world.accepted_commands.find(leg.call_control_id, command_id)
    if known is not None:
        _record_command(world, leg, command.action, body, duplicate=True)
        return known.response
    received = _record_command(world, leg, command.action, body)
    try:
        extra = _execute(world, command, leg, body)
    except CarrierError as err:
        received.status, received.code = err.status, err.code
        world.counters.add("commands_refused", err.code)
        raise
    _count_unknown(world, command.action, command.schema.unknown(body))
    data = orjson.dumps({"data": {"result": "ok", **extra}})
    world.accepted_commands.remember(leg.call_control_id, command_id, data, leg=leg)
    return data


def _execute(world: World, command: Command, leg: Leg, body: dict[str, Any]) -> dict[str, Any]:
    command.schema.check(body)
    command.check_state(leg)
    leg.timers.cancel("first command")
    before = leg.client_state
    if body.get("client_state") is not None:
        leg.client_state = body["client_state"]
    try:
        return dict(command.effect(world, leg, body) or {})
    except CarrierError:
        leg.client_state = before
        raise


def _record_command(
    world: World, leg: Leg, action: str, body: dict[str, Any], *, duplicate: bool = False
) -> ReceivedCommand:
    received = ReceivedCommand(
        action=action,
        at=world.clock.now(),
        command_id=body.get("command_id"),
        status=200,
        duplicate=duplicate,
        body=body if world.settings.keep_bodies else None,
    )
    leg.keep_command(received)
    world.counters.add("commands_repeated" if duplicate else "commands", action)
    world.legs.touch(leg)
    return received


def _count_unknown(world: World, action: str, names: list[str]) -> None:
    for name in names:
        world.counters.add("unknown_fields", f"{action}.{name}")


def _limits(world: World) -> dict[str, str]:
    if world.dials_per_5s is None:
        return {}
    return {
        "x-ratelimit-limit": str(world.dials_per_5s),
        "x-ratelimit-remaining": str(max(0, world.dials_per_5s - world.dials.count())),
        "x-ratelimit-reset": str(world.dials.resets_in_s()),
    }
