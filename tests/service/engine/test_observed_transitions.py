"""Every change of a state that PostgreSQL sees in a whole campaign is one that its table allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator.model.attempt_state import ATTEMPT_TRANSITIONS
from orchestrator.model.campaign_status import CAMPAIGN_TRANSITIONS
from orchestrator.model.contact_status import CONTACT_TRANSITIONS
from orchestrator.operations.campaigns.cancel_campaign import cancel_campaign
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.campaigns.pause_campaign import pause_campaign
from orchestrator.operations.campaigns.start_campaign import Start, resume_campaign, start_campaign
from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.operations.contacts.erase_person import erase_contact
from orchestrator.operations.contacts.suppress_number import suppress_number
from orchestrator.operations.dialing.release_attempts import ReleaseReason, release_attempts
from orchestrator.operations.recovery.reconcile_unknown_calls import GIVE_UP_AFTER_S
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.retry_rules import RetryRules
from orchestrator.store.sql.dial_ledger import Send, mark_not_carried_out
from orchestrator.store.sql.tables import calls
from tests.support.carrier_stub import CarrierStub, accepted_dial, refusal
from tests.support.incoming import answered, mapped, only_call, tell
from tests.support.unknown_calls import active_legs, match_again
from tests.support.world import CONNECTION, World

Pairs = set[tuple[str, str]]

TABLES: dict[str, tuple[str, Any]] = {
    "calls": ("state", ATTEMPT_TRANSITIONS),
    "contacts": ("status", CONTACT_TRANSITIONS),
    "campaigns": ("status", CAMPAIGN_TRANSITIONS),
}
RETRY = RetryRules.model_validate({"max_attempts": 2, "on": {"busy": {"after": "1m"}}}).model_dump(mode="json")

CAMPAIGN_LIVES: Pairs = {
    ("draft", "running"),
    ("running", "paused"),
    ("paused", "running"),
    ("paused", "canceled"),
    ("running", "completed"),
}
CONTACT_LIVES: Pairs = {
    ("waiting", "calling"),
    ("waiting", "held"),
    ("waiting", "completed"),
    ("waiting", "suppressed"),
    ("waiting", "canceled"),
    ("held", "calling"),
    ("calling", "waiting"),
    ("calling", "completed"),
    ("calling", "exhausted"),
    ("calling", "canceled"),
    ("calling", "unknown"),
    ("unknown", "completed"),
}


@pytest.fixture
def world(world: World) -> Iterator[World]:
    """Hand out a world in which PostgreSQL notes every change of a state."""
    world.execute("CREATE TABLE seen_states (kept_in text, source text, target text)")
    for table, (column, _) in TABLES.items():
        world.execute(
            f"CREATE FUNCTION see_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"INSERT INTO seen_states VALUES ('{table}', OLD.{column}, NEW.{column}); RETURN NULL; END $$"
        )
        world.execute(
            f"CREATE TRIGGER see_{table} AFTER UPDATE ON {table} FOR EACH ROW "
            f"WHEN (OLD.{column} <> NEW.{column}) EXECUTE FUNCTION see_{table}()"
        )
    yield world
    world.execute("DROP TABLE seen_states")
    for table in TABLES:
        world.execute(f"DROP FUNCTION see_{table} CASCADE")


def seen(world: World, table: str) -> Pairs:
    rows = world.query("SELECT DISTINCT source, target FROM seen_states WHERE kept_in = :table", table=table)
    return {(row.source, row.target) for row in rows}


def new_campaign(world: World, **changes: Any) -> str:
    return world.campaign(status="draft", retry=RETRY, heard_webhooks=True, **changes)


def dial_next(world: World, campaign_id: str) -> str:
    """Let whoever waits be due, claim one of them and dial."""
    world.execute("UPDATE contacts SET due_at = now() WHERE due_at IS NOT NULL")
    [call_id] = world.claim(campaign_id, most=1)
    world.dialer.dial_call(call_id)
    return call_id


def unanswered(world: World, carrier: CarrierStub, campaign_id: str, *, age_s: float) -> str:
    """Return an attempt that is unknown because nothing answered its send."""
    carrier.dial = lambda _asked: (0, {})
    call_id = dial_next(world, campaign_id)
    carrier.dial = accepted_dial
    world.age_send(call_id, age_s)
    resolve_unanswered_dials(world.sql, world.redis, world.keys)
    return call_id


def dial_in_every_way(world: World, carrier: CarrierStub, campaign_id: str) -> None:
    """Let contacts answer, be busy twice, be rejected, find no room and answer, be found late, and be given up."""
    world.contacts(campaign_id, 1)
    world.hang_up(dial_next(world, campaign_id), cause="normal_clearing")
    world.contacts(campaign_id, 1)
    for _ in range(2):
        world.hang_up(dial_next(world, campaign_id), cause="user_busy")
    carrier.dial = lambda _asked: refusal(422, "10016", pointer="/to")
    world.contacts(campaign_id, 1)
    world.hang_up(dial_next(world, campaign_id))
    carrier.dial = lambda _asked: refusal(429, "90103")
    world.contacts(campaign_id, 1)
    dial_next(world, campaign_id)
    carrier.dial = accepted_dial
    answer_and_complete(world, dial_next(world, campaign_id))

    world.contacts(campaign_id, 1)
    found = unanswered(world, carrier, campaign_id, age_s=41)
    carrier.get = lambda _asked: (200, active_legs(found))
    world.reconciler.reconcile_unknown_calls(CONNECTION)
    answer_and_complete(world, found)
    world.contacts(campaign_id, 1)
    lost = unanswered(world, carrier, campaign_id, age_s=GIVE_UP_AFTER_S + 700)
    carrier.get = lambda _asked: (200, active_legs())
    world.reconciler.reconcile_unknown_calls(CONNECTION)
    match_again(world)
    answer_and_complete(world, lost)


def answer_and_complete(world: World, call_id: str) -> None:
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.advance()
    world.hang_up(call_id)


def withdraw_one_that_rings(world: World, carrier: CarrierStub, campaign_id: str) -> None:
    """Take an attempt back as after a "no", die before its live state is gone, and let its webhooks come."""
    world.contacts(campaign_id, 1)
    carrier.dial = lambda _asked: (0, {})
    call_id = dial_next(world, campaign_id)
    carrier.dial = accepted_dial
    with world.sql.begin() as tx:
        mark_not_carried_out(tx, Send(call_id, 1, world.call_row(call_id)))  # type: ignore[arg-type]  # a row's mapping
        release_attempts(tx, calls.c.id == call_id, ReleaseReason(Reason.CARRIER_BUSY))
    answer_and_complete(world, call_id)


def lose_a_send_and_end_its_call(world: World, campaign_id: str) -> None:
    """Take the commit of a send back, as a failover of PostgreSQL does, and let the call's webhooks come."""
    world.contacts(campaign_id, 1)
    call_id = dial_next(world, campaign_id)
    world.execute("ALTER TABLE calls DISABLE TRIGGER see_calls")
    world.execute("UPDATE calls SET state = 'reserved' WHERE id = :call_id", call_id=call_id)
    world.execute("ALTER TABLE calls ENABLE TRIGGER see_calls")
    answer_and_complete(world, call_id)
    assert world.call_row(call_id)["state"] == "ended"


