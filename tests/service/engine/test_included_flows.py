"""A call walks through a flow that another includes, from the store alone."""

from __future__ import annotations

from sqlalchemy import insert

from orchestrator.ids import new_id
from orchestrator.store.sql import tables
from tests.support.world import World

INNER = """
name: inner
answers: {said: null}
start: tell
steps:
  tell: {speak: {payload: Inside, voice: female}, on: {call.speak.ended: keep}}
  keep: {set: {said: inside}, goto: over}
  over: {end: {}}
"""
OUTER = """
name: outer
start: part
steps:
  part: {include: inner@1, goto: bye}
  bye: {hangup: {}}
"""


BEFORE_SSML_WAS_CHECKED = """
name: before
start: tell
steps:
  tell:
    speak: {payload: "<speak>Jack & Jones</speak>", payload_type: ssml, voice: female}
    on: {call.speak.ended: over}
  over: {hangup: {}}
"""


def test_a_flow_that_was_stored_before_its_speech_was_checked_still_runs(world: World) -> None:
    flow_id = world.flow(BEFORE_SSML_WAS_CHECKED)

    assert set(world.flows.get(flow_id).steps) == {"tell", "over"}


def test_a_call_walks_through_the_included_flow_and_on(world: World) -> None:
    row = {"id": new_id("flow"), "name": "inner", "version": 1, "source": INNER, "content_type": "application/yaml"}
    with world.sql.begin() as tx:
        tx.execute(insert(tables.flows).values({**row, "content_hash": "inner"}))
    call_id = world.dialed_call(flow=OUTER)
    for event in ("call.initiated", "call.answered", "call.speak.started", "call.speak.ended"):
        world.hear(call_id, event)
        world.work(call_id)

    live = world.live(call_id)

    assert live is not None
    assert (live.step, live.answers) == ("bye", {"said": "inside"})
