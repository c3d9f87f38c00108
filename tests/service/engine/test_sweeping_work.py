"""One look says which sweepers have something to do, and misses nothing that one of them would do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.campaigns.end_open_contacts import end_open_contacts
from orchestrator.operations.campaigns.pause_campaign import pause_campaign
from orchestrator.operations.contacts.hang_up_suppressed import hang_up_suppressed
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.operations.recovery.work_watch import WorkWatch
from orchestrator.store.sql.sweeping_work import Work, find_work
from orchestrator.store.sql.tallies import fold_tallies
from tests.support.world import World

_WITHOUT_WORK = frozenset[Work]()


def work(world: World) -> frozenset[Work]:
    fold_tallies(world.sql)
    with world.sql.connect() as tx:
        return find_work(tx)


@pytest.fixture
def paused(world: World) -> str:
    """Return a paused campaign with a contact that waits, which is no work for anybody."""
    campaign_id = world.campaign()
    world.contacts(campaign_id, 1)
    world.run(pause_campaign, campaign_id)
    assert work(world) == _WITHOUT_WORK
    return campaign_id


def test_a_send_without_an_answer_is_work_once_it_is_overdue(world: World) -> None:
    call_id = world.dialed_call()
    world.execute("UPDATE calls SET state = 'dialing', answered_send = 0, accepted_at = NULL")
    assert Work.SENDS not in work(world)

    world.age_send(call_id, 16)

    assert Work.SENDS in work(world)
    assert resolve_unanswered_dials(world.sql, world.redis, world.keys) == [call_id]


def test_a_phone_that_rings_at_a_suppressed_number_is_work(world: World) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.initiated")
    world.work(call_id)
    assert Work.SUPPRESSED not in work(world)

    phone = world.call_row(call_id)["to_number"]
    world.execute(
        "INSERT INTO suppressions (id, phone, scope, reason) VALUES ('s', :phone, 'global', 'a')", phone=phone
    )

    assert Work.SUPPRESSED in work(world)
    assert hang_up_suppressed(world.sql, world.redis, world.keys) == [call_id]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE campaigns SET status = 'running'",
        "UPDATE campaigns SET status = 'scheduled', starts_at = now()",
        "UPDATE campaigns SET ends_at = now()",
        "UPDATE contacts SET not_after = now()",
    ],
)
def test_a_campaign_that_runs_begins_or_is_over_and_a_contact_that_is_late_are_work(
    world: World, paused: str, change: str
) -> None:
    world.execute(change)

    assert Work.CAMPAIGNS in work(world)


def test_what_time_has_brought_about_is_no_work_when_it_is_done(world: World, paused: str) -> None:
    world.execute("UPDATE contacts SET not_after = now()")

    complete_campaigns(world.sql)

    assert work(world) == _WITHOUT_WORK
    assert world.query("SELECT status FROM contacts WHERE campaign_id = :id", id=paused)[0][0] == "expired"


def test_open_contacts_of_a_campaign_that_has_ended_are_work(world: World, paused: str) -> None:
    world.execute("UPDATE campaigns SET status = 'canceled' WHERE id = :id", id=paused)
    assert Work.ENDED in work(world)

    end_open_contacts(world.sql)

    assert work(world) == _WITHOUT_WORK


def test_a_count_that_has_changed_is_work_until_it_is_folded(world: World, paused: str) -> None:
    world.contact(paused)
    with world.sql.connect() as tx:
        assert find_work(tx) == {Work.TALLIES}

    assert work(world) == _WITHOUT_WORK


def test_a_running_campaign_is_work_for_who_waits_for_its_webhooks_until_they_come(world: World, paused: str) -> None:
    world.execute("UPDATE campaigns SET status = 'running', heard_webhooks = false")
    assert Work.WEBHOOKS in work(world)

    world.execute("UPDATE campaigns SET heard_webhooks = true")

    assert Work.WEBHOOKS not in work(world)


def test_many_sweepers_ask_once_and_learn_within_a_second_of_new_work(world: World, paused: str) -> None:
    now = [100.0]
    watch = WorkWatch(world.sql, monotonic=lambda: now[0])
    has_campaigns: Callable[[], bool] = lambda: watch.has(Work.CAMPAIGNS)  # noqa: E731
    assert not has_campaigns()
    world.execute("UPDATE campaigns SET status = 'running'")

    at_once = has_campaigns()
    now[0] += 1.0

    assert (at_once, has_campaigns()) == (False, True)
