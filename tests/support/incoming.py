"""Lets calls come to a number of ours, told as the carrier tells them."""

from __future__ import annotations

from itertools import count
from typing import Any

import orjson

from orchestrator.clock import rfc3339, utc_now
from orchestrator.ids import new_id
from orchestrator.operations.flows.assign_number import NewNumber, map_number
from orchestrator.store.redis.event_streams import add_webhook
from orchestrator.telnyx.client_state import ClientState
from tests.support.world import CONNECTION, GREETING, World

OURS, CALLER, LEG = "+13125550100", "+12025550123", "v3:incoming"

_events = count(1)


def tell(
    world: World, kind: str = "call.initiated", *, leg: str = LEG, ident: str | None = None, **payload: Any
) -> str:
    """Let the carrier tell of a leg that carries no state of ours."""
    event_id = ident or f"in-{next(_events)}"
    told = {
        "call_control_id": leg,
        "call_leg_id": f"leg-{leg}",
        "call_session_id": f"ses-{leg}",
        "connection_id": CONNECTION,
        "client_state": None,
        "from": CALLER,
        "to": OURS,
        **({"direction": "incoming", "state": "parked"} if kind == "call.initiated" else {}),
        **payload,
    }
    data = {"event_type": kind, "id": event_id, "occurred_at": rfc3339(utc_now()), "payload": told}
    add_webhook(world.redis, world.keys, orjson.dumps({"data": data}))
    return event_id


def answered(world: World, call_id: str, kind: str = "call.answered", **payload: Any) -> None:
    """Let the carrier tell of the leg after our first command, which gave it our state."""
    state = ClientState(call=call_id, role="A").encode()
    tell(world, kind, client_state=state, **payload)


def mapped(world: World, flow: str = GREETING, **more: Any) -> None:
    wanted = NewNumber(number=OURS, flow=world.flow(flow), **more)
    world.run(map_number, wanted, number_id=new_id("num"))


def inbound(world: World) -> list[Any]:
    return world.query("SELECT * FROM calls WHERE direction = 'inbound' ORDER BY id")


def only_call(world: World) -> str:
    [row] = inbound(world)
    return str(row.id)


def caller_hangs_up(world: World, call_id: str) -> None:
    """Let the carrier tell the end of a call that came in, and settle it."""
    answered(world, call_id, "call.hangup", hangup_cause="normal_clearing", hangup_source="caller")
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()
