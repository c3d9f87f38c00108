"""Whatever a webhook carries, its call is recorded: no text is too long for an index, no time too old to be read."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.operations.events.dead_letters import list_dead_letters
from orchestrator.telnyx.bounded_text import LONGEST
from tests.support.incoming import inbound, mapped, tell
from tests.support.world import World

# Eight kilobytes that no compression makes small.
ENDLESS = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(8_000))


def answered_call(world: World) -> str:
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.advance()
    return call_id


def test_an_event_with_an_endless_id_is_recorded_once_however_often_it_comes(world: World) -> None:
    call_id = answered_call(world)

    for _ in range(2):
        world.hear(call_id, "call.dtmf.received", ident=ENDLESS, digit="1")
        world.advance()
    world.hear(call_id, "call.dtmf.received", ident=ENDLESS + "2", digit="2")
    world.hang_up(call_id)
    world.hear(call_id, "call.dtmf.received", ident=ENDLESS, digit="1")
    world.advance()
    world.settle()

    rows = world.query("SELECT event_id, payload FROM call_events WHERE type = 'call.dtmf.received' ORDER BY position")
    assert [row.payload["digit"] for row in rows] == ["1", "2"]
    assert {len(row.event_id) for row in rows} == {LONGEST}
    assert list_dead_letters(world.redis, world.keys) == []


@pytest.mark.parametrize(
    "odd",
    [
        {"call_leg_id": ENDLESS, "call_session_id": ENDLESS},
        {"hangup_cause": ENDLESS, "hangup_source": ENDLESS, "sip_hangup_cause": ENDLESS},
    ],
    ids=["ids of the leg", "causes"],
)
def test_a_call_whose_end_is_told_in_endless_words_is_recorded(world: World, odd: dict[str, Any]) -> None:
    call_id = world.dialed_call()
    world.set_call(call_id, call_leg_id=None, call_session_id=None)
    world.redis.delete(world.keys.call(call_id), world.keys.events)
    world.redis.xgroup_create(world.keys.events, "engine", id="0", mkstream=True)

    world.hear(call_id, "call.hangup", **{"hangup_cause": "user_busy", **odd})
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()

    row = world.call_row(call_id)
    assert row["state"] == "ended"
    assert max(len(row[name] or "") for name in ("call_leg_id", "call_session_id", "hangup_cause")) <= LONGEST


def test_a_recording_with_an_endless_id_is_a_row_of_its_own(world: World) -> None:
    call_id = answered_call(world)
    for last in "12":
        urls = {"mp3": "https://r.example.test/1.mp3"}
        world.hear(call_id, "call.recording.saved", recording_id=ENDLESS + last, recording_urls=urls)

    world.advance()
    world.settle()

    assert world.query("SELECT count(DISTINCT told_as), max(length(told_as)) FROM recordings") == [(2, LONGEST)]


def test_a_call_whose_times_are_of_another_age_is_recorded_and_can_be_shown(world: World) -> None:
    call_id = answered_call(world)
    old = "0001-01-01T00:00:00+14:00"
    saved = {"recording_urls": {"mp3": "https://r.example.test/1.mp3"}, "recording_started_at": old}
    world.hear(call_id, "call.recording.saved", recording_ended_at=old, **saved)

    world.hang_up(call_id)

    story = world.find_call(call_id)
    assert (story.row.state, len(story.recordings), story.recordings[0].started_at) == ("ended", 1, None)


def test_a_caller_with_an_endless_number_is_taken_in(world: World) -> None:
    mapped(world)

    tell(world, **{"from": "sip:" + ENDLESS})
    world.advance()

    [row] = inbound(world)
    assert len(row.from_number) == LONGEST
