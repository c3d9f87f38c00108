"""Very many contacts that are held for a reason which holds no longer: some are released at once, the others behind."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, Row

from orchestrator.operations.campaigns.change_campaign import CampaignChanges, change_campaign
from orchestrator.operations.campaigns.ways_of_changing import WAYS
from orchestrator.operations.contacts import bulk_changes
from orchestrator.operations.contacts.bulk_changes import Stores, carry_on, carry_on_interrupted
from orchestrator.operations.contacts.go_on_releasing import RELEASING
from orchestrator.store.sql import held_contacts
from orchestrator.store.sql.sweeping_work import Work, find_work
from tests.support.world import World

HELD = "status = 'held', reason = 'number_gap', due_at = now() + interval '1 day'"


@pytest.fixture(autouse=True)
def _two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_contacts, "_AT_ONCE", 2)
    monkeypatch.setattr(bulk_changes, "BATCH", 2)


def held_campaign(world: World) -> tuple[str, list[str]]:
    campaign_id = world.campaign()
    ids = sorted(world.contacts(campaign_id, 7))
    world.execute(f"UPDATE contacts SET {HELD} WHERE campaign_id = :id", id=campaign_id)
    world.execute("UPDATE contacts SET reason = 'number_day_limit' WHERE id = :id", id=ids[3])
    return campaign_id, ids


def standing(world: World, ids: list[str]) -> str:
    """Return who waits (w) and who is held (h), in the order of their ids."""
    return "".join(world.contact_row(each)["status"][0] for each in ids)


def shorten_the_gap(world: World, campaign_id: str) -> None:
    world.run(change_campaign, campaign_id, CampaignChanges.model_validate({"number_gap": "1m"}))


def stores_of(world: World) -> Stores:
    return Stores(world.sql, world.redis, world.keys)


def changes(world: World) -> list[Any]:
    return world.query("SELECT id, kind, status, done_to, changed FROM bulk_changes")


def test_the_first_are_released_with_the_change_and_the_others_though_the_process_died_behind_it(world: World) -> None:
    campaign_id, ids = held_campaign(world)

    shorten_the_gap(world, campaign_id)

    assert standing(world, ids) == "wwhhhhh"
    with world.sql.connect() as tx:
        assert Work.CHANGES in find_work(tx)
    assert carry_on_interrupted(stores_of(world), ways=WAYS) == 1
    assert standing(world, ids) == "wwwhwww"
    assert [(each.kind, each.status, each.changed) for each in changes(world)] == [("release", "completed", 4)]


def test_a_release_goes_on_where_it_was_when_the_process_died_and_releases_nobody_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id, ids = held_campaign(world)
    shorten_the_gap(world, campaign_id)
    [change] = changes(world)
    done = list[int]()

    def dies(tx: Connection, row: Row[Any], contact_ids: list[str]) -> int:
        done.append(RELEASING.apply(tx, row, contact_ids))
        if len(done) == 2:
            raise SystemExit
        return done[-1]

    dying = bulk_changes.Way("release", apply=dies, find=RELEASING.find)
    with pytest.raises(SystemExit):
        carry_on(change.id, dying, stores_of(world), for_s=60)
    assert standing(world, ids) == "wwwhwhh"  # the second batch is rolled back
    world.execute(f"UPDATE contacts SET {HELD} WHERE id = :id", id=ids[0])  # by what holds now

    world.execute("UPDATE bulk_changes SET touched_at = 'epoch'")  # nobody has worked on it for a while
    assert carry_on_interrupted(stores_of(world), ways=WAYS) == 1

    assert standing(world, ids) == "hwwhwww"
    assert [(each.status, each.changed) for each in changes(world)] == [("completed", 4)]


def test_where_few_are_held_nothing_is_left_to_do(world: World) -> None:
    campaign_id = world.campaign()
    [only] = world.contacts(campaign_id, 1)
    world.execute(f"UPDATE contacts SET {HELD} WHERE id = :id", id=only)

    shorten_the_gap(world, campaign_id)

    assert (standing(world, [only]), changes(world)) == ("w", [])
