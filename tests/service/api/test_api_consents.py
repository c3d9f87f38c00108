"""Consents and revocations over REST, and what a campaign says of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from orchestrator.clock import rfc3339, utc_now
from tests.support.rest import Rest, fresh_number, pointers

SAID = "2026-11-02T09:00:00.000Z"
GIVEN = {
    "kind": "written",
    "purposes": ["sales"],
    "text": "You may call me about offers.",
    "source": "form 7",
    "at": SAID,
}
TAKEN = {"channel": "sms", "words": "STOP", "at": SAID}
TOMORROW = rfc3339(utc_now() + timedelta(days=1))


def history(rest: Rest, number: str) -> list[dict[str, Any]]:
    return list((rest.get("/v1/consents?phone=%2B" + number[1:]).json or {})["data"])


def test_a_consent_is_recorded_once_and_shown(rest: Rest) -> None:
    number = fresh_number()
    document = {"phone": number, **GIVEN, "evidence_url": "https://example.test/7", "expires_at": TOMORROW}

    made = rest.post("/v1/consents", document)
    again = rest.post("/v1/consents", document)

    assert (made.status_code, again.status_code) == (201, 200) and made.json == again.json
    assert history(rest, number) == [made.json]
    assert {name: made.json[name] for name in document} == document
    assert (made.json["act"], made.json["scope"], made.json["words"]) == ("given", None, None)


def test_a_revocation_is_of_all_calls_unless_it_says_a_subject(rest: Rest) -> None:
    number = fresh_number()

    taken = rest.post("/v1/consents/revoke", {"phone": number, **TAKEN})
    again = rest.post("/v1/consents/revoke", {"phone": number, **TAKEN})
    one = rest.post("/v1/consents/revoke", {"phone": number, **TAKEN, "scope": "subject", "subject": "Offers"})

    assert (taken.status_code, again.status_code, one.status_code) == (201, 200, 201)
    assert (taken.json["act"], taken.json["scope"], taken.json["subject"]) == ("revoked", "all", None)
    assert (one.json["scope"], one.json["subject"], one.json["words"]) == ("subject", "Offers", "STOP")
    assert history(rest, number) == [one.json, taken.json]


def test_a_consent_may_name_the_contact_by_its_external_id(rest: Rest) -> None:
    number = fresh_number()
    rest.contacts(rest.campaign()["id"], number, external_id="ann-1")
    rest.contacts(rest.campaign()["id"], number, external_id="ann-1")

    made = rest.post("/v1/consents", {"external_id": "ann-1", **GIVEN})

    assert made.status_code == 201 and made.json["phone"] == number


def test_an_external_id_of_two_numbers_or_of_nobody_is_refused(rest: Rest) -> None:
    for _ in range(2):
        rest.contacts(rest.campaign()["id"], fresh_number(), external_id="ann-2")

    several = pointers(rest.post("/v1/consents", {"external_id": "ann-2", **GIVEN}))
    nobody = pointers(rest.post("/v1/consents", {"external_id": "nobody", **GIVEN}))

    assert (several, nobody) == ({"/external_id": "several_numbers"}, {"/external_id": "unknown"})


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"phone": None}, "/phone"),
        ({"phone": "12"}, "/phone"),
        ({"phone": 12125550123}, "/phone"),
        ({"external_id": "ann-1"}, "/phone"),
        ({"external_id": ""}, "/external_id"),
        ({"external_id": "x" * 201}, "/external_id"),
        ({"kind": "spoken"}, "/kind"),
        ({"kind": None}, "/kind"),
        ({"purposes": []}, "/purposes"),
        ({"purposes": "sales"}, "/purposes"),
        ({"purposes": ["selling"]}, "/purposes/0"),
        ({"purposes": None}, "/purposes"),
        ({"text": ""}, "/text"),
        ({"text": "   "}, "/text"),
        ({"text": "x" * 2001}, "/text"),
        ({"text": "bell \u0007"}, "/text"),
        ({"text": None}, "/text"),
        ({"source": ""}, "/source"),
        ({"source": "x" * 201}, "/source"),
        ({"at": None}, "/at"),
        ({"at": "yesterday"}, "/at"),
        ({"at": "2026-11-02T09:00:00"}, "/at"),
        ({"at": TOMORROW}, "/at"),
        ({"evidence_url": "form 7"}, "/evidence_url"),
        ({"evidence_url": "ftp://example.test/7"}, "/evidence_url"),
        ({"evidence_url": "https://example.test/" + "x" * 2000}, "/evidence_url"),
        ({"expires_at": "never"}, "/expires_at"),
        ({"expires_at": SAID}, "/expires_at"),
        ({"scope": "all"}, "/scope"),
    ],
)
def test_each_wrong_field_of_a_consent_is_named(rest: Rest, change: dict[str, Any], pointer: str) -> None:
    number = fresh_number()

    assert pointer in pointers(rest.post("/v1/consents", {"phone": number, **GIVEN, **change}))
    assert history(rest, number) == []


@pytest.mark.parametrize("field", ["kind", "purposes", "text", "source", "at"])
def test_a_consent_lacks_nothing_that_proves_it(rest: Rest, field: str) -> None:
    document = {name: value for name, value in GIVEN.items() if name != field}

    assert pointers(rest.post("/v1/consents", {"phone": fresh_number(), **document})) == {f"/{field}": "required"}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"phone": "12"}, "/phone"),
        ({"phone": None}, "/phone"),
        ({"external_id": "ann-1"}, "/external_id"),
        ({"scope": "some"}, "/scope"),
        ({"scope": "subject"}, "/scope"),
        ({"scope": "subject", "subject": None}, "/scope"),
        ({"scope": "subject", "subject": ""}, "/subject"),
        ({"scope": "subject", "subject": "x" * 201}, "/subject"),
        ({"subject": "Offers"}, "/subject"),
        ({"channel": "fax"}, "/channel"),
        ({"channel": None}, "/channel"),
        ({"words": ""}, "/words"),
        ({"words": "x" * 2001}, "/words"),
        ({"words": None}, "/words"),
        ({"at": None}, "/at"),
        ({"at": "now"}, "/at"),
        ({"at": TOMORROW}, "/at"),
        ({"until": TOMORROW}, "/until"),
    ],
)
def test_each_wrong_field_of_a_revocation_is_named(rest: Rest, change: dict[str, Any], pointer: str) -> None:
    number = fresh_number()

    assert pointer in pointers(rest.post("/v1/consents/revoke", {"phone": number, **TAKEN, **change}))
    assert history(rest, number) == []


@pytest.mark.parametrize("query", ["", "?phone=12", "?phone=%2B12125550123&act=given", "?region=US"])
def test_consents_are_shown_of_one_number(rest: Rest, query: str) -> None:
    assert rest.get(f"/v1/consents{query}").status_code == 422


def test_the_history_has_pages(rest: Rest) -> None:
    number = fresh_number()
    for n in range(3):
        rest.post("/v1/consents", {"phone": number, **GIVEN, "text": f"consent {n}"})

    first = rest.get(f"/v1/consents?phone=%2B{number[1:]}&limit=2").json
    rest_of_it = rest.get(f"/v1/consents?phone=%2B{number[1:]}&limit=2&cursor={first['next_cursor']}").json

    assert [one["text"] for one in first["data"] + rest_of_it["data"]] == ["consent 2", "consent 1", "consent 0"]
    assert rest_of_it["next_cursor"] is None


# -- what a campaign says --------------------------------------------------------------------------------------------


def test_a_campaign_asks_for_no_consent_and_hangs_up_unless_it_says_otherwise(rest: Rest) -> None:
    made = rest.campaign()

    assert made["consent"] == {"require": "none", "purposes": None} and made["on_opt_out"] == "hangup"


def test_a_campaign_keeps_what_it_says_of_consent(rest: Rest) -> None:
    rule = {"require": "written", "purposes": ["sales", "survey"]}
    made = rest.campaign(consent=rule, on_opt_out="finish")

    changed = rest.patch(f"/v1/campaigns/{made['id']}", {"consent": {"require": "express"}, "on_opt_out": "hangup"})

    assert (made["consent"], made["on_opt_out"]) == (rule, "finish")
    assert (changed.json["consent"], changed.json["on_opt_out"]) == (
        {"require": "express", "purposes": None},
        "hangup",
    )


@pytest.mark.parametrize(
    ("field", "pointer"),
    [
        ({"consent": {"require": "oral"}}, "/consent/require"),
        ({"consent": {"require": None}}, "/consent/require"),
        ({"consent": {"purposes": []}}, "/consent/purposes"),
        ({"consent": {"purposes": ["selling"]}}, "/consent/purposes/0"),
        ({"consent": {"kind": "written"}}, "/consent/kind"),
        ({"consent": "written"}, "/consent"),
        ({"consent": None}, "/consent"),
        ({"on_opt_out": "wait"}, "/on_opt_out"),
        ({"on_opt_out": None}, "/on_opt_out"),
    ],
)
def test_what_a_campaign_says_wrongly_of_consent_is_named(rest: Rest, field: dict[str, Any], pointer: str) -> None:
    document = {"name": "x", "flow": rest.flow()["id"], "caller_ids": ["+12125550100"], **field}

    assert pointer in pointers(rest.post("/v1/campaigns", document))
    assert pointer in pointers(rest.patch(f"/v1/campaigns/{rest.campaign()['id']}", field))
