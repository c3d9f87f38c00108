"""Erasing is final: what is told of a person's calls later is recorded without the person."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.errors import Conflict
from orchestrator.media.capture_files import FOLDER
from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.operations.contacts.erase_person import erase_contact
from orchestrator.store.sql.erased_calls import lock_calls_with
from orchestrator.store.sql.personal_columns import Person, erase_columns
from tests.support.carrier_stub import CarrierStub, refusal
from tests.support.incoming import CALLER, answered, caller_hangs_up, mapped, only_call, tell
from tests.support.poll import eventually
from tests.support.unknown_calls import unknown_call
from tests.support.world import World

PHONE, DIGITS = "+13125550177", "40716"
RECORDED = ("calls", "contacts", "call_events", "recordings")
LOCKED_OUT = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

ASKS = """
name: asks
answers: {code: none}
outcomes: [told, silent]
outcome: silent
start: ask
inbound: pick_up
steps:
  pick_up: {answer: {}, on: {call.answered: ask}}
  ask:
    gather_using_speak: {payload: "Your code, please.", voice: female}
    on:
      call.gather.ended: {set: {code: "{{ event.digits }}"}, outcome: told, goto: stop}
  stop: {suppress: {scope: global, reason: asked}, goto: bye}
  bye: {hangup: {}}
