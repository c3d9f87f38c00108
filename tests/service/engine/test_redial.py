"""Contacts that have ended are called again, in a campaign that runs or has completed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.clock import utc_now
from orchestrator.errors import Conflict
from orchestrator.ids import new_id
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.campaigns.ways_of_changing import WAYS
from orchestrator.operations.contacts.bulk_changes import (
    Stores,
    begin_change,
    carry_on,
    carry_on_interrupted,
    make_change,
)
from orchestrator.operations.contacts.redial_contacts import REDIALING, MoreAttempts, Redial, redial_campaign
from orchestrator.operations.contacts.suppress_number import suppress_number
from tests.support.world import World


def stores_of(world: World) -> Stores:
    return Stores(world.sql, world.redis, world.keys)


def redial(world: World, campaign_id: str, *, change_id: str | None = None, **wanted: Any) -> Any:
    asked = Redial.model_validate({"statuses": ["exhausted"], **wanted})
    change_id = change_id or new_id("chg")
    rules = {"change_id": change_id, "stores": stores_of(world)}
    return world.run(redial_campaign, campaign_id, asked.filters(), asked.more_attempts(), **rules)


def called_and_busy(world: World, **campaign: Any) -> tuple[str, str]:
    """Return a campaign and its contact, who was called once and was busy, for good."""
    call_id = world.dialed_call(retry={"max_attempts": 1, "on": {}}, **campaign)
    world.advance()
    world.hang_up(call_id, cause="user_busy")
    row = world.call_row(call_id)
    assert world.contact_row(row["contact_id"])["status"] == "exhausted"
    return row["campaign_id"], row["contact_id"]


def call_again(world: World, campaign_id: str, *, cause: str = "user_busy") -> str:
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    world.advance()
    world.hang_up(call_id, cause=cause)
    return call_id


def test_whoever_was_busy_is_called_once_more_with_its_history(world: World) -> None:
    campaign_id, contact_id = called_and_busy(world)

    change = redial(world, campaign_id, dispositions=["busy"])

    waiting = world.contact_row(contact_id)
    assert (change.status, change.changed, waiting["status"]) == ("completed", 1, "waiting")
    assert (waiting["attempts"], waiting["disposition"]) == (1, "busy")
    call_id = call_again(world, campaign_id)
    after = world.contact_row(contact_id)
    assert (after["status"], after["attempts"], world.call_row(call_id)["attempt"]) == ("exhausted", 2, 2)


def test_so_many_more_attempts_follow_the_retry_rules_and_no_more(world: World) -> None:
    campaign_id, contact_id = called_and_busy(world)
    rules = '{"max_attempts": 1, "on": {"busy": {"after": "10m"}}}'
    world.execute("UPDATE campaigns SET retry = CAST(:r AS jsonb)", r=rules)

    redial(world, campaign_id, attempts=2)

    seen = []
    for _ in range(2):
        world.execute("UPDATE contacts SET due_at = now()")
        call_again(world, campaign_id)
        seen.append((world.contact_row(contact_id)["status"], world.contact_row(contact_id)["reason"]))
    assert seen == [("waiting", "retry_due"), ("exhausted", "attempts_spent")]


def test_r22_a_completed_campaign_runs_again_and_has_to_prove_its_webhooks(world: World) -> None:
    campaign_id, contact_id = called_and_busy(world)
    assert complete_campaigns(world.sql) == [campaign_id]

    redial(world, campaign_id)

    campaign = world.campaign_row(campaign_id)
    assert (campaign["status"], campaign["completed_at"], campaign["heard_webhooks"]) == ("running", None, False)
    assert utc_now() - campaign["proving_since"] < timedelta(seconds=30)
    assert complete_campaigns(world.sql) == []
    call_again(world, campaign_id)
    assert complete_campaigns(world.sql) == [campaign_id]
    assert world.contact_row(contact_id)["status"] == "exhausted"


def test_a_redial_of_nobody_leaves_a_completed_campaign_completed(world: World) -> None:
    campaign_id, _ = called_and_busy(world)
    complete_campaigns(world.sql)

    change = redial(world, campaign_id, dispositions=["no_answer"])

    assert (change.changed, world.campaign_row(campaign_id)["status"]) == (0, "completed")


@pytest.mark.parametrize(
    ("columns", "code"), [({"ends_at": utc_now()}, "already_over"), ({"status": "canceled"}, "campaign_over")]
)
def test_a_campaign_that_is_over_for_good_takes_no_redial(world: World, columns: dict[str, Any], code: str) -> None:
    campaign_id = world.campaign(**columns)

    with pytest.raises(Conflict) as refused:
        redial(world, campaign_id)

    assert refused.value.code == code


def test_nobody_who_is_called_suppressed_or_unknown_waits_again(world: World) -> None:
    campaign_id = world.campaign()
    statuses = ("waiting", "calling", "suppressed", "unknown", "exhausted", "completed", "canceled", "expired")
    ids = {status: world.contact(campaign_id, status=status, disposition="busy") for status in statuses}
    opted_out = world.contact(campaign_id, status="exhausted", disposition="busy")
    world.run(suppress_number, world.contact_row(opted_out)["phone"], reason="asked")

    change = redial(world, campaign_id, statuses=None, dispositions=["busy"])

    now = {status: world.contact_row(ident)["status"] for status, ident in ids.items()}
    again = {"exhausted", "completed", "expired"}  # who was canceled is called again only when that is said
    assert now == {status: "waiting" if status in again else status for status in statuses}
    assert (change.changed, world.contact_row(opted_out)["status"]) == (3, "exhausted")


def test_who_was_canceled_in_a_live_call_waits_again_only_when_it_has_ended_and_is_called_under_a_new_attempt(
    world: World,
) -> None:
    call_id = world.dialed_call(retry={"max_attempts": 1, "on": {}})
    row = world.call_row(call_id)
    world.advance()
    world.execute("UPDATE contacts SET status = 'canceled', reason = 'by_request', current_call_id = NULL")

    during = redial(world, row["campaign_id"], statuses=["canceled"])
    world.hang_up(call_id)
    behind = redial(world, row["campaign_id"], statuses=["canceled"])

    assert (during.changed, behind.changed) == (0, 1)
    assert world.call_row(call_again(world, row["campaign_id"]))["attempt"] == 2


@pytest.mark.parametrize(("is_suppressed", "status"), [(False, "waiting"), (True, "suppressed")])
def test_r12_a_late_fact_about_the_last_call_takes_no_redial_back_unless_it_is_an_opt_out(
    world: World, is_suppressed: bool, status: str
) -> None:
    campaign_id, contact_id = called_and_busy(world)
    contact = world.contact_row(contact_id)
    redial(world, campaign_id)
    if is_suppressed:
        row = {"id": new_id("sup"), "phone": contact["phone"]}
        world.execute(
            "INSERT INTO suppressions (id, phone, scope, reason) VALUES (:id, :phone, 'global', 'asked')", **row
        )
    world.execute("UPDATE calls SET disposition = 'no_answer'")  # which the late fact makes `busy`

    world.hear(contact["last_call_id"], "call.cost", cost={"total_cost": "0.01"})
    world.advance()
    world.settle()

    assert world.call_row(contact["last_call_id"])["disposition"] == "busy"
    assert world.contact_row(contact_id)["status"] == status


def test_r22_a_redial_that_was_interrupted_keeps_its_campaign_open_and_goes_on(world: World) -> None:
    campaign_id = world.campaign()
    for _ in range(3):
        world.contact(campaign_id, status="exhausted", due_at=None)
    change = redial(world, campaign_id)
    [[first]] = world.query("SELECT min(id) FROM contacts")
    world.execute(
        "UPDATE bulk_changes SET status = 'running', done_to = :id, changed = 1, touched_at = 'epoch', "
        "filter = jsonb_build_object('campaign_id', campaign_id, 'statuses', jsonb_build_array('exhausted'))",
        id=first,
    )
    world.execute("UPDATE contacts SET status = 'exhausted', due_at = NULL")  # the first was called meanwhile

    assert complete_campaigns(world.sql) == []
    assert carry_on_interrupted(stores_of(world), ways=WAYS) == 1

    statuses = [row[0] for row in world.query("SELECT status FROM contacts ORDER BY id")]
    assert statuses == ["exhausted", "waiting", "waiting"]  # nobody twice by one request
    assert world.query("SELECT status, changed FROM bulk_changes") == [("completed", 3)]
    assert carry_on(change.id, REDIALING, stores_of(world), for_s=5).changed == 3


def test_a_change_that_breaks_keeps_no_other_from_going_on(world: World) -> None:
    campaign_id = world.campaign()
    world.contact(campaign_id)
    with world.sql.begin() as tx:
        for kind, wanted in (
            ("set_priority", {"priority": None}),
            ("cancel", {}),
        ):  # as an older version took the first
            filters = {"campaign_id": campaign_id}
            way = next(way for way in WAYS if way.kind == kind)
            begin_change(tx, new_id("chg"), way, filters=filters, wanted=wanted, campaign_id=None)
    world.execute("UPDATE bulk_changes SET touched_at = 'epoch'")

    with pytest.raises(ExceptionGroup):
        carry_on_interrupted(stores_of(world), ways=WAYS)

    found = world.query("SELECT kind, status FROM bulk_changes ORDER BY id")
    assert found == [("set_priority", "running"), ("cancel", "completed")]
    assert world.query("SELECT status FROM contacts") == [("canceled",)]


def test_the_same_request_again_lets_nobody_wait_twice(world: World) -> None:
    campaign_id, contact_id = called_and_busy(world)
    change = redial(world, campaign_id)
    call_again(world, campaign_id)

    again = redial(world, campaign_id, change_id=change.id)

    assert (again.changed, world.contact_row(contact_id)["status"]) == (1, "exhausted")


def test_a_batch_that_somebody_else_has_made_meanwhile_is_not_made_again(world: World) -> None:
    campaign_id, contact_id = called_and_busy(world)

    def another_makes_it_and_the_contact_ends_again(*_args: Any) -> int:
        world.execute("UPDATE bulk_changes SET done_to = :id, changed = 1", id=contact_id)
        return 0

    slow = replace(REDIALING, prepare=another_makes_it_and_the_contact_ends_again)
    asked = {
        "filters": {"campaign_id": campaign_id, "statuses": ["exhausted"]},
        "wanted": MoreAttempts(1, None).written(),
    }
    change = make_change(new_id("chg"), slow, **asked, campaign_id=campaign_id, stores=stores_of(world))

    assert (change.status, change.changed, world.contact_row(contact_id)["status"]) == ("completed", 1, "exhausted")
