"""A contact that cannot be claimed is held with its reason and keeps nobody else from being called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from orchestrator.operations.dialing.dispatch_calls import CLAIMED_AGAIN_AFTER, CLAIMED_ALONE, Dispatcher
from tests.support.world import CONNECTION, World

RESTS_S = 10


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dispatcher(world: World, clock: Clock) -> Dispatcher:
    return Dispatcher(
        sql=world.sql,
        client=world.redis,
        claimer=world.claimer,
        connection_id=CONNECTION,
        in_queue=lambda: 0,
        keys=world.keys,
        monotonic=clock,
    )


@pytest.fixture
def refused(world: World) -> Iterator[World]:
    """Hand out a world whose ledger takes no call to a number that ends in 7."""
    world.execute(
        "CREATE FUNCTION refuse_sevens() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.to_number LIKE '%7' THEN RAISE EXCEPTION 'no sevens'; END IF; RETURN NEW; END $$"
    )
    world.execute("CREATE TRIGGER refuse_sevens BEFORE INSERT ON calls FOR EACH ROW EXECUTE FUNCTION refuse_sevens()")
    yield world
    world.execute("DROP FUNCTION refuse_sevens CASCADE")


def called(dispatcher: Dispatcher, world: World, clock: Clock, *, ticks: int) -> list[str]:
    """Return the numbers that are called within so many ticks, a second apart; nobody takes what is published."""
    calls = dict[str, str]()  # by id: if the test takes long, an attempt is published again
    for _ in range(ticks):
        calls |= {call_id: world.call_row(call_id)["to_number"] for call_id in dispatcher.dispatch_calls()}
        clock.seconds += 1
    return list(calls.values())


def people(world: World, campaign_id: str, *last_digits: str) -> dict[str, str]:
    """Return the ids of contacts by the last digit of their numbers."""
    return {digit: world.contact(campaign_id, phone=f"+1312555019{digit}") for digit in last_digits}


@pytest.mark.parametrize("order", ["1237", "7123", "1723"])
def test_a_contact_that_cannot_be_claimed_is_held_and_all_others_are_called(
    refused: World, dispatcher: Dispatcher, clock: Clock, order: str
) -> None:
    ids = people(refused, refused.campaign(heard_webhooks=True), *order)

    numbers = called(dispatcher, refused, clock, ticks=30)

    assert sorted(number[-1] for number in numbers) == ["1", "2", "3"]
    held = refused.contact_row(ids["7"])
    assert (held["status"], held["reason"], held["current_call_id"]) == ("held", "claim_failed", None)
    assert held["due_at"] - held["updated_at"] > CLAIMED_AGAIN_AFTER - timedelta(minutes=1)


def test_it_is_called_once_it_can_be(refused: World, dispatcher: Dispatcher, clock: Clock) -> None:
    ids = people(refused, refused.campaign(heard_webhooks=True), "7")
    called(dispatcher, refused, clock, ticks=2)
    refused.execute("DROP TRIGGER refuse_sevens ON calls")
    assert called(dispatcher, refused, clock, ticks=RESTS_S) == []

    refused.execute("UPDATE contacts SET due_at = now()")

    assert called(dispatcher, refused, clock, ticks=2) == [refused.contact_row(ids["7"])["phone"]]
    assert refused.contact_row(ids["7"])["status"] == "calling"


def test_a_flow_that_cannot_be_read_stops_its_own_contacts_alone(
    world: World, dispatcher: Dispatcher, clock: Clock
) -> None:
    campaign_id = world.campaign(heard_webhooks=True)
    other = world.flow("name: other\nstart: bye\nsteps:\n  bye: {hangup: {}}\n")
    ids = people(world, campaign_id, "1", "2")
    world.execute("UPDATE contacts SET flow_id = :flow WHERE id = :id", flow=other, id=ids["1"])
    world.execute("UPDATE flows SET source = 'name: 7' WHERE id = :flow", flow=other)

    assert [number[-1] for number in called(dispatcher, world, clock, ticks=30)] == ["2"]

    assert world.contact_row(ids["1"])["reason"] == "claim_failed"


def test_many_who_cannot_be_claimed_and_are_first_in_line_starve_nobody(
    refused: World, dispatcher: Dispatcher, clock: Clock
) -> None:
    campaign_id = refused.campaign(heard_webhooks=True)
    for nth in range(40):
        refused.contact(campaign_id, phone=f"+13125552{nth:02}7", priority=5)
    people(refused, campaign_id, "1", "2")

    assert len(called(dispatcher, refused, clock, ticks=80)) == 2


def test_a_campaign_of_which_nobody_can_be_claimed_rests_and_stops_no_other(
    refused: World, dispatcher: Dispatcher, clock: Clock
) -> None:
    broken, sound = refused.campaign(heard_webhooks=True), refused.campaign(heard_webhooks=True)
    for nth in range(CLAIMED_ALONE + 5):
        refused.contact(broken, phone=f"+13125552{nth:02}7")
    refused.contact(sound, phone="+13125550191")

    assert called(dispatcher, refused, clock, ticks=CLAIMED_ALONE + RESTS_S) == ["+13125550191"]

    assert len(held(refused)) == CLAIMED_ALONE
    called(dispatcher, refused, clock, ticks=10)
    assert len(held(refused)) == CLAIMED_ALONE + 5


def held(world: World) -> list[str]:
    return [row.id for row in world.query("SELECT id FROM contacts WHERE reason = 'claim_failed'")]


def test_a_hold_that_somebody_else_has_made_meanwhile_stands(refused: World) -> None:
    contact = refused.contact(refused.campaign(heard_webhooks=True), phone="+13125550197")
    refused.execute("UPDATE contacts SET status = 'held', reason = 'law_hours', due_at = NULL")

    refused.claimer.hold_failed(contact, wait=CLAIMED_AGAIN_AFTER)

    assert (refused.contact_row(contact)["reason"], refused.contact_row(contact)["due_at"]) == ("law_hours", None)


def test_somebody_who_can_not_even_be_held_stops_no_other_campaign(
    refused: World, dispatcher: Dispatcher, clock: Clock
) -> None:
    broken, sound = refused.campaign(heard_webhooks=True), refused.campaign(heard_webhooks=True)
    people(refused, broken, "7")
    refused.execute(
        "CREATE TRIGGER hold_nobody BEFORE UPDATE ON contacts FOR EACH ROW WHEN (NEW.status = 'held') "
        "EXECUTE FUNCTION refuse_sevens()"
    )
    called(dispatcher, refused, clock, ticks=2)
    refused.contact(sound, phone="+13125550191")

    assert called(dispatcher, refused, clock, ticks=2) == ["+13125550191"]
