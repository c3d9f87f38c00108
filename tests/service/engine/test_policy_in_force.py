"""What is said for every campaign holds from the next claim and the next send on, in processes that run already."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.operations.system.change_policy import PolicyChanges, change_policy
from orchestrator.operations.system.release_held import release_held_by_caps
from orchestrator.policy.caps import DEFAULT_CAPS
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.sql.installation_policy import change_to_release, lock_policy, mark_released, write_policy
from orchestrator.store.sql.sweeping_work import Work, find_work
from orchestrator.store.timeouts import SqlBounds
from tests.support.carrier_stub import CarrierStub
from tests.support.dial_history import held, one_more, recorded
from tests.support.world import World


def change(world: World, **caps: Any) -> None:
    world.run(change_policy, PolicyChanges.model_validate({"caps": caps, "because": "a complaint"}))


def test_a_cap_holds_at_the_next_claim(world: World) -> None:
    recorded(world, hours_ago=1)
    change(world, per_number_24h=1)
    campaign_id, contact_id = one_more(world)

    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[1] == "number_day_limit"


def test_a_cap_said_behind_the_claim_holds_at_the_send(world: World, carrier: CarrierStub) -> None:
    recorded(world, hours_ago=1)
    campaign_id, contact_id = one_more(world)
    [call_id] = world.claim(campaign_id)

    change(world, per_number_24h=1)
    world.dialer.dial_calls([call_id])

    assert (len(carrier.dials), held(world, contact_id)[1]) == (0, "number_day_limit")


def test_every_cap_and_rest_may_be_said(world: World) -> None:
    talk = world.campaign(subject="solar")
    recorded(world, hours_ago=3, disposition="human", campaign_id=talk)
    said = {
        "per_number_24h": (1, "number_day_limit"),
        "per_number_7d": (1, "number_week_limit"),
        "per_subject_24h": (1, "subject_day_limit"),
        "min_gap": ("4h", "number_gap"),
        "rest_after_human": ("4h", "rest_after_human"),
    }

    told = {}
    for name, (value, _) in said.items():
        change(world, **{**dict.fromkeys(said), name: value})
        campaign_id, contact_id = one_more(world, subject="solar")
        world.claim(campaign_id)
        told[name] = held(world, contact_id)[1]

    assert told == {name: reason for name, (_, reason) in said.items()}


def test_who_was_held_by_a_cap_is_asked_again_when_it_changes_in_whatever_campaign(world: World) -> None:
    recorded(world, hours_ago=1)
    change(world, per_number_24h=1)
    campaigns = [one_more(world, status="running"), one_more(world)]
    for campaign_id, _ in campaigns:
        world.claim(campaign_id)
    over, ended = one_more(world, status="completed")
    world.execute("UPDATE contacts SET status = 'held', reason = 'number_day_limit' WHERE id = :id", id=ended)

    change(world, per_number_24h=2)

    assert [world.contact_row(contact_id)["status"] for _, contact_id in campaigns] == ["waiting", "waiting"]
    assert held(world, ended)[:2] == ("held", "number_day_limit")
    assert len(world.claim(campaigns[0][0])) == 1 and over


def test_of_the_environment_and_what_was_said_the_stricter_holds(world: World) -> None:
    change(world, per_number_24h=2)
    world.set_caps(per_number_24h=1)  # started anew with a stricter setting
    recorded(world, hours_ago=1)
    campaign_id, contact_id = one_more(world)

    assert world.claim(campaign_id) == []
    assert held(world, contact_id)[1] == "number_day_limit"


def held_by_the_day(world: World) -> tuple[str, str]:
    recorded(world, hours_ago=1)
    change(world, per_number_24h=1)
    campaign_id, contact_id = one_more(world)
    assert world.claim(campaign_id) == [] and held(world, contact_id)[1] == "number_day_limit"
    return campaign_id, contact_id


def test_who_was_held_is_released_though_the_process_died_behind_the_commit(world: World, database_url: str) -> None:
    _, contact_id = held_by_the_day(world)
    impatient = open_sql(database_url, bounds=SqlBounds(statement_s=5, lock_s=0.2, idle_s=15))
    wanted = PolicyChanges.model_validate({"caps": {"per_number_24h": 2}, "because": "a trial is over"})

    with world.sql.begin() as tx:
        tx.execute(text("SELECT FROM contacts WHERE id = :id FOR UPDATE"), {"id": contact_id})
        with pytest.raises(SQLAlchemyError):
            change_policy(wanted, sql=impatient, caps=DEFAULT_CAPS)
    impatient.dispose()
    left = held(world, contact_id)[0], work(world)
    release_held_by_caps(world.sql)

    assert left == ("held", True)
    assert (world.contact_row(contact_id)["status"], work(world)) == ("waiting", False)


def test_a_release_does_not_take_back_a_change_that_came_behind_it(world: World) -> None:
    with world.sql.begin() as tx:
        for number in (2, 3):
            lock_policy(tx)
            caps = {"caps": {"per_number_24h": number}}
            write_policy(tx, caps, changes=caps, because="a trial", by="ann", releases=True)
        newest = change_to_release(tx)
        assert newest is not None
        mark_released(tx, newest - 1)

    assert work(world)
    release_held_by_caps(world.sql)
    assert not work(world)


def test_what_changes_no_cap_releases_nobody(world: World) -> None:
    _, contact_id = held_by_the_day(world)

    words = {"retention": {"calls": "5y"}, "because": "our records plan"}
    world.run(change_policy, PolicyChanges.model_validate(words))

    assert held(world, contact_id)[0] == "held" and not work(world)


def work(world: World) -> bool:
    with world.sql.connect() as tx:
        return Work.POLICY in find_work(tx)
