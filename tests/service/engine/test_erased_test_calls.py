"""A test call has the values of a contact: erasing the contact reaches them, and nothing else of whoever was called."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from werkzeug.test import TestResponse

from api.app import create_app
from orchestrator.errors import Conflict
from orchestrator.operations.contacts.erase_person import erase_contact, erase_number
from tests.support.lock_points import LockPoint, in_thread
from tests.support.personal_traces import ASKS, DIGITS, EXTERNAL, NAME, SAID, in_files, in_keys, in_tables, talk_once
from tests.support.rest import CALLER_ID, KEY, Rest, pointers
from tests.support.world import World

PERSON, TESTER = "+13125550142", "+13105550123"


@pytest.fixture
def rest(world: World, tmp_path: Path) -> Rest:
    more = {"api_key": SecretStr(KEY), "data_dir": tmp_path, "caller_id": CALLER_ID}
    world.__dict__["settings"] = world.settings.model_copy(update=more)
    return Rest(create_app(world.services))


def listed(world: World) -> tuple[str, str]:
    """Return a campaign and its contact."""
    campaign_id = world.campaign(flow=ASKS)
    return campaign_id, world.contact(campaign_id, phone=PERSON, external_id=EXTERNAL, variables={"first_name": NAME})


def heard(rest: Rest, campaign_id: str, contact_id: str) -> TestResponse:
    path, body = f"/v1/campaigns/{campaign_id}/test-call", {"to": TESTER, "contact_id": contact_id}
    return rest.post(path, body, headers={"Idempotency-Key": contact_id})


def talked(world: World, rest: Rest, folder: Path, campaign_id: str, contact_id: str) -> str:
    """Let a test call be made and end; return its id."""
    placed = heard(rest, campaign_id, contact_id)
    assert placed.status_code == 202, placed.text
    call_id = str((placed.json or {})["id"])
    world.dialer.dial_call(call_id)
    talk_once(world, call_id, folder)
    return call_id


@pytest.mark.parametrize("by_number", [False, True])
def test_what_a_test_call_has_of_a_contact_is_erased_with_the_contact(
    world: World, rest: Rest, tmp_path: Path, *, by_number: bool
) -> None:
    campaign_id, contact_id = listed(world)
    call_id = talked(world, rest, tmp_path, campaign_id, contact_id)
    rest.post("/v1/suppressions", {"phone": TESTER, "reason": "the tester asked"})
    met = in_tables(world)

    world.run(erase_number, PERSON) if by_number else world.run(erase_contact, contact_id)

    assert {"contacts.variables", "contacts.external_id", "call_events.payload", "calls.answers"} <= met
    assert (in_tables(world), in_files(tmp_path)) == (set(), set())
    assert not any(secret in str(world.redis.hgetall(world.keys.call(call_id))) for secret in (NAME, DIGITS, SAID))
    assert in_keys(world) == set()
    assert [row.reason for row in world.query("SELECT reason FROM suppressions")] == ["the tester asked"]


def test_a_test_call_is_none_of_the_contacts_own(world: World, rest: Rest, tmp_path: Path) -> None:
    campaign_id, contact_id = listed(world)
    call_id = talked(world, rest, tmp_path, campaign_id, contact_id)

    shown = rest.get(f"/v1/calls/{call_id}").json or {}
    of_contact = rest.get(f"/v1/calls?contact_id={contact_id}").json or {}

    assert (shown["campaign_id"], shown["to"], of_contact["data"]) == (None, TESTER, [])
    assert shown["contact_id"] != contact_id


def test_the_tester_who_is_erased_takes_the_call_and_leaves_the_contact(
    world: World, rest: Rest, tmp_path: Path
) -> None:
    campaign_id, contact_id = listed(world)
    call_id = talked(world, rest, tmp_path, campaign_id, contact_id)

    world.run(erase_number, TESTER)

    [call] = world.query("SELECT contact_id, to_number FROM calls WHERE id = :id", id=call_id)
    assert call.to_number == f"erased:{call.contact_id}"
    assert world.contact_row(contact_id)["variables"] == {"first_name": NAME}


def test_who_is_heard_in_a_test_call_right_now_is_not_erased(world: World, rest: Rest) -> None:
    campaign_id, contact_id = listed(world)
    heard(rest, campaign_id, contact_id)

    with pytest.raises(Conflict, match="under way"):
        world.run(erase_contact, contact_id)


def test_nobody_is_heard_who_is_erased_meanwhile(world: World, rest: Rest) -> None:
    campaign_id, contact_id = listed(world)
    noted = LockPoint(world.sql, before="FOR KEY SHARE SKIP LOCKED")

    with in_thread(lambda: heard(rest, campaign_id, contact_id)) as running:
        noted.is_reached()
        world.run(erase_contact, contact_id)
        noted.go_on()

    assert pointers(_answer(running)) == {"/contact_id": "erased"}
    assert in_tables(world) == set()


def test_whose_values_are_copied_during_the_erasure_is_erased_when_that_call_is_over(world: World, rest: Rest) -> None:
    campaign_id, contact_id = listed(world)
    locked = LockPoint(world.sql, before="ORDER BY contacts.id FOR UPDATE")

    def erase() -> None:
        with pytest.raises(Conflict, match="under way"):
            world.run(erase_contact, contact_id)

    with in_thread(erase):
        locked.is_reached()
        placed = heard(rest, campaign_id, contact_id)
        locked.go_on()

    assert placed.status_code == 202


def _answer(running: Future[Any]) -> TestResponse:
    answer: TestResponse = running.result()
    return answer
