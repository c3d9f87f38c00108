"""A number that is looked for is found however it is written, and one that cannot be read is no empty list."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text

from orchestrator.ids import new_id
from orchestrator.services import Services
from tests.support.rest import CONNECTION, Rest, pointers

PHONE = "+12025550103"
_BERLIN = "+4930231250"
_WRITINGS = [
    "+12025550103",
    "2025550103",
    "(202) 555-0103",
    "202.555.0103",
    "1 202 555 0103",
    "tel:+1-202-555-0103",
    "\u200b+1\u00a0202\u00a0555\u00a00103",
    " 12025550103",  # what is left of ?phone=+12025550103
    "011 1 202 555 0103",
    "202/555/0103",
]


def _phones(rest: Rest, path: str) -> list[str]:
    answer = rest.get(path)
    assert answer.status_code == 200, answer.text
    return [row.get("phone") or row["to"] for row in answer.json["data"]]  # type: ignore[index]  # an object


def _dialed(services: Services, campaign: str, contact: str, number: str) -> None:
    with services.sql.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, state,"
                " command_id, ring_limit_s, talk_limit_s) VALUES (:call, :campaign, :contact, :connection, :number,"
                " '+12125550100', 1, 'ended', 'c', 30, 600)"
            ),
            {
                "call": new_id("call"),
                "campaign": campaign,
                "contact": contact,
                "connection": CONNECTION,
                "number": number,
            },
        )


@pytest.mark.parametrize("written", _WRITINGS)
def test_a_contact_a_call_and_a_suppression_are_found_by_their_number_however_it_is_written(
    rest: Rest, services: Services, written: str
) -> None:
    campaign = rest.campaign()["id"]
    contact, _ = rest.contacts(campaign, PHONE, "+12025550104")
    _dialed(services, campaign, contact, PHONE)
    rest.post("/v1/suppressions", {"phone": PHONE})
    asked = quote(written)

    assert _phones(rest, f"/v1/contacts?phone={asked}") == [PHONE]
    assert _phones(rest, f"/v1/contacts?phone={asked}&campaign_id={campaign}") == [PHONE]
    assert _phones(rest, f"/v1/calls?to={asked}") == [PHONE]
    assert _phones(rest, f"/v1/suppressions?phone={asked}") == [PHONE]


def test_a_plus_that_became_a_space_is_a_plus(rest: Rest) -> None:
    rest.contacts(rest.campaign()["id"], PHONE)

    assert _phones(rest, f"/v1/contacts?phone={PHONE}") == [PHONE]


def test_a_region_says_which_country_a_number_is_of(rest: Rest) -> None:
    rest.contacts(rest.campaign()["id"], _BERLIN)

    assert _phones(rest, "/v1/contacts?phone=030+231250&region=DE") == [_BERLIN]
    assert _phones(rest, "/v1/contacts?phone=030/231250&region=de") == [_BERLIN]


def test_the_caller_ids_of_the_campaign_say_the_country_where_it_is_named(rest: Rest) -> None:
    german = rest.campaign(caller_ids=["+4930901820"])["id"]
    rest.campaign(caller_ids=["+12125550100"])
    rest.contacts(german, _BERLIN)

    assert _phones(rest, f"/v1/contacts?phone=030231250&campaign_id={german}") == [_BERLIN]
    assert pointers(rest.get("/v1/contacts?phone=030231250")) == {"?phone": "no_region"}


_UNREADABLE = [
    ("2025550103", "no_region"),
    ("Ann", "not_a_number"),
    ("%2B1+202+555", "impossible"),
    ("%2B12025550103%2F%2B12025550104", "several_numbers"),
    ("sip:ann@example.com", "sip_uri"),
    ("2025550103.0", "not_a_number"),
    ("", "string_too_short"),
]


@pytest.mark.parametrize(
    "path", ["/v1/contacts?phone=", "/v1/calls?to=", "/v1/suppressions?phone=", "/v1/numbers?number="]
)
@pytest.mark.parametrize(("asked", "code"), _UNREADABLE)
def test_a_number_that_cannot_be_read_is_refused_by_its_name_and_never_an_empty_list(
    rest: Rest, path: str, asked: str, code: str
) -> None:
    rest.campaign(caller_ids=["+4930901820"])  # and the installation's is American: no country is ours alone

    answer = rest.get(path + asked)

    assert answer.status_code == 422
    name = path.partition("?")[2].rstrip("=")
    assert pointers(answer) == {f"?{name}": code}


def test_a_refusal_names_the_parameter_that_helps(rest: Rest) -> None:
    rest.campaign(caller_ids=["+4930901820"])

    errors: Any = rest.get("/v1/contacts?phone=2025550103").json

    assert "region=US" in errors["errors"][0]["detail"]
    assert "%2B" in errors["errors"][0]["detail"]


def test_a_space_that_may_be_a_plus_or_not_is_refused(rest: Rest) -> None:
    rest.campaign()

    assert pointers(rest.get("/v1/contacts?phone=+2025550103")) == {"?phone": "ambiguous"}  # Cairo, or Washington


def test_a_suppression_is_lifted_by_a_number_that_names_its_country_and_by_no_other(rest: Rest) -> None:
    rest.campaign()
    rest.post("/v1/suppressions", {"phone": PHONE})

    refused = rest.delete("/v1/suppressions?phone=2025550103")
    lifted = rest.delete("/v1/suppressions?phone=(202)+555-0103&region=US")

    assert pointers(refused) == {"?phone": "no_region"}
    assert lifted.status_code == 204
    assert _phones(rest, "/v1/suppressions") == []


def test_a_number_of_ours_is_found_however_it_is_written(rest: Rest) -> None:
    rest.campaign()

    assert rest.get("/v1/numbers?number=(312)+555-0100").status_code == 200
