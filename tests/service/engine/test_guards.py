"""Guards pause a campaign by themselves, as a person would, and say why; nobody but a person resumes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from orchestrator.clock import utc_now
from orchestrator.errors import Conflict
from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.operations.campaigns.change_campaign import change_campaign
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.campaigns.guard_campaigns import CampaignGuard
from orchestrator.operations.campaigns.pause_campaign import pause_campaign
from orchestrator.operations.campaigns.start_campaign import resume_campaign
from orchestrator.operations.contacts.explain_contact import explain_contact
from orchestrator.operations.recovery.monitor_carrier import watch_webhooks
from orchestrator.policy.campaign_rules import CampaignChanges
from orchestrator.policy.dial_gate import Hold
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.sweeping_work import Work, find_work
from orchestrator.store.sql.tallies import fold_tallies
from tests.support.carrier_stub import CarrierStub
from tests.support.lock_points import LockPoint, in_thread
from tests.support.people_called import add_calls
from tests.support.stepwise import Process
from tests.support.watched_stores import Fault
from tests.support.world import CONNECTION, World

A_DAY = timedelta(days=1)
LAXER = CampaignChanges.model_validate({"guards": {"abandon": {"pause": 0.5, "because": "agreed with the client"}}})


def guard(world: World) -> list[str]:
    return world.run(CampaignGuard).guard_campaigns()


def reason(world: World, campaign_id: str) -> Any:
    row = world.campaign_row(campaign_id)
    return row["status"], (row["status_reason"] or {}).get("code")


def test_a_campaign_that_cannot_be_judged_leaves_no_other_unguarded(world: World) -> None:
    unreadable = world.campaign(guards={"of_a_newer_version": {}})
    campaign_id = world.campaign()
    add_calls(world, campaign_id, 4, abandoned=True)

    assert guard(world) == [campaign_id]
    assert reason(world, unreadable) == ("running", None)


def test_row_38_with_thirty_of_a_thousand_abandoned_the_campaign_pauses_and_its_contacts_are_held(
    world: World,
) -> None:
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id)
    add_calls(world, campaign_id, 970, ago=20 * A_DAY)
    add_calls(world, campaign_id, 29, abandoned=True, ago=29 * A_DAY)
    add_calls(world, campaign_id, 1, ago=A_DAY)
    before = guard(world)
    add_calls(world, campaign_id, 1, abandoned=True, ago=2 * A_DAY)

    paused = guard(world)

    assert (before, paused) == ([], [campaign_id])
    assert reason(world, campaign_id) == ("paused", "guard_abandon")
    told = world.campaign_row(campaign_id)["status_reason"]
    assert told["detail"].startswith("30 of 1,001 (3.0 %) people") and told["at"].endswith("Z")
    answer = world.run(explain_contact, contact_id, at=None).explanation.answer
    assert answer == Hold(Reason.CAMPAIGN_PAUSED, None)
    assert world.claim(campaign_id) == []


def test_what_was_abandoned_more_than_thirty_days_ago_counts_no_more(world: World) -> None:
    campaign_id = world.campaign()
    add_calls(world, campaign_id, 3, abandoned=True, ago=30 * A_DAY)
    before = guard(world)
    add_calls(world, campaign_id, 3, abandoned=True, ago=28 * A_DAY)

    assert (before, guard(world)) == ([], [campaign_id])


def test_people_whom_nobody_measured_dilute_nothing(world: World) -> None:
    campaign_id = world.campaign()
    add_calls(world, campaign_id, 1_000, measured=False, spent="0.01")
    add_calls(world, campaign_id, 3, abandoned=True)

    assert guard(world) == [campaign_id]


def test_silence_pauses_at_eleven_of_the_last_two_hundred_people(world: World) -> None:
    campaign_id = world.campaign()
    add_calls(world, campaign_id, 50, silent=True, ago=timedelta(seconds=50))
    add_calls(world, campaign_id, 200, ago=timedelta(seconds=40))
    add_calls(world, campaign_id, 10, silent=True, ago=timedelta(seconds=30))
    before = guard(world)
    add_calls(world, campaign_id, 1, silent=True, ago=timedelta(seconds=20))

    assert (before, guard(world)) == ([], [campaign_id])
    assert reason(world, campaign_id) == ("paused", "guard_silence")


def test_failures_pause_at_half_of_twenty_dials_within_two_minutes(world: World) -> None:
    campaign_id = world.campaign(proving_since=utc_now() - timedelta(hours=1))
    add_calls(world, campaign_id, 100, disposition="failed", ago=timedelta(seconds=130))
    add_calls(world, campaign_id, 10, disposition="busy")
    add_calls(world, campaign_id, 9, disposition="not_found")
    before = guard(world)
    add_calls(world, campaign_id, 1, disposition="rejected")

    assert (before, guard(world)) == ([], [campaign_id])
    assert reason(world, campaign_id) == ("paused", "guard_failures")


def test_failures_that_are_over_sooner_than_conversations_pause_nothing(world: World) -> None:
    campaign_id = world.campaign()
    add_calls(world, campaign_id, 11)
    live = "state = 'accepted', disposition = NULL, ended_at = NULL, silent = NULL, to_number = id"
    world.execute(f"UPDATE calls SET {live}")
    add_calls(world, campaign_id, 10, disposition="rejected")

    assert guard(world) == []


@pytest.mark.parametrize(("answered", "expected"), [(10, "running"), (9, "paused")])
def test_no_answers_pauses_when_the_last_hundred_dials_fall_below_a_third_of_the_median(
    world: World, answered: int, expected: str
) -> None:
    campaign_id = world.campaign(proving_since=utc_now() - timedelta(minutes=5))
    for block in range(3):
        add_calls(world, campaign_id, 30, disposition="machine", ago=timedelta(hours=9 - block))
        add_calls(world, campaign_id, 70, disposition="busy", ago=timedelta(hours=8.5 - block))
    add_calls(world, campaign_id, 100 - answered, disposition="no_answer", ago=timedelta(seconds=100))
    add_calls(world, campaign_id, answered - 1, disposition="machine", ago=timedelta(seconds=90))
    add_calls(world, campaign_id, 1, ago=timedelta(seconds=80))
    world.execute(
        "UPDATE calls SET state = 'accepted', disposition = NULL, ended_at = NULL WHERE disposition = 'human'"
    )
    add_calls(world, campaign_id, 50, disposition="busy", ago=timedelta(seconds=5))  # others may still ring

    guard(world)

    row = world.campaign_row(campaign_id)
    assert row["status"] == expected
    if expected == "paused":
        assert row["status_reason"]["code"] == "guard_no_answers" and "spam" in row["status_reason"]["detail"]


def test_opt_outs_pause_above_five_percent_of_a_hundred(world: World) -> None:
    campaign_id = world.campaign()
    add_calls(world, campaign_id, 94)
    add_calls(world, campaign_id, 5, opted_out=True)
    before = guard(world)
    add_calls(world, campaign_id, 1, opted_out=True)

    assert (before, guard(world)) == ([], [campaign_id])
    assert reason(world, campaign_id) == ("paused", "guard_opt_outs")


def abandoned_call(world: World, campaign_id: str) -> None:
    """Let a person answer, hear nothing for a while, and hang up."""
    world.contact(campaign_id)
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    world.hear(call_id, "call.answered", ago_s=4)
    world.hang_up(call_id)


def test_calls_of_the_carriers_events_pause_the_campaign_and_withdraw_what_is_claimed(
    world: World, carrier: CarrierStub
) -> None:
    campaign_id, other = world.campaign(), world.campaign()
    for _ in range(2):
        abandoned_call(world, campaign_id)
    before = guard(world)
    abandoned_call(world, campaign_id)
    world.contact(campaign_id)
    [claimed] = world.claim(campaign_id)
    dialed = len(carrier.dials)

    paused = guard(world)
    state = world.call_row(claimed)["state"]
    world.dialer.dial_call(claimed)

    assert (before, paused) == ([], [campaign_id])
    assert (len(carrier.dials), state) == (dialed, "withdrawn")
    assert world.contact_of(claimed)["status"] == "waiting"
    assert reason(world, other) == ("running", None)
    stats = world.stats(campaign_id)
    assert stats.people == {"people": 3, "bridged": 0, "abandoned": 3, "silent": 3, "opted_out": 0}
    assert [(reading.guard, reading.state) for reading in stats.guards] == [("abandon", "pause")]


def test_an_engine_that_dies_behind_the_pause_leaves_nothing_that_is_sent(
    world: World, carrier: CarrierStub, process: Process
) -> None:
    campaign_id = world.campaign()
    add_calls(world, campaign_id, 3, abandoned=True)
    world.contact(campaign_id)
    [claimed] = world.claim(campaign_id)

    process.dies(Fault.DEATH_BEHIND, "commit campaigns", guard)
    state = world.call_row(claimed)["state"]
    again = guard(world)
    world.dialer.dial_call(claimed)

    assert (state, again) == ("reserved", [])
    assert reason(world, campaign_id) == ("paused", "guard_abandon")
    assert (carrier.dials, world.call_row(claimed)["state"]) == ([], "withdrawn")


def test_nobody_but_a_person_resumes_what_a_guard_has_paused(world: World) -> None:
    campaign_id = world.campaign()
    add_calls(world, campaign_id, 11, silent=True)
    world.contact(campaign_id)
    guard(world)

    complete_campaigns(world.sql)
    watch_webhooks(world.sql, world.redis, world.keys, connection_id=CONNECTION)
    world.dispatcher.dispatch_calls()
    world.run(change_campaign, campaign_id, LAXER)
    world.run(pause_campaign, campaign_id)
    guard(world)
    world.prepare_again()

    assert reason(world, campaign_id) == ("paused", "guard_silence")

    world.run(resume_campaign, campaign_id)

    assert reason(world, campaign_id) == ("running", None)


def test_what_a_person_has_resumed_is_counted_from_then_on(world: World) -> None:
    campaign_id = world.campaign()
    add_calls(world, campaign_id, 11, silent=True)
    add_calls(world, campaign_id, 20, disposition="failed")
    guard(world)
    world.run(resume_campaign, campaign_id)
    before = guard(world)

    add_calls(world, campaign_id, 11, silent=True, ago=timedelta(0))

    assert (before, guard(world)) == ([], [campaign_id])


def test_a_resume_is_refused_while_the_next_abandoned_call_could_exceed_the_law(world: World) -> None:
    campaign_id = world.campaign()
    add_calls(world, campaign_id, 3, abandoned=True, ago=29 * A_DAY)
    guard(world)

    with pytest.raises(Conflict) as refused:
        world.run(resume_campaign, campaign_id)

    assert (refused.value.code, reason(world, campaign_id)) == ("guard_abandon", ("paused", "guard_abandon"))
    assert "guards.abandon" in str(refused.value)

    world.run(change_campaign, campaign_id, LAXER)
    world.run(resume_campaign, campaign_id)

    assert (guard(world), reason(world, campaign_id)) == ([], ("running", None))


def test_a_campaign_that_a_person_resumes_between_the_look_and_the_pause_goes_on(world: World) -> None:
    campaign_id = world.campaign()
    add_calls(world, campaign_id, 11, silent=True)
    point = LockPoint(world.sql, before="FOR NO KEY UPDATE")

    with in_thread(lambda: guard(world)) as guarded:
        point.is_reached()
        world.run(pause_campaign, campaign_id)
        world.run(resume_campaign, campaign_id)
        point.go_on()

    assert guarded.result() == []
    assert reason(world, campaign_id) == ("running", None)


@pytest.mark.parametrize("status", [status for status in CampaignStatus if status is not CampaignStatus.RUNNING])
def test_only_campaigns_that_run_are_paused(world: World, status: str) -> None:
    campaign_id = world.campaign(status=status)
    add_calls(world, campaign_id, 11, silent=True)

    assert (guard(world), world.campaign_row(campaign_id)["status"]) == ([], status)


def test_a_campaign_under_its_own_stricter_guard_and_one_of_internal_calls_are_judged_by_theirs(world: World) -> None:
    strict = world.campaign(guards={"silence": {"pause": 0.01}})
    internal = world.campaign(purpose="internal")
    for campaign_id in (strict, internal):
        add_calls(world, campaign_id, 3, abandoned=True, silent=True)

    assert guard(world) == [strict]


def test_there_is_work_for_guards_while_a_campaign_runs(world: World) -> None:
    with world.sql.connect() as tx:
        assert Work.GUARDS not in find_work(tx)
    world.campaign()
    with world.sql.connect() as tx:
        assert Work.GUARDS in find_work(tx)


def test_a_campaign_is_looked_at_again_only_when_something_that_counts_has_changed(world: World) -> None:
    looked: list[str] = []

    def note(_tx: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "AS newest_began" in statement:
            looked.append(values["campaign_id"])

    event.listen(world.sql, "before_cursor_execute", note)
    watching = world.run(CampaignGuard)
    quiet, busy = world.campaign(), world.campaign()
    add_calls(world, quiet, 2, silent=True)
    changes = (
        lambda: add_calls(world, busy, 1),
        lambda: world.execute("UPDATE calls SET silent = true WHERE campaign_id = :id", id=busy),
        lambda: world.run(change_campaign, busy, LAXER),
        lambda: world.execute("UPDATE campaigns SET proving_since = now() WHERE id = :id", id=busy),
    )
    watching.guard_campaigns()
    looked.clear()

    for change in changes:
        while fold_tallies(world.sql):
            pass
        watching.guard_campaigns()
        before = list(looked)
        change()
        watching.guard_campaigns()

        assert (before, looked) == ([], [busy])
        looked.clear()
