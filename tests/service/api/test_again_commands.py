"""`orchestrator campaign redial | clone | test-call | release` and `contact edit` over a real API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from orchestrator.cli.app import app
from orchestrator.services import Services
from tests.support.api_over_http import options_for
from tests.support.rest import Rest, fresh_number

Command = Callable[..., Result]


@pytest.fixture
def run(rest: Rest) -> Iterator[Command]:
    with options_for(rest) as options:
        yield lambda group, *words: CliRunner().invoke(app, [group, *options, *words])


def busy(rest: Rest, services: Services) -> tuple[str, str]:
    campaign_id = rest.campaign()["id"]
    [contact_id] = rest.contacts(campaign_id, fresh_number())
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE contacts SET status = 'exhausted', disposition = 'busy', attempts = 1, due_at = NULL"))
    return campaign_id, contact_id


def test_whoever_was_busy_is_called_again(rest: Rest, services: Services, run: Command) -> None:
    campaign_id, contact_id = busy(rest, services)

    counted = run("campaign", "redial", campaign_id, "--disposition", "busy", "--dry-run")
    done = run("campaign", "redial", campaign_id, "--disposition", "busy", "--attempts", "2")
    nobody = run("campaign", "redial", campaign_id)

    assert (counted.exit_code, counted.output) == (0, "1 contact would be called again\n")
    assert (done.exit_code, done.output) == (0, "1 contact will be called again\n")
    assert (rest.get(f"/v1/contacts/{contact_id}").json or {})["attempts_limit"] == 3
    assert nobody.exit_code == 1 and "say which contacts" in nobody.output


def test_a_campaign_is_cloned_with_some_of_its_contacts(rest: Rest, services: Services, run: Command) -> None:
    campaign_id, _ = busy(rest, services)

    some = run("campaign", "clone", campaign_id, "--name", "again", "--status", "exhausted")
    none = run("campaign", "clone", campaign_id, "--json")
    both = run("campaign", "clone", campaign_id, "--all-contacts", "--status", "exhausted")

    made = rest.get(f"/v1/campaigns/{some.output.strip()}").json or {}
    assert (some.exit_code, made["name"], made["status"]) == (0, "again", "draft")
    assert len((rest.get(f"/v1/contacts?campaign_id={made['id']}").json or {})["data"]) == 1
    assert (json.loads(none.output)["name"], json.loads(none.output)["copying"]) == ("test (copy)", None)
    assert both.exit_code == 1


def test_who_is_held_by_a_restore_is_released(rest: Rest, services: Services, run: Command) -> None:
    campaign_id = rest.campaign()["id"]
    restored, other = rest.contacts(campaign_id, fresh_number(), fresh_number())
    held = text("UPDATE contacts SET status = 'held', reason = :reason, due_at = NULL WHERE id = :id")
    with services.sql.begin() as tx:
        tx.execute(held, [{"id": restored, "reason": "restored"}, {"id": other, "reason": "zone_unknown"}])

    counted = run("campaign", "release", campaign_id, "--dry-run")
    done = run("campaign", "release", campaign_id)

    assert (counted.exit_code, counted.output) == (0, "1 contact would be released\n")
    assert (done.exit_code, done.output) == (0, "1 contact released\n")
    with services.sql.connect() as tx:
        kept = tx.execute(text("SELECT id, reason, due_at IS NOT NULL FROM contacts")).all()
    assert {tuple(each) for each in kept} == {(restored, None, True), (other, "zone_unknown", False)}


def test_one_number_is_called_to_hear_it_first(rest: Rest, run: Command) -> None:
    campaign_id = rest.campaign()["id"]

    lacking = run("campaign", "test-call", campaign_id, "--to", "+13105550123")
    placed = run("campaign", "test-call", campaign_id, "--to", "+13105550123", "--var", "first_name=Ada")

    assert lacking.exit_code == 1 and "first_name" in lacking.output
    assert (placed.exit_code, placed.output[:5]) == (0, "call_")


@pytest.mark.parametrize(
    "command",
    [
        ("call", "callback", f"call_{'0' * 26}", "--at"),
        ("contact", "edit", f"con_{'0' * 26}", "--not-before"),
        ("contact", "explain", f"con_{'0' * 26}", "--at"),
        ("campaign", "redial", f"cmp_{'0' * 26}", "--disposition", "busy", "--not-before"),
    ],
    ids=" ".join,
)
def test_a_time_of_no_offset_is_taken_for_none(run: Command, command: tuple[str, ...]) -> None:
    for time in ("2099-01-01T09:00", "2099-01-01"):
        told = run(*command, time)

        assert told.exit_code == 1
        assert f"'{time}': write a time with its offset, such as 2027-03-01T09:00-05:00" in told.output


def test_a_contact_is_edited_and_called_once_more(rest: Rest, services: Services, run: Command) -> None:
    _, contact_id = busy(rest, services)
    number = "+13035550123"

    words = ("--phone", number, "--status", "waiting", "--priority", "3", "--not-before", "2099-01-01T09:00-07:00")
    edited = run("contact", "edit", contact_id, *words, "--var", "room=7", "--region", "US-CO")
    freed = run("contact", "edit", contact_id, "--not-before", "none", "--var", "room=none", "--json")
    nothing = run("contact", "edit", contact_id)

    assert (edited.exit_code, edited.output) == (0, f"{contact_id} {number} is held (not_yet)\n")
    told = json.loads(freed.output)
    assert (told["status"], told["priority"], told["region"]) == ("waiting", 3, "US-CO")
    assert told["variables"] == {"first_name": "Ann"}
    assert nothing.exit_code == 1
