"""Callbacks over REST and on the command line: asked for, explained, refused."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner
from werkzeug.test import TestResponse

from orchestrator.cli.app import app
from orchestrator.services import Services
from tests.support.api_over_http import options_for
from tests.support.ledger_rows import ended_call
from tests.support.rest import Rest, pointers

NEW_YORK = "+12125550123"
NOON, NIGHT, MORNING = "2097-01-07T17:00:00.000Z", "2097-01-08T06:00:00.000Z", "2097-01-08T14:00:00.000Z"
HOURS = {"windows": [{"days": ["mon-sun"], "start": "09:00", "end": "17:00"}]}


def ask(rest: Rest, call_id: str, **wanted: Any) -> TestResponse:
    return rest.post(f"/v1/calls/{call_id}/callback", wanted)


def code_of(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, (answer.json or {})["code"]


def execute(services: Services, statement: str, **values: Any) -> None:
    with services.sql.begin() as tx:
        tx.execute(text(statement), values)


@pytest.fixture
def call(rest: Rest, services: Services) -> dict[str, str]:
    """Return a call that is over, and its contact, whose campaign calls from nine to five."""
    ids = ended_call(rest, services, to=NEW_YORK)
    assert rest.patch(f"/v1/campaigns/{ids['campaign']}", {"calling_hours": HOURS}).status_code == 200
    execute(
        services,
        "UPDATE contacts SET status = 'completed', attempts = 1, last_call_id = :call, due_at = NULL",
        call=ids["call"],
    )
    return ids


def test_a_person_waits_for_its_callback_with_the_note(rest: Rest, call: dict[str, str]) -> None:
    answer = ask(rest, call["call"], at=NOON, note="has a meeting")

    assert answer.status_code == 200, answer.text
    told = answer.json or {}
    assert (told["contact_id"], told["status"], told["at"], told["dials_from"]) == (call["contact"], "held", NOON, NOON)
    assert told["reason"] is None
    contact = rest.get(f"/v1/contacts/{call['contact']}").json or {}
    assert (contact["status"], contact["reason"], contact["until"]) == ("held", "callback", NOON)
    assert contact["callback"] == {"at": NOON, "note": "has a meeting", "call_id": call["call"]}
    assert "called back" in contact["reason_detail"]


def test_explain_says_that_the_person_is_called_back_and_why(rest: Rest, call: dict[str, str]) -> None:
    ask(rest, call["call"], at=NOON, note="has a meeting")

    explained = rest.get(f"/v1/contacts/{call['contact']}/explain?at=2097-01-07T16:00:00Z").json or {}

    due = next(check for check in explained["checks"] if check["check"] == "due")
    assert (due["passed"], due["facts"]["because"], due["facts"]["note"]) == (False, "callback", "has a meeting")


def test_a_new_number_is_called_back_at_the_same_time(rest: Rest, call: dict[str, str]) -> None:
    ask(rest, call["call"], at=NOON)

    contact = rest.patch(f"/v1/contacts/{call['contact']}", {"phone": "+13035550123"}).json or {}

    assert (contact["status"], contact["reason"], contact["until"]) == ("held", "callback", NOON)


def test_outside_calling_hours_it_says_from_when_on_they_allow(rest: Rest, call: dict[str, str]) -> None:
    told = ask(rest, call["call"], at=NIGHT).json or {}

    assert (told["at"], told["dials_from"], told["reason"]) == (NIGHT, MORNING, "outside_hours")
    assert "calling hours" in told["reason_detail"]


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ({"at": "2020-01-01T00:00:00Z"}, "/at"),
        ({"at": "9999-12-31T23:59:59Z"}, "/at"),
        ({"after": "soon"}, "/after"),
        ({"after": "1h", "at": NOON}, ""),
        ({}, ""),
        ({"after": "1h", "note": ""}, "/note"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused_by_its_field(
    rest: Rest, call: dict[str, str], wanted: dict[str, Any], pointer: str
) -> None:
    answer = ask(rest, call["call"], **wanted)

    assert (answer.status_code, list(pointers(answer))) == (422, [pointer])


def test_nobody_is_called_back_behind_the_end_of_the_campaign_or_the_contact(
    rest: Rest, services: Services, call: dict[str, str]
) -> None:
    execute(services, "UPDATE contacts SET not_after = :at", at=NOON)
    assert code_of(ask(rest, call["call"], at=NIGHT)) == (409, "too_late")

    execute(services, "UPDATE campaigns SET ends_at = :at", at=NOON)
    assert code_of(ask(rest, call["call"], at=NOON)) == (409, "already_over")
    assert (rest.get(f"/v1/contacts/{call['contact']}").json or {})["status"] == "completed"


def test_nobody_is_called_back_who_is_suppressed_or_erased(rest: Rest, call: dict[str, str]) -> None:
    suppression = rest.post("/v1/suppressions", {"phone": NEW_YORK}).json or {}
    assert code_of(ask(rest, call["call"], after="1h")) == (409, "suppressed")

    rest.delete(f"/v1/suppressions/{suppression['id']}")
    assert rest.delete(f"/v1/contacts/{call['contact']}").status_code == 204
    assert code_of(ask(rest, call["call"], after="1h")) == (409, "erased")


def test_erasing_a_person_erases_the_note(rest: Rest, services: Services, call: dict[str, str]) -> None:
    ask(rest, call["call"], after="1h", note="is at her mother's")

    rest.delete(f"/v1/contacts/{call['contact']}")

    with services.sql.connect() as tx:
        assert tx.execute(text("SELECT callback FROM contacts")).scalar_one() is None


def test_a_single_call_and_an_unknown_one_have_nobody_to_call_back(
    rest: Rest, services: Services, call: dict[str, str]
) -> None:
    execute(services, "UPDATE contacts SET is_single = true")

    assert code_of(ask(rest, call["call"], after="1h")) == (409, "no_contact")
    assert ask(rest, "call_01J00000000000000000000000", after="1h").status_code == 404


def test_the_same_request_twice_promises_the_same_time(rest: Rest, call: dict[str, str]) -> None:
    path, key = f"/v1/calls/{call['call']}/callback", {"Idempotency-Key": "again"}

    first, second = (rest.post(path, {"after": "2h"}, headers=key) for _ in range(2))

    assert first.status_code == 200 and first.json == second.json


def test_a_clone_calls_nobody_back_first(rest: Rest, services: Services, call: dict[str, str]) -> None:
    execute(services, "UPDATE contacts SET priority = 3")
    ask(rest, call["call"], after="1h")

    clone = rest.post(f"/v1/campaigns/{call['campaign']}/clone", {"name": "again", "contacts": {"statuses": ["held"]}})

    assert clone.status_code in (200, 201, 202), clone.text
    with services.sql.connect() as tx:
        rows = tx.execute(text("SELECT priority FROM contacts ORDER BY id")).scalars().all()
    assert rows == [1001, 3]


def test_the_command_line_asks_for_it(rest: Rest, call: dict[str, str]) -> None:
    with options_for(rest) as options:
        words = ["call", *options, "callback", call["call"], "--at", NIGHT, "--note", "asleep"]
        done = CliRunner().invoke(app, words)

    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"{call['contact']} is called back at {NIGHT}\ndialed from {MORNING}: ")


def test_who_waits_for_a_callback_is_exported_with_its_own_priority_and_comes_back(
    rest: Rest, services: Services, call: dict[str, str]
) -> None:
    execute(services, "UPDATE contacts SET priority = 7")
    ask(rest, call["call"], after="1h")
    another = rest.campaign()["id"]

    results = rest.get(f"/v1/campaigns/{call['campaign']}/results").data
    done = rest.upload(another, results).json or {}

    assert (done["accepted"], done["problems"]) == (1, [])
    assert (rest.get(f"/v1/campaigns/{another}/contacts").json or {})["data"][0]["priority"] == 7


def test_a_callback_stays_promised_whatever_becomes_of_a_beginning(rest: Rest, call: dict[str, str]) -> None:
    path = f"/v1/contacts/{call['contact']}"
    ask(rest, call["call"], at=NOON)

    later = rest.patch(path, {"not_before": NIGHT}).json or {}
    earlier = rest.patch(path, {"not_before": "2097-01-07T15:00:00Z"}).json or {}
    none = rest.patch(path, {"not_before": None}).json or {}

    assert (later["status"], later["reason"], later["until"]) == ("held", "not_yet", NIGHT)
    assert (earlier["status"], earlier["reason"], earlier["until"]) == ("held", "callback", NOON)
    assert (none["status"], none["reason"], none["until"]) == ("held", "callback", NOON)