def change_those_who_wait(world: World, campaign_id: str) -> None:
    """Erase one contact, complete one and suppress one."""
    erased, done, opted_out = world.contacts(campaign_id, 3)
    world.run(erase_contact, erased)
    world.run(change_contact, done, ContactChange(status="completed"))
    world.run(suppress_number, world.contact_row(opted_out)["phone"], reason="asked")
    world.claim(campaign_id)


def hold_one_whose_number_is_in_use(world: World, campaign_id: str, other: str) -> str:
    """Return a live call of the campaign, to whose number a contact of the other one is held."""
    in_use = world.contact(campaign_id)
    world.contact(other, phone=world.contact_row(in_use)["phone"])
    live = dial_next(world, campaign_id)
    world.run(start_campaign, other, Start())
    world.claim(other)
    return live


def pause_and_cancel(world: World, campaign_id: str) -> None:
    """Pause and resume, claim two, pause again, which takes both back, and cancel."""
    world.run(pause_campaign, campaign_id)
    world.run(resume_campaign, campaign_id)
    world.contacts(campaign_id, 2)
    assert len(world.claim(campaign_id)) == 2
    world.run(pause_campaign, campaign_id)
    world.run(cancel_campaign, campaign_id)


def take_an_incoming_call(world: World) -> None:
    mapped(world)
    tell(world)
    world.advance()
    call_id = only_call(world)
    answered(world, call_id, "call.hangup", hangup_cause="normal_clearing")
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()
    assert world.call_row(call_id)["state"] == "ended"


def test_a_whole_campaign_makes_no_change_of_state_that_its_table_does_not_allow(
    world: World, carrier: CarrierStub
) -> None:
    campaign_id, other = new_campaign(world, keep_open=True), new_campaign(world)
    world.run(start_campaign, campaign_id, Start())
    dial_in_every_way(world, carrier, campaign_id)
    withdraw_one_that_rings(world, carrier, campaign_id)
    lose_a_send_and_end_its_call(world, campaign_id)
    change_those_who_wait(world, campaign_id)

    live = hold_one_whose_number_is_in_use(world, campaign_id, other)
    pause_and_cancel(world, campaign_id)
    world.hang_up(live, cause="user_busy")
    world.hang_up(dial_next(world, other), cause="no_answer")
    complete_campaigns(world.sql)
    take_an_incoming_call(world)

    allowed = {table: {(row.source, row.target) for row in rows} for table, (_, rows) in TABLES.items()}
    assert {table: seen(world, table) - allowed[table] for table in TABLES} == {table: set() for table in TABLES}
    assert allowed["calls"] - seen(world, "calls") == set()
    assert seen(world, "campaigns") == CAMPAIGN_LIVES
    assert CONTACT_LIVES - seen(world, "contacts") == set()
