"""Recordings become rows as soon as they are told, and what was said joins the call's transcript."""

from __future__ import annotations

from typing import Any

from orchestrator.operations.contacts.erase_person import erase_contact
from tests.support.world import World

LINKS = {"mp3": "https://recordings.example.test/1.mp3?X-Amz-Expires=600"}


def answered_call(world: World) -> str:
    call_id = world.dialed_call()
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.advance()
    return call_id


def save(world: World, call_id: str, **more: Any) -> None:
    """Let the carrier tell of a recording, without a control id, as it may."""
    told = {"recording_id": "r-1", "channels": "dual", "format": "mp3", "recording_urls": LINKS, **more}
    world.hear(call_id, "call.recording.saved", **{"call_control_id": None, **told})
    world.advance()
    world.settle()


def rows(world: World) -> list[Any]:
    return world.query("SELECT * FROM recordings ORDER BY id")


def test_a_recording_is_a_row_while_its_call_talks_on(world: World) -> None:
    call_id = answered_call(world)

    save(world, call_id)

    [row] = rows(world)
    assert (row.call_id, row.recording_id, row.state, row.urls) == (call_id, "r-1", "pending", LINKS)
    assert world.call_row(call_id)["state"] == "accepted"
    assert world.contact_of(call_id)["status"] == "calling"
    assert world.redis.xlen(world.keys.ended) == 0


def test_a_live_call_keeps_its_channel_when_a_recording_is_written(world: World) -> None:
    call_id = answered_call(world)
    world.redis.persist(world.keys.call(call_id))

    save(world, call_id)

    assert world.redis.ttl(world.keys.call(call_id)) == -1


def test_a_recording_told_twice_and_again_in_another_event_is_one_row(world: World) -> None:
    call_id = answered_call(world)

    save(world, call_id, ident="evt-saved")
    save(world, call_id, ident="evt-saved")
    save(world, call_id, ident="evt-other")

    assert len(rows(world)) == 1


def test_two_tellings_of_one_recording_in_one_batch_are_one_row_with_the_newer_links(world: World) -> None:
    call_id = answered_call(world)
    newer = {"mp3": "https://recordings.example.test/2.mp3"}
    for links, ago_s in ((newer, 0.0), (LINKS, 5.0)):
        world.hear(call_id, "call.recording.saved", ago_s=ago_s, recording_id="r-1", recording_urls=links)

    world.advance()
    world.settle()

    assert [row.urls for row in rows(world)] == [newer]


def test_a_recording_that_comes_after_the_hangup_joins_the_record(world: World) -> None:
    call_id = answered_call(world)
    world.hang_up(call_id)

    save(world, call_id)

    assert len(rows(world)) == 1
    assert len(world.call_row(call_id)["recordings"]) == 1


def test_a_recording_of_a_call_that_valkey_has_forgotten_joins_the_record(world: World) -> None:
    call_id = answered_call(world)
    world.hang_up(call_id)
    world.redis.delete(world.keys.call(call_id))

    save(world, call_id)

    assert [row.call_id for row in rows(world)] == [call_id]


def test_newer_links_revive_a_recording_whose_links_have_died(world: World) -> None:
    call_id = answered_call(world)
    save(world, call_id, ago_s=900)
    world.execute("UPDATE recordings SET state = 'failed', due_at = NULL, tries = 9, error = '{}'")

    save(world, call_id, recording_urls={"mp3": "https://recordings.example.test/new.mp3"})

    [row] = rows(world)
    assert (row.state, row.tries, row.error) == ("pending", 0, None)
    assert row.due_at is not None and row.urls["mp3"].endswith("/new.mp3")


def test_newer_links_leave_a_recording_that_is_here_alone(world: World) -> None:
    call_id = answered_call(world)
    save(world, call_id, ago_s=60)
    world.execute("UPDATE recordings SET state = 'fetched', due_at = NULL, place = 'disk:x'")

    save(world, call_id)

    assert [(row.state, row.place) for row in rows(world)] == [("fetched", "disk:x")]


def test_what_the_carrier_could_not_store_is_told(world: World) -> None:
    call_id = answered_call(world)

    world.hear(call_id, "call.recording.error", reason="Internal server error")
    world.advance()
    world.settle()

    [row] = rows(world)
    assert (row.state, row.error["code"]) == ("failed", "no_file")


def say(world: World, call_id: str, words: str, **more: Any) -> None:
    """Let the carrier tell what it heard."""
    data = {"transcript": words, "is_final": True, "transcription_track": "inbound", "confidence": 0.9}
    world.hear(call_id, "call.transcription", transcription_data=data, **more)
    world.advance()
    world.settle()


def heard(world: World, call_id: str) -> list[str]:
    return [utterance.text for utterance in world.find_call(call_id).transcript]


def test_what_is_said_is_told_while_the_call_lives(world: World) -> None:
    call_id = answered_call(world)

    say(world, call_id, "hello")

    assert heard(world, call_id) == ["hello"]


def test_what_was_said_stands_in_the_record_once_and_in_the_order_in_which_it_was(world: World) -> None:
    call_id = answered_call(world)
    say(world, call_id, "goodbye", ago_s=1, ident="evt-said")
    say(world, call_id, "goodbye", ago_s=1, ident="evt-said")
    world.hang_up(call_id)

    say(world, call_id, "hello", ago_s=5)
    say(world, call_id, "goodbye", ago_s=1, ident="evt-said")

    assert heard(world, call_id) == ["hello", "goodbye"]


def test_what_was_said_is_erased_with_its_contact(world: World) -> None:
    call_id = answered_call(world)
    say(world, call_id, "my number is 5")
    world.hang_up(call_id)

    world.run(erase_contact, world.contact_of(call_id)["id"])

    assert heard(world, call_id) == []
