"""A person ends a rest over REST and on the command line: that of a number for one contact, and that of a caller id."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from orchestrator.cli.app import app
from orchestrator.services import Services
from tests.support.api_over_http import options_for
from tests.support.rest import CALLER_ID, Rest, fresh_number, pointers

Run = Callable[..., Result]
LIFT = {"holds": ["rest_after_human"], "because": "asked to be called again"}


@pytest.fixture
def run(rest: Rest) -> Iterator[Run]:
    with options_for(rest) as options:
        yield lambda group, *words: CliRunner().invoke(app, [group, *options, *words])


@pytest.fixture
def contact(rest: Rest, services: Services) -> str:
    """Return a contact that is held because somebody was talked to at its number."""
    [contact_id] = rest.contacts(rest.campaign()["id"], fresh_number())
    with services.sql.begin() as tx:
        tx.execute(text("INSERT INTO installation (id) VALUES (1) ON CONFLICT DO NOTHING"))  # as the migration has
        tx.execute(
            text("UPDATE contacts SET status = 'held', reason = 'rest_after_human', due_at = now() + interval '1 day'")
        )
    return contact_id


def put_to_rest(services: Services, number: str) -> None:
    rested = "INSERT INTO caller_id_states (number, resting_until) VALUES (:number, now() + interval '1 day')"
    with services.sql.begin() as tx:
        tx.execute(text(rested), {"number": number})


def test_a_hold_is_lifted_with_a_reason_and_the_answer_says_what_the_gate_says_now(rest: Rest, contact: str) -> None:
    lifted = rest.post(f"/v1/contacts/{contact}/lifted-holds", LIFT)

    assert lifted.status_code == 201, lifted.text
    assert (lifted.json["because"], lifted.json["by"], lifted.json["holds"]) == (LIFT["because"], "api", LIFT["holds"])
    assert lifted.json["now"]["reason"] == "campaign_not_started"
    [kept] = rest.get(f"/v1/contacts/{contact}/lifted-holds").json["data"]
    assert kept == {name: value for name, value in lifted.json.items() if name != "now"}
    shown = rest.get(f"/v1/contacts/{contact}").json
    assert (shown["status"], shown["reason"]) == ("waiting", "campaign_not_started")
    [told] = [each for each in rest.get("/v1/audit").json["data"] if each["subject"] == contact]
    assert told["changes"]["status"] == ["held", "waiting"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**LIFT, "because": "  "}, "/because"),
        ({"holds": ["rest_after_human"]}, "/because"),
        ({**LIFT, "holds": []}, "/holds"),
        ({**LIFT, "holds": ["law_hours"]}, "/holds/0"),
        ({**LIFT, "holds": ["suppressed"]}, "/holds/0"),
    ],
)
def test_a_lift_without_a_reason_or_of_what_nobody_may_lift_is_refused(
    rest: Rest, contact: str, body: dict[str, object], pointer: str
) -> None:
    assert list(pointers(rest.post(f"/v1/contacts/{contact}/lifted-holds", body))) == [pointer]
    assert rest.get(f"/v1/contacts/{contact}").json["status"] == "held"


def test_who_may_only_read_lifts_nothing(rest: Rest, contact: str) -> None:
    key = rest.post("/v1/keys", {"name": "Viv", "role": "viewer"}).json["key"]
    path, viewer = f"/v1/contacts/{contact}/lifted-holds", {"Authorization": f"Bearer {key}"}

    assert rest.request("POST", path, json=LIFT, headers=viewer).status_code == 403


def test_a_hold_is_lifted_on_the_command_line(rest: Rest, run: Run, contact: str) -> None:
    words = ("--hold", "rest_after_human", "--because", "asked to be called again")

    said, told = run("contact", "lift-hold", contact, *words), run("contact", "lift-hold", contact, *words, "--json")

    assert said.exit_code == 0, said.output
    assert "rest_after_human lifted for one call" in said.output
    assert json.loads(told.output)["contact_id"] == contact


def test_the_rest_of_a_caller_id_is_ended_and_the_audit_says_who_did_it_and_why(rest: Rest, services: Services) -> None:
    rest.post("/v1/caller-id-pools", {"name": "east", "numbers": [{"number": CALLER_ID}]})
    put_to_rest(services, CALLER_ID)
    path = f"/v1/caller-ids/{CALLER_ID.replace('+', '%2B')}"
    assert rest.get(path).json["resting_until"] is not None

    ended = rest.post(f"{path}/end-rest", {"because": "the label is off"})

    assert ended.status_code == 200, ended.text
    assert ended.json["resting_until"] is None
    assert (ended.json["rest_ended"]["by"], ended.json["rest_ended"]["because"]) == ("api", "the label is off")
    [told] = [each for each in rest.get("/v1/audit").json["data"] if each["subject"] == CALLER_ID]
    assert told["by"] == "api" and told["changes"]["rest_ended"] == [None, ended.json["rest_ended"]]
    assert list(pointers(rest.post(f"{path}/end-rest", {"because": ""}))) == ["/because"]
    assert rest.post("/v1/caller-ids/%2B12125550199/end-rest", {"because": "x"}).status_code == 404


def test_the_rest_of_a_caller_id_is_ended_on_the_command_line(rest: Rest, services: Services, run: Run) -> None:
    put_to_rest(services, CALLER_ID)

    said = run("pool", "end-rest", CALLER_ID, "--because", "the label is off")

    assert said.exit_code == 0, said.output
    assert rest.get(f"/v1/caller-ids/{CALLER_ID.replace('+', '%2B')}").json["resting_until"] is None