"""


def ended_call(world: World, flow: str = ASKS) -> str:
    """Return a call to PHONE that has ended and waits for its late facts."""
    campaign_id = world.campaign(flow=flow)
    world.contact(campaign_id, phone=PHONE)
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    world.hear(call_id, "call.answered", ago_s=9, to=PHONE)
    world.work(call_id)
    world.hang_up(call_id, to=PHONE)
    return call_id


def call_back(world: World) -> tuple[str, str]:
    """Let somebody whom a campaign has dialed call us; return the contact and the call that came in."""
    mapped(world, ASKS)
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id, phone=CALLER)
    [dialed] = world.claim(campaign_id)
    world.dialer.dial_call(dialed)
    world.hang_up(dialed)
    tell(world)
    world.advance()
    return contact_id, only_call(world)


def erase(world: World, call_id: str) -> str:
    contact_id = str(world.contact_of(call_id)["id"])
    world.run(erase_contact, contact_id)
    return contact_id


def hear_late(world: World, call_id: str, kind: str, **payload: Any) -> None:
    world.hear(call_id, kind, ago_s=5, to=PHONE, **payload)
    world.advance()
    world.settle()


def forget(world: World, call_id: str) -> None:
    world.redis.delete(world.keys.call(call_id), world.keys.log(call_id), world.keys.outbox(call_id))


def is_recorded(world: World, *secrets: str) -> list[str]:
    """Return where in the record any of these stands."""
    rows = [(name, row) for name in RECORDED for [row] in world.query(f"SELECT t::text FROM {name} t")]
    return [f"{name}: {row}" for name, row in rows if any(secret in row for secret in secrets)]


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_what_is_answered_late_is_recorded_without_the_answer(world: World, is_forgotten: bool) -> None:
    call_id = ended_call(world)
    contact_id = erase(world, call_id)
    if is_forgotten:
        forget(world, call_id)

    hear_late(world, call_id, "call.gather.ended", status="valid", digits=DIGITS)

    row = world.call_row(call_id)
    kinds = world.query("SELECT type, payload FROM call_events WHERE type = 'call.gather.ended'")
    assert is_recorded(world, PHONE, DIGITS) == []
    assert (row["to_number"], row["answers"]) == (f"erased:{contact_id}", {})
    assert (row["outcome"], row["disposition"]) == ("silent" if is_forgotten else "told", "answered")
    assert kinds == ([] if is_forgotten else [("call.gather.ended", {})])
    assert (world.contact_row(contact_id)["status"], world.contact_row(contact_id)["attempts"]) == ("completed", 1)


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_a_recording_told_late_leaves_neither_a_row_nor_links(world: World, is_forgotten: bool) -> None:
    call_id = ended_call(world)
    erase(world, call_id)
    if is_forgotten:
        forget(world, call_id)

    links = {"mp3": "https://recordings.example.test/1.mp3"}
    hear_late(world, call_id, "call.recording.saved", recording_id="r-1", recording_urls=links)

    assert is_recorded(world, "example.test") == []
    assert (world.query("SELECT * FROM recordings"), world.call_row(call_id)["recordings"]) == ([], [])


def test_what_was_answered_before_the_erasing_does_not_come_back_with_a_late_cost(world: World) -> None:
    call_id = ended_call(world)
    hear_late(world, call_id, "call.gather.ended", status="valid", digits=DIGITS)
    assert is_recorded(world, DIGITS) != []
    erase(world, call_id)

    hear_late(world, call_id, "call.cost", total_cost="0.005", status="valid", billing_group_id=None)

    assert is_recorded(world, PHONE, DIGITS) == []
    assert world.call_row(call_id)["outcome"] == "told"


def test_what_the_carrier_said_of_a_rejected_number_does_not_come_back(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: refusal(422, "10016", detail=f"{PHONE} is no number")
    call_id = world.dialed_call(retry={"max_attempts": 1, "on": {}, "on_outcome": {}})
    world.advance()
    world.let_timers_fire()
    world.advance()
    world.settle()
    assert is_recorded(world, PHONE) != []
    erase(world, call_id)

    hear_late(world, call_id, "call.hangup", hangup_cause="call_rejected")

    assert is_recorded(world, PHONE) == []
    assert world.call_row(call_id)["state"] == "ended"


def test_who_asked_late_for_no_more_calls_is_still_suppressed(world: World) -> None:
    call_id = ended_call(world)
    erase(world, call_id)

    hear_late(world, call_id, "call.gather.ended", status="valid", digits=DIGITS)
    hear_late(world, call_id, "call.cost", total_cost="0.005")

    assert world.query("SELECT phone, scope FROM suppressions") == [(PHONE, "global")]


def test_what_a_caller_says_late_is_recorded_without_the_caller(world: World) -> None:
    contact_id, call_id = call_back(world)
    world.work(call_id)
    caller_hangs_up(world, call_id)
    world.run(erase_contact, contact_id)

    links = {"mp3": "https://recordings.example.test/1.mp3"}
    answered(world, call_id, "call.recording.saved", recording_id="r-1", recording_urls=links)
    world.advance()
    world.settle()

    assert is_recorded(world, CALLER, "example.test") == []
    assert world.query("SELECT * FROM recordings") == []


def test_who_is_calling_us_is_not_erased_meanwhile(world: World) -> None:
    contact_id, call_id = call_back(world)

    with pytest.raises(Conflict, match="under way"):
        world.run(erase_contact, contact_id)
    caller_hangs_up(world, call_id)
    world.run(erase_contact, contact_id)

    assert is_recorded(world, CALLER) == []


def test_who_may_be_ringing_is_not_erased_meanwhile(world: World, carrier: CarrierStub) -> None:
    call_id = unknown_call(world, carrier)
    contact_id = str(world.contact_of(call_id)["id"])
    world.run(change_contact, contact_id, ContactChange(status="canceled"))

    with pytest.raises(Conflict, match="under way"):
        world.run(erase_contact, contact_id)

    assert world.call_row(call_id)["to_number"] == world.contact_row(contact_id)["phone"]


def test_the_sound_captured_of_a_callers_call_is_erased_too(world: World, tmp_path: Path) -> None:
    world.__dict__["settings"] = world.settings.model_copy(update={"data_dir": tmp_path})
    contact_id, call_id = call_back(world)
    caller_hangs_up(world, call_id)
    sound = tmp_path / FOLDER / call_id / "stream.wav"
    sound.parent.mkdir(parents=True)
    sound.touch()

    world.run(erase_contact, contact_id)

    assert not sound.exists()


def test_erasing_waits_for_a_record_that_is_being_written_and_does_not_block_it(world: World) -> None:
    call_id = ended_call(world)
    contact_id = str(world.contact_of(call_id)["id"])
    erasing = threading.Thread(target=world.run, args=(erase_contact, contact_id))

    with world.sql.begin() as settling:
        settling.execute(text("SELECT 1 FROM calls WHERE id = :id FOR UPDATE"), {"id": call_id})
        erasing.start()
        eventually(lambda: world.query(LOCKED_OUT))
        settling.execute(text("SELECT 1 FROM contacts WHERE id = :id FOR UPDATE"), {"id": contact_id})
    erasing.join(timeout=10)

    assert not erasing.is_alive()
    assert is_recorded(world, PHONE) == []


def test_who_is_erased_while_calling_us_is_a_stranger(world: World) -> None:
    mapped(world)
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id, phone=CALLER)
    [dialed] = world.claim(campaign_id)
    world.dialer.dial_call(dialed)
    world.hang_up(dialed)
    tell(world)
    taking_in = threading.Thread(target=world.advance)

    with world.sql.begin() as erasing:
        found = lock_calls_with(erasing, [contact_id])
        erase_columns(erasing, Person([contact_id], [call.id for call in found], [CALLER], [], [], None))
        taking_in.start()
        eventually(lambda: world.query(LOCKED_OUT))
    taking_in.join(timeout=10)

    assert world.call_row(only_call(world))["joined_contact_id"] is None
