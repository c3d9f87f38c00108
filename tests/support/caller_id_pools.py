"""Pools of caller ids in a world, and what was dialed from their numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from orchestrator.clock import utc_now
from orchestrator.ids import new_id
from orchestrator.operations.caller_ids.write_pools import change_pool, create_pool
from orchestrator.policy.caller_id_pool import CallerIdPoolChanges, NewCallerIdPool
from tests.support.world import CONNECTION, World

ONE, OTHER, THIRD = "+12125550101", "+13055550102", "+14155550103"


def pool(world: World, *numbers: str | dict[str, Any], **fields: Any) -> str:
    """Create a pool and return its id."""
    named = [{"number": each} if isinstance(each, str) else each for each in numbers or (ONE, OTHER)]
    wanted = NewCallerIdPool.model_validate({"name": "pool", "numbers": named, **fields})
    return str(world.run(create_pool, wanted, pool_id=new_id("pool")).id)


def change(world: World, pool_id: str, **fields: Any) -> None:
    """Change a pool."""
    world.run(change_pool, pool_id, CallerIdPoolChanges.model_validate(fields))


def pooled(world: World, pool_id: str, **campaign: Any) -> str:
    """Return a running campaign that dials from a pool."""
    return world.campaign(caller_ids=[], caller_id_pool=pool_id, **campaign)


def history(world: World, number: str, count: int, *, ago: timedelta, to: int = 9999, **columns: Any) -> None:
    """Let `count` calls have been made from a number, the last one `ago`, each a second before the next."""
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id, due_at=None, status="completed")
    values = {"state": "ended", "disposition": "no_answer", **columns}
    names = ", ".join(values)
    world.execute(
        "INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, command_id,"
        f" ring_limit_s, talk_limit_s, last_sent_at, {names})"
        " SELECT :prefix || n, :campaign, :contact, :connection, :to, :number, n, '', 30, 60,"
        f" CAST(:last AS timestamptz) - n * interval '1 second', {', '.join(f':{name}' for name in values)}"
        " FROM generate_series(0, :count - 1) n",
        prefix=new_id("call"),
        campaign=campaign_id,
        contact=contact_id,
        connection=CONNECTION,
        number=number,
        to=f"+1312555{to:04d}",
        last=utc_now() - ago,
        count=count,
        **values,
    )


def rest_number(world: World, number: str, until: Any) -> None:
    """Put a number to rest."""
    world.execute(
        "INSERT INTO caller_id_states (number, resting_until, rested_for) VALUES (:number, :until, '{}')"
        " ON CONFLICT (number) DO UPDATE SET resting_until = EXCLUDED.resting_until",
        number=number,
        until=until,
    )


def shown(world: World, call_ids: list[str]) -> list[str]:
    """Return the numbers that these calls show."""
    return [world.call_row(call_id)["from_number"] for call_id in call_ids]
