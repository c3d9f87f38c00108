"""The record says what a person heard who answered; a late word about it corrects the record and every count."""

from __future__ import annotations

from datetime import timedelta

import orjson

from orchestrator.clock import utc_now
from orchestrator.ids import new_version
from orchestrator.operations.campaigns.export_results import export_results
from tests.support.world import World

ANSWERED_AT = utc_now() - timedelta(minutes=1)
HEARD = ("heard_after_ms", "abandoned", "silent", "opted_out")
DETECTING = """
name: detecting
outcomes: [heard]
dial: {answering_machine_detection: detect}
start: {answered: greet, machine: bye}
steps:
  greet: {speak: {payload: Hello, voice: female}, outcome: heard, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""


def told(world: World, call_id: str) -> tuple[object, ...]:
    row = world.call_row(call_id)
    return tuple(row[name] for name in HEARD)


def answered_call(world: World, **campaign: object) -> str:
    call_id = world.dialed_call(**campaign)
    world.hear(call_id, "call.answered", at=ANSWERED_AT)
    world.advance()
    return call_id


def people(world: World, call_id: str) -> tuple[int, ...]:
    counts = world.stats(world.call_row(call_id)["campaign_id"]).people
    return counts["people"], counts["abandoned"], counts["silent"], counts["opted_out"]


def test_the_record_says_how_soon_the_person_heard_something(world: World) -> None:
    call_id = answered_call(world)
    world.hear(call_id, "call.speak.started", at=ANSWERED_AT + timedelta(seconds=2.5))

    world.hang_up(call_id)

    assert told(world, call_id) == (2500, True, False, False)
    assert people(world, call_id) == (1, 1, 0, 0)


def test_who_was_connected_with_somebody_is_counted_also_when_it_is_told_late(world: World) -> None:
    early, alone, late = (answered_call(world) for _ in range(3))
    world.hear(early, "call.bridged", at=ANSWERED_AT + timedelta(seconds=1))
    for call_id in (early, alone, late):
        world.hang_up(call_id)
    before = world.call_row(late)["bridged"]

    world.hear(late, "call.bridged", at=ANSWERED_AT + timedelta(seconds=1))
    world.advance()
    world.settle()

    assert [world.call_row(call_id)["bridged"] for call_id in (early, alone, late)] == [True, False, True]
    assert before is False
    counted = [world.stats(world.call_row(each)["campaign_id"]).people["bridged"] for each in (early, late)]
    assert counted == [1, 1]


def test_a_sound_that_is_told_late_and_twice_corrects_the_record_and_the_counts_once(world: World) -> None:
    call_id = answered_call(world)
    world.hang_up(call_id)
    before = told(world, call_id), people(world, call_id)

    for _ in range(2):
        world.hear(call_id, "call.speak.started", at=ANSWERED_AT + timedelta(seconds=1), ident="the-same")
        world.advance()
        world.settle()

    assert before == ((None, True, True, False), (1, 1, 1, 0))
    assert told(world, call_id) == (1000, False, False, False)
    assert people(world, call_id) == (1, 0, 0, 0)


def test_who_turns_out_to_be_a_machine_is_nobody_who_was_abandoned(world: World) -> None:
    call_id = answered_call(world, flow=DETECTING)
    world.hang_up(call_id)
    before = people(world, call_id)

    world.hear(call_id, "call.machine.detection.ended", result="machine", at=ANSWERED_AT)
    world.advance()
    world.settle()

    assert before == (1, 1, 1, 0)
    assert told(world, call_id) == (None, False, None, None)
    assert people(world, call_id) == (0, 0, 0, 0)


def test_a_call_that_an_engine_of_the_version_before_heard_answered_is_not_counted(world: World) -> None:
    call_id = answered_call(world)
    known = orjson.loads(world.redis.hget(world.keys.call(call_id), "s") or b"{}")
    old = {name: said for name, said in known.items() if name not in ("answer_noted_at", "heard_at")}
    state = orjson.dumps({**old, "schema_no": 3})
    world.redis.hset(world.keys.call(call_id), mapping={"s": state, "v": new_version()})

    world.hang_up(call_id)

    assert told(world, call_id) == (None, False, None, None)
    assert people(world, call_id) == (0, 0, 0, 0)


def test_results_say_what_was_heard_at_the_last_call(world: World) -> None:
    call_id = answered_call(world)
    world.hear(call_id, "call.speak.started", at=ANSWERED_AT)
    world.hang_up(call_id)

    header, row = world.run(export_results, world.call_row(call_id)["campaign_id"])
    found = dict(zip(header, row, strict=True))

    assert [found[name] for name in ("heard_after_ms", "abandoned", "silent")] == [0, False, False]
