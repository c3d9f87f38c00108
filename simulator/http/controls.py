"""The simulator's own controls: ledger, faults, account resources, switches, callees, incoming calls, health."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simulator.call.callee_behavior import hang_up_far_end
from simulator.call.dtmf import press_key
from simulator.call.incoming_call import IncomingCall, NoWebhookUrl, place_incoming
from simulator.call.ledger import ledger
from simulator.http.listener import LISTENER
from simulator.http.request_handling import WORLD
from simulator.settings import StreamFrames
from simulator.state.account_resources import ResourceOverrides
from simulator.state.faults import Faults, InvalidFaults, parse_faults


class Switches(BaseModel):
    """Settings that can change while it runs; fields left out stay as they are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    down: bool | Literal["reset"] | None = None
    refuse_for_s: Annotated[float, Field(gt=0, le=600)] | None = None
    hold_webhooks: bool | None = None
    clock_skew_s: float | None = None
    channels: Annotated[int, Field(ge=0)] | None = None
    dials_per_5s: Annotated[int, Field(ge=0)] | None = None
    stream_frames: StreamFrames | None = None


class CalleeAction(BaseModel):
    """What a callee does immediately."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    press: Annotated[str, Field(pattern=r"^[0-9*#A-D]*$", max_length=128)] = ""
    hang_up: bool = False


async def get_health(request: web.Request) -> web.Response:
    """Return that the simulator is running."""
    return _json({"status": "ok", "live": request.app[WORLD].legs.live_count})


async def get_ledger(request: web.Request) -> web.Response:
    """Return the ledger; `?summary=1` only the totals, `?since=N` only legs changed after that revision."""
    since = request.query.get("since", "0")
    if not (since.isascii() and since.isdigit()):
        return _json({"error": "since is a revision: a whole number, as the last answer gave it"}, status=400)
    brief = request.query.get("summary", "") not in ("", "0")
    return _json(ledger(request.app[WORLD], since=int(since), brief=brief))


async def get_faults(request: web.Request) -> web.Response:
    """Return the active faults."""
    return _faults(request.app[WORLD].faults.current)


async def post_faults(request: web.Request) -> web.Response:
    """Replace the faults; `{}` removes them all."""
    try:
        faults = parse_faults(await request.read() or b"{}")
    except InvalidFaults as err:
        return _json({"error": str(err)}, status=400)
    request.app[WORLD].faults.replace(faults)
    return _faults(faults)


async def get_arrangements(request: web.Request) -> web.Response:
    """Return the overrides of the account's resources."""
    return _json(request.app[WORLD].resource_overrides.model_dump(mode="json"))


async def post_arrangements(request: web.Request) -> web.Response:
    """Replace the overrides of the account's resources; `{}` removes them all."""
    try:
        overrides = ResourceOverrides.model_validate_json(await request.read() or b"{}")
    except ValidationError as err:
        return _invalid(err)
    request.app[WORLD].resource_overrides = overrides
    return _json(overrides.model_dump(mode="json"))


async def post_control(request: web.Request) -> web.Response:
    """Change switches and return their values."""
    try:
        switches = Switches.model_validate_json(await request.read() or b"{}")
    except ValidationError as err:
        return _invalid(err)
    world = request.app[WORLD]
    if switches.down is not None:
        world.down = switches.down
    if switches.hold_webhooks is not None:
        world.webhook_sender.pause(switches.hold_webhooks)
    if switches.clock_skew_s is not None:
        world.clock.skew_s = switches.clock_skew_s
    if switches.channels is not None:
        world.channels = switches.channels or None
    if switches.dials_per_5s is not None:
        world.dials_per_5s = switches.dials_per_5s or None
    if switches.stream_frames is not None:
        world.stream_frames = switches.stream_frames
    if switches.refuse_for_s is not None:
        request.app[LISTENER].close_for(switches.refuse_for_s)
    limits = {"channels": world.channels, "dials_per_5s": world.dials_per_5s}
    values = {"down": world.down, "clock_skew_s": world.clock.skew_s, "stream_frames": world.stream_frames}
    return _json({**values, **limits})


async def post_callee(request: web.Request) -> web.Response:
    """Make the callee of a live leg press keys or hang up now."""
    world = request.app[WORLD]
    leg = world.legs.find(request.match_info["call_control_id"])
    if leg is None:
        return _json({"error": "no such call"}, status=404)
    try:
        action = CalleeAction.model_validate_json(await request.read() or b"{}")
    except ValidationError as err:
        return _invalid(err)
    for digit in action.press:
        press_key(world, leg, digit)
    if action.hang_up:
        hang_up_far_end(world, leg)
    return _json({"state": leg.state, "digits": leg.digits})


async def post_incoming(request: web.Request) -> web.Response:
    """Place an incoming call now."""
    try:
        call = IncomingCall.model_validate_json(await request.read() or b"{}")
    except ValidationError as err:
        return _invalid(err)
    try:
        leg = place_incoming(request.app[WORLD], call)
    except NoWebhookUrl:
        return _json({"error": "webhook_url: neither the call nor --webhook-url says where webhooks go"}, status=400)
    ids = {name: getattr(leg, name) for name in ("call_control_id", "call_leg_id", "call_session_id", "connection_id")}
    return _json({**ids, "from": leg.from_, "to": leg.to}, status=201)


def _faults(faults: Faults) -> web.Response:
    return _json(faults.model_dump(mode="json"))


def _invalid(err: ValidationError) -> web.Response:
    problems = err.errors(include_url=False, include_context=False, include_input=False)
    return _json({"error": "not understood", "problems": problems}, status=400)


def _json(data: dict[str, Any], *, status: int = 200) -> web.Response:
    body = orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS)
    return web.Response(body=body, status=status, content_type="application/json")
