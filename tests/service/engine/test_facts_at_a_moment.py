"""The facts of the gate are read for any moment: what was known then, and the windows that end then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from orchestrator.clock import utc_now
from orchestrator.operations.contacts.find_suppressions import lift_suppression
from orchestrator.operations.contacts.suppress_number import suppress_number
from orchestrator.store.sql.dial_checks import read_facts
from orchestrator.store.sql.dial_counts import CallerIdCap, count_from
from tests.support.dial_history import PHONE, dialed, one_more, sent_at
from tests.support.world import World

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
CALLER_ID = "+13125550100"


def facts(world: World, contact_id: str, at: datetime | None) -> Any:
    with world.sql.connect() as tx:
        return read_facts(tx, [contact_id], world.caps, at=at)[contact_id]


def test_a_window_of_dials_ends_at_the_moment_that_is_asked_about(world: World) -> None:
    first, second = (dialed(world, hours_ago=hours) for hours in (30, 2))
    _, contact_id = one_more(world)

    counts = {
        name: facts(world, contact_id, at)["dials"]
        for name, at in {
            "before both": sent_at(world, first) - SECOND,
            "at the first": sent_at(world, first),
            "a day behind the first": sent_at(world, first) + 24 * HOUR,
            "at the second": sent_at(world, second),
            "now": None,
            "a day behind both": sent_at(world, second) + 24 * HOUR,
        }.items()
    }

    assert counts == {
        "before both": 0,
        "at the first": 1,
        "a day behind the first": 0,
        "at the second": 1,
        "now": 1,
        "a day behind both": 0,
    }


def test_dials_from_a_caller_id_are_counted_until_the_moment_that_is_asked_about(world: World) -> None:
    last = sent_at(world, dialed(world, hours_ago=2))

    with world.sql.connect() as tx:
        counted = [
            count_from(tx, [CallerIdCap(CALLER_ID, 75)], at=at)[0].counted
            for at in (None, last - SECOND, last, last + 24 * HOUR)
        ]

    assert counted == [1, 0, 1, 0]


def test_the_gap_is_that_of_the_moment_that_is_asked_about(world: World) -> None:
    last = sent_at(world, dialed(world, hours_ago=5))
    _, contact_id = one_more(world, number_gap_s=7200)

    told = [facts(world, contact_id, at)["last_dial_to_number_at"] for at in (None, last - SECOND, last + HOUR)]

    assert told == [None, None, last]


def test_an_opt_out_counts_from_when_it_was_made_until_it_was_lifted(world: World) -> None:
    _, contact_id = one_more(world)
    before = utc_now() - SECOND
    world.run(suppress_number, PHONE, reason="asked")
    world.execute("SELECT pg_sleep(0.01)")
    during = world.query("SELECT clock_timestamp()")[0][0]

    assert [facts(world, contact_id, at)["suppressed"] for at in (None, before, during)] == [True, False, True]

    world.run(lift_suppression, {"phone": PHONE}, by="anna", because="a mistake")

    assert [facts(world, contact_id, at)["suppressed"] for at in (None, before, during)] == [False, False, True]
