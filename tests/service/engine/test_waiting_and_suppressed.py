"""Who waits ends when its number is suppressed, and not only when its turn comes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select, text

from orchestrator.clock import utc_now
from orchestrator.ids import new_id
from orchestrator.operations.contacts import bulk_changes
from orchestrator.operations.contacts import end_suppressed as ends
from orchestrator.operations.contacts.bulk_changes import Stores, carry_on_interrupted
from orchestrator.operations.contacts.change_many import WAYS_OF_MANY, ManyContacts, change_contacts, count_many
from orchestrator.operations.contacts.import_suppressions import SuppressionDefaults, suppress_many
from orchestrator.operations.contacts.suppress_number import suppress_number
from orchestrator.store.sql import opt_outs, tables
from tests.service.engine.test_redial import redial
from tests.support.stepwise import Process
from tests.support.watched_stores import Fault
from tests.support.world import World

PHONE = "+13125550199"


def standing(world: World) -> list[tuple[str, str | None]]:
    return [tuple(row) for row in world.query("SELECT status, reason FROM contacts ORDER BY id")]


def test_r9_a_number_that_is_suppressed_waits_in_no_campaign(world: World) -> None:
    for status in ("waiting", "held"):
        world.contact(world.campaign(status="paused"), phone=PHONE, status=status)
    world.contact(world.campaign(), phone="+13125550198")
    world.contact(world.campaign(), phone=PHONE, status="completed")

    world.run(suppress_number, PHONE, reason="asked")

    assert standing(world) == [("suppressed", "suppressed")] * 2 + [("waiting", None), ("completed", None)]


def test_a_number_that_is_suppressed_for_one_campaign_waits_in_the_others(world: World) -> None:
    first, second = world.campaign(), world.campaign()
    world.contact(first, phone=PHONE)
    world.contact(second, phone=PHONE)

    world.run(suppress_number, PHONE, scope=first, reason="asked")

    assert standing(world) == [("suppressed", "suppressed"), ("waiting", None)]


def test_a_number_that_is_suppressed_for_a_time_is_left_to_the_gate(world: World) -> None:
    world.contact(world.campaign(), phone=PHONE)

    world.run(suppress_number, PHONE, reason="on leave", expires_at=utc_now() + timedelta(days=1))

    assert standing(world) == [("waiting", None)]


def test_a_file_of_suppressions_ends_who_waits_however_many_campaigns_have_the_number(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (opt_outs, ends):
        monkeypatch.setattr(module, "ENDED_AT_ONCE", 2)  # of each transaction
    for _ in range(5):
        world.contact(world.campaign(), phone=PHONE)
    world.contact(world.campaign(), phone="+13125550198")

    done = world.run(suppress_many, BytesIO(f"phone\n{PHONE}\n".encode()), SuppressionDefaults())

    assert done.accepted == 1
    assert standing(world) == [("suppressed", "suppressed")] * 5 + [("waiting", None)]


def test_who_waits_ends_in_the_transaction_of_the_suppression(world: World) -> None:
    world.contact(world.campaign(), phone=PHONE)

    with world.sql.begin() as tx:
        opt_outs.write_opt_outs(tx, [opt_outs.Asked(PHONE, "global", "asked", asked_by="api")])

    assert standing(world) == [("suppressed", "suppressed")]


def test_a_suppression_waits_for_nobody_who_is_changing_a_contact_in_its_own_transaction(world: World) -> None:
    contact_id = world.contact(world.campaign(), phone=PHONE)
    with world.sql.begin() as changing, world.sql.begin() as tx:
        changing.execute(select(tables.contacts).where(tables.contacts.c.id == contact_id).with_for_update())
        tx.execute(text("SET LOCAL lock_timeout = '100ms'"))

        opt_outs.write_opt_outs(tx, [opt_outs.Asked(PHONE, "global", "asked", asked_by="api")])

    assert standing(world) == [("waiting", None)]
    assert ends.end_suppressed([PHONE], sql=world.sql) == 1


def test_who_ended_by_a_suppression_that_was_lifted_waits_again_by_a_redial(world: World) -> None:
    campaign_id = world.campaign()
    world.contact(campaign_id, phone=PHONE)
    world.run(suppress_number, PHONE, reason="by mistake")

    before = redial(world, campaign_id, statuses=["suppressed"])
    world.execute("DELETE FROM suppressions")
    after = redial(world, campaign_id, statuses=["suppressed"], change_id=new_id("chg"))

    assert (before.changed, after.changed, standing(world)) == (0, 1, [("waiting", None)])


def many_suppressed(world: World, **which: Any) -> tuple[int, int]:
    asked = ManyContacts.model_validate({**which, "action": "suppress"})
    stores = Stores(world.sql, world.redis, world.keys)
    change = world.run(change_contacts, asked, change_id=new_id("chg"), stores=stores)
    assert change.status == "completed"
    return change.matched, change.changed


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two contacts be a batch of whatever is done to many."""
    for module in (opt_outs, ends):
        monkeypatch.setattr(module, "ENDED_AT_ONCE", 2)
    monkeypatch.setattr(bulk_changes, "BATCH", 2)


@pytest.mark.usefixtures("small_batches")
def test_who_is_suppressed_with_many_waits_in_no_other_campaign(world: World) -> None:
    campaigns = [world.campaign() for _ in range(3)]
    for campaign_id in campaigns:
        for n in range(3):
            world.contact(campaign_id, phone=f"+1312555019{n}")

    many_suppressed(world, filter={"campaign_id": campaigns[0]})

    assert standing(world) == [("suppressed", "suppressed")] * 9


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("fault", [Fault.DEATH, Fault.DEATH_BEHIND])
@pytest.mark.parametrize("point", ["commit suppressions", "commit contacts"])
def test_nobody_waits_once_many_were_suppressed_though_a_process_died_within(
    world: World, process: Process, point: str, fault: Fault
) -> None:
    campaigns = [world.campaign() for _ in range(5)]
    for campaign_id in campaigns:
        world.contact(campaign_id, phone=PHONE)
    which = {"filter": {"campaign_id": campaigns[0], "statuses": ["waiting"]}}

    process.dies(fault, point, lambda dying: many_suppressed(dying, **which))
    world.execute("UPDATE bulk_changes SET touched_at = 'epoch'")
    carry_on_interrupted(Stores(world.sql, world.redis, world.keys), ways=WAYS_OF_MANY)

    assert standing(world) == [("suppressed", "suppressed")] * 5
    assert world.query("SELECT status, matched, changed FROM bulk_changes") == [("completed", 1, 1)]


@pytest.mark.usefixtures("small_batches")
def test_many_suppressed_are_counted_as_their_dry_run_counts_them(world: World) -> None:
    world.contact(world.campaign(), phone="+13125550190")
    world.run(suppress_number, "+13125550190", reason="asked")
    world.run(suppress_number, "+13125550191", reason="on leave", expires_at=utc_now() + timedelta(days=1))
    for campaign_id in (world.campaign(), world.campaign()):
        for n in range(3):
            world.contact(campaign_id, phone=f"+1312555019{n}")
    everybody = ManyContacts.model_validate({"all": True, "action": "suppress"})

    counted = count_many(everybody, sql=world.sql, clock=utc_now, call_estimate=Decimal(0))

    assert counted == (7, 4)
    assert many_suppressed(world, all=True) == (7, 4)
    assert many_suppressed(world, all=True) == (7, 0)
