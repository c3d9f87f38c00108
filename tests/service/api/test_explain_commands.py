"""`orchestrator campaign preflight`, `explain` and `start --accept` over a real API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from orchestrator.cli.app import app
from tests.support.api_over_http import options_for
from tests.support.rest import Rest

Campaign = Callable[..., Result]
PHONE = "+13125550142"
NINE_TO_EIGHT = {"windows": [{"days": ["mon-sat"], "start": "09:00", "end": "20:00"}]}
NIGHT = "2030-12-02T22:00-06:00"


@pytest.fixture
def campaign(rest: Rest) -> Iterator[Campaign]:
    with options_for(rest) as options:
        yield lambda *words: CliRunner().invoke(app, ["campaign", *options, *words])


def test_a_preflight_is_printed_for_people_and_as_json(rest: Rest, campaign: Campaign) -> None:
    ident = rest.campaign(calling_hours=NINE_TO_EIGHT)["id"]
    rest.contacts(ident, PHONE)

    shown = campaign("preflight", ident, "--at", NIGHT)
    as_json = campaign("preflight", ident, "--at", NIGHT, "--json")

    assert shown.exit_code == 0, shown.output
    assert "0 of 1 contacts may be called" in shown.output
    assert "outside_hours" in shown.output
    assert json.loads(as_json.output)["held"][0]["reason"] == "outside_hours"
    assert campaign("preflight", ident, "--at", "soon").exit_code != 0


def test_a_campaign_and_a_person_are_explained(rest: Rest, campaign: Campaign) -> None:
    ident = rest.campaign(calling_hours=NINE_TO_EIGHT)["id"]
    [contact] = rest.contacts(ident, PHONE)

    whole = campaign("explain", ident)
    assert whole.exit_code == 0, whole.output
    assert "not dialing" in whole.output and "campaign_not_started" in whole.output
    rest.post(f"/v1/campaigns/{ident}/start")
    for who in (("--contact", contact), ("--phone", PHONE)):
        person = campaign("explain", ident, *who, "--at", NIGHT)
        assert person.exit_code == 0, person.output
        assert "not now until 2030-12-03T15:00:00.000Z" in person.output
    for wrong in (("--phone", "+13125550143"), ("--at", NIGHT), ("--phone", PHONE, "--contact", contact)):
        assert campaign("explain", ident, *wrong).exit_code != 0


def test_a_contact_is_explained_by_its_id_alone(rest: Rest) -> None:
    ident = rest.campaign(calling_hours=NINE_TO_EIGHT)["id"]
    [contact] = rest.contacts(ident, PHONE)
    rest.post(f"/v1/campaigns/{ident}/start")

    with options_for(rest) as options:
        words = ["contact", *options, "explain", contact, "--at", NIGHT]
        shown, as_json = (CliRunner().invoke(app, [*words, *more]) for more in ((), ("--json",)))

    assert (shown.exit_code, as_json.exit_code) == (0, 0), shown.output
    assert f"{contact}: not now until 2030-12-03T15:00:00.000Z" in shown.output
    assert json.loads(as_json.output)["verdict"] == "hold"


def test_a_start_in_spite_of_an_error_names_it(rest: Rest, campaign: Campaign) -> None:
    ident = rest.campaign()["id"]
    rest.contacts(ident, PHONE, not_after="2031-01-01T00:00:00Z")

    assert campaign("start", ident, "--accept", "anything").exit_code != 0
    assert campaign("start", ident, "--accept", "nobody_dialable").exit_code == 0
