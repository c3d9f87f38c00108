"""Campaigns share by weight what the account has room for, however little that is at a time."""

from __future__ import annotations

from collections import Counter

from orchestrator.store.sql.campaigns import add_zones
from orchestrator.store.sql.system_campaigns import ensure_system_campaign
from tests.support.world import BECAUSE, CONNECTION, ZONE, World


def campaigns(world: World, *pacings: dict[str, object]) -> list[str]:
    """Write campaigns with these pacings and more contacts each than are called here."""
    written = [world.campaign(pacing=pacing) for pacing in pacings]
    for campaign_id in written:
        world.contacts(campaign_id, 20)
    return written


def dials_of(world: World, *, rounds: int) -> Counter[str]:
    """Return the dials of each campaign in so many ticks, before each of which all calls end and time passes."""
    dials = Counter[str]()
    for _ in range(rounds):
        world.redis.delete(world.keys.gcra(CONNECTION), world.keys.slots(CONNECTION))
        call_ids = world.dispatcher.dispatch_calls()
        dials.update(world.call_row(call_id)["campaign_id"] for call_id in call_ids)
        world.execute("UPDATE calls SET state = 'ended', ended_at = now() WHERE state = 'reserved'")
    return dials


def test_a_rate_that_leaves_one_dial_at_a_time_is_shared_by_weight(world: World) -> None:
    heavy, light = campaigns(world, {"weight": 3}, {"weight": 1})
    world.execute("UPDATE connections SET calls_per_second = 5")

    assert dials_of(world, rounds=16) == {heavy: 12, light: 4}


def test_channels_that_free_one_at_a_time_are_shared_by_weight(world: World) -> None:
    heavy, light = campaigns(world, {"weight": 3}, {"weight": 1})
    world.execute("UPDATE connections SET max_live_calls = 1")

    assert dials_of(world, rounds=16) == {heavy: 12, light: 4}


def test_a_campaign_at_its_own_limit_leaves_the_shares_of_the_others_as_they_are(world: World) -> None:
    full, heavy, light = campaigns(world, {"max_live_calls": 1, "weight": 9}, {"weight": 4}, {"weight": 1})
    world.execute("UPDATE connections SET max_live_calls = 2")
    world.redis.zadd(world.keys.slots(full), {"call_that_lives": 2e12})

    assert dials_of(world, rounds=5) == {heavy: 8, light: 2}


def test_who_was_offered_nothing_comes_before_who_has_had_a_share_when_another_takes_none(world: World) -> None:
    none, heavy, light = campaigns(world, {"weight": 9}, {"weight": 9}, {"weight": 1})
    world.execute("UPDATE connections SET max_live_calls = 2")
    world.execute("UPDATE contacts SET not_before = now() + interval '1 h' WHERE campaign_id = :id", id=none)

    dials = dials_of(world, rounds=10)

    assert dials[none] == 0 and dials[heavy] + dials[light] == 20 and dials[light] >= 2


def test_single_calls_come_before_what_campaigns_share(world: World) -> None:
    [campaign_id] = campaigns(world, {"weight": 100})
    with world.sql.begin() as tx:
        direct = ensure_system_campaign(tx, CONNECTION, kind="direct")
        add_zones(tx, direct, [ZONE])
    said = {"flow_id": world.campaign_row(campaign_id)["flow_id"], "caller_id": "+13125550100"}
    for _ in range(3):
        world.contact(direct, ignore_hours=True, ignore_hours_because=BECAUSE, is_single=True, **said)
    world.execute("UPDATE connections SET calls_per_second = 5")

    assert [set(dials_of(world, rounds=1)) for _ in range(4)] == [{direct}, {direct}, {direct}, {campaign_id}]


def test_a_campaign_whose_pacing_this_version_cannot_read_keeps_no_other_from_dialing(world: World) -> None:
    _, readable = campaigns(world, {"weight": 2, "of_a_newer_version": 1}, {})

    assert set(dials_of(world, rounds=2)) == {readable}
