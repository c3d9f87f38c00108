"""An answer is told at once while somebody listens, and with the call's end otherwise; once in any case."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.model.told_event import ToldEvent
from orchestrator.operations.events.answer_interest import AnswerInterest
from orchestrator.operations.events.process_events import EventProcessor
from orchestrator.operations.notify.want_answers import want_answers_for_endpoints, want_answers_for_reader
from orchestrator.store.redis.wanted_answers import are_answers_wanted
from orchestrator.store.sql.told_events import move_new_events, read_events
from tests.support.told import Teller
from tests.support.world import CONNECTION, World


def told(world: World) -> list[str]:
    with world.sql.begin() as tx:
        move_new_events(tx)
        return [row.type for row in read_events(tx, after=0, types=(), subject=None, limit=50)]


def listen(world: World, *, wanted: bool = True) -> None:
    """Let the engine tell answers at once, or not."""
    world.__dict__["processor"] = EventProcessor(
        client=world.redis, flows=world.flows, connection_id=CONNECTION, keys=world.keys, tells_answers=lambda: wanted
    )


def answer(world: World) -> str:
    call_id = world.dialed_call()
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.advance()
    world.settle()
    return call_id


def test_an_answer_is_told_while_the_call_lives_and_not_again_at_its_end(world: World) -> None:
    listen(world)
    call_id = answer(world)
    assert told(world) == ["call.answered"]

    world.hang_up(call_id)

    assert told(world)[:2] == ["call.answered", "call.ended"]
    assert told(world).count("call.answered") == 1
    assert world.redis.xlen(world.keys.ended) == 0


def test_without_a_listener_nothing_is_written_until_the_end_tells_both(world: World) -> None:
    listen(world, wanted=False)
    call_id = answer(world)
    assert told(world) == []

    world.hang_up(call_id)

    assert told(world)[:2] == ["call.answered", "call.ended"]


def test_an_answer_that_is_noted_late_or_twice_changes_nothing(world: World) -> None:
    listen(world)
    call_id = answer(world)
    for _ in range(2):
        world.redis.xadd(world.keys.ended, {"call": call_id, "answered": "2020-01-01T00:00:00+00:00"})
    world.settle()
    world.hang_up(call_id)
    world.redis.xadd(world.keys.ended, {"call": call_id, "answered": "2020-01-01T00:00:00+00:00"})
    world.settle()

    assert told(world).count("call.answered") == 1
    assert world.call_row(call_id)["answered_at"].year != 2020


def test_an_answer_that_cannot_be_noted_is_told_with_the_end(world: World) -> None:
    listen(world)
    call_id = world.dialed_call()
    world.redis.xadd(world.keys.ended, {"call": call_id, "answered": "yesterday"})
    world.settle()

    assert world.redis.xlen(world.keys.ended) == 0
    world.hear(call_id, "call.answered")
    world.hang_up(call_id)
    assert "call.answered" in told(world)


@pytest.mark.parametrize(
    ("events", "columns", "wanted"),
    [
        ((), {}, True),
        (("call.answered", "call.ended"), {}, True),
        (("call.ended",), {}, False),
        ((), {"disabled_at": "2026-01-01T00:00:00Z"}, False),
    ],
)
def test_answers_are_wanted_while_an_endpoint_receives_them(
    world: World, events: tuple[str, ...], columns: dict[str, Any], wanted: bool
) -> None:
    Teller(world.sql).endpoint("https://crm.example/", *events, **columns)
    interest = AnswerInterest(client=world.redis, keys=world.keys)

    want_answers_for_endpoints(world.sql, world.redis, world.keys)
    before = interest()
    interest.look()

    assert (before, interest()) == (False, wanted)


@pytest.mark.parametrize(
    ("types", "wanted"), [((), True), ((ToldEvent.CALL_ANSWERED,), True), ((ToldEvent.CALL_ENDED,), False)]
)
def test_who_reads_answers_wants_them_at_once(world: World, types: tuple[ToldEvent, ...], wanted: bool) -> None:
    want_answers_for_reader(types, client=world.redis, keys=world.keys)

    assert are_answers_wanted(world.redis, world.keys) == wanted
