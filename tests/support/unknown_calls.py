"""Attempts whose answer never came, and what the carrier says of them."""

from __future__ import annotations

from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.telnyx.client_state import ClientState
from tests.support.carrier_stub import CarrierStub
from tests.support.world import CONNECTION, World


def active_legs(*call_ids: str, state_of: dict[str, str] | None = None) -> dict[str, object]:
    legs = [
        {
            "call_control_id": f"v3:{call_id}",
            "call_leg_id": f"leg-{call_id}",
            "call_session_id": f"ses-{call_id}",
            "client_state": (state_of or {}).get(call_id, ClientState(call=call_id, role="A", user=None).encode()),
        }
        for call_id in call_ids
    ]
    return {"data": legs, "meta": {"cursors": {}, "total_items": len(legs)}}


def unknown_call(world: World, carrier: CarrierStub, *, age_s: float = 41) -> str:
    """Return an attempt whose one send was never answered."""
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.age_send(call_id, age_s)
    resolve_unanswered_dials(world.sql, world.redis, world.keys)
    assert world.call_row(call_id)["state"] == "unknown"
    return call_id


def match_again(world: World) -> int:
    world.execute("UPDATE calls SET absent_at = absent_at - interval '31 seconds'")
    return world.reconciler.reconcile_unknown_calls(CONNECTION)
