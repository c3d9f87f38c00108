"""Suppressions, connections and the switch above all campaigns, over REST."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.ids import new_id
from orchestrator.services import Services
from tests.support.rest import CONNECTION, Rest, fresh_number, pointers


def _claimed(rest: Rest, services: Services, number: str) -> tuple[str, str]:
    """Put a claimed, unsent attempt for a number into the ledger; return its contact and campaign."""
    campaign = rest.campaign()["id"]
    (contact,) = rest.contacts(campaign, number)
    call = new_id("call")
    with services.sql.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, state,"
                " command_id, ring_limit_s, talk_limit_s) VALUES (:call, :campaign, :contact, :connection, :number,"
                " '+12125550100', 1, 'reserved', 'c', 30, 600)"
            ),
            {"call": call, "campaign": campaign, "contact": contact, "connection": CONNECTION, "number": number},
        )
        tx.execute(
            text("UPDATE contacts SET status = 'calling', current_call_id = :call WHERE id = :id"),
            {"call": call, "id": contact},
        )
    return contact, campaign


def test_a_number_is_suppressed_as_people_write_it_where_its_country_is_named(rest: Rest) -> None:
    national = {"phone": "(212) 555-0123", "reason": "asked"}

    refused = rest.post("/v1/suppressions", national)
    done = rest.post("/v1/suppressions", {**national, "region": "US"})
    nowhere = rest.post("/v1/suppressions", {**national, "region": "XX"})

    assert pointers(refused) == {"/phone": "no_region"}
    assert "name its `region`" in refused.json["errors"][0]["detail"]
    assert (done.status_code, done.json["phone"]) == (201, "+12125550123")
    assert pointers(nowhere)["/region"] == "unknown_region"


def test_a_number_is_suppressed_and_found_and_lifted(rest: Rest) -> None:
    number = fresh_number()

    made = rest.post("/v1/suppressions", {"phone": number, "reason": "asked by mail"})
    listed = rest.get("/v1/suppressions?phone=%2B" + number[1:]).json["data"]
    lifted = rest.delete("/v1/suppressions?phone=%2B" + number[1:])
    gone = rest.delete("/v1/suppressions?phone=%2B" + number[1:])

    assert made.status_code == 201 and [{**one, "change": "added"} for one in listed] == [made.json]
    assert (made.json["scope"], made.json["reason"], made.json["expires_at"]) == ("global", "asked by mail", None)
    assert (lifted.status_code, gone.status_code) == (204, 404)


def test_a_suppression_is_lifted_by_its_id(rest: Rest) -> None:
    made = rest.post("/v1/suppressions", {"phone": fresh_number()}).json

    assert rest.delete(f"/v1/suppressions/{made['id']}").status_code == 204
    assert rest.get("/v1/suppressions").json["data"] == []


def test_a_campaigns_own_suppression_is_beside_the_global_one(rest: Rest) -> None:
    number, campaign = fresh_number(), rest.campaign()["id"]

    rest.post("/v1/suppressions", {"phone": number})
    rest.post("/v1/suppressions", {"phone": number, "scope": campaign})

    assert len(rest.get("/v1/suppressions").json["data"]) == 2
    assert len(rest.get(f"/v1/suppressions?scope={campaign}").json["data"]) == 1


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({}, "/phone"),
        ({"phone": "12"}, "/phone"),
        ({"phone": 12125550123}, "/phone"),
        ({"phone": "+12125550123", "scope": "everywhere"}, "/scope"),
        ({"phone": "+12125550123", "scope": "cmp_01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "/scope"),
        ({"phone": "+12125550123", "reason": ""}, "/reason"),
        ({"phone": "+12125550123", "reason": "x" * 201}, "/reason"),
        ({"phone": "+12125550123", "expires_at": "never"}, "/expires_at"),
        ({"phone": "+12125550123", "until": "x"}, "/until"),
    ],
)
def test_each_wrong_field_of_a_suppression_is_named(rest: Rest, document: dict[str, Any], pointer: str) -> None:
    assert pointer in pointers(rest.post("/v1/suppressions", document))


@pytest.mark.parametrize("query", ["", "?phone=12", "?phone=%2B12125550123&scope=x", "?id=1"])
def test_lifting_needs_a_number(rest: Rest, query: str) -> None:
    assert rest.delete(f"/v1/suppressions{query}").status_code == 422


def test_r9_a_new_suppression_takes_back_what_was_claimed(rest: Rest, services: Services) -> None:
    number = fresh_number()
    contact, _ = _claimed(rest, services, number)

    rest.post("/v1/suppressions", {"phone": number})

    assert rest.get(f"/v1/contacts/{contact}").json["status"] == "suppressed"
    assert rest.get("/v1/calls").json["data"] == []


def test_r9_a_file_of_suppressions_takes_back_what_was_claimed(rest: Rest, services: Services) -> None:
    number = fresh_number()
    contact, campaign = _claimed(rest, services, number)
    other, _ = _claimed(rest, services, fresh_number())

    done = rest.request(
        "POST",
        "/v1/suppressions",
        data=f"phone,scope\n{number},{campaign}\n",
        content_type="text/csv",
    )

    counts = {"rows": 1, "accepted": 1, "added": 1, "lengthened": 0, "kept": 0, "invalid": 0}
    assert done.json == {**counts, "problems": [], "errors": [], "notes": []}
    assert rest.get(f"/v1/contacts/{contact}").json["status"] == "suppressed"
    assert rest.get(f"/v1/contacts/{other}").json["status"] == "calling"


def test_a_file_of_suppressions_takes_back_nothing_for_one_that_has_expired(rest: Rest, services: Services) -> None:
    number = fresh_number()
    contact, _ = _claimed(rest, services, number)
    with services.sql.begin() as tx:
        expired = (
            "INSERT INTO suppressions (id, phone, scope, reason, expires_at) VALUES ('s', :n, 'global', 'x', now())"
        )
        tx.execute(text(expired), {"n": number})

    rest.request("POST", "/v1/suppressions", data=f"phone\n{fresh_number()}\n", content_type="text/csv")

    assert rest.get(f"/v1/contacts/{contact}").json["status"] == "calling"


def test_every_row_of_a_file_of_suppressions_that_is_wrong_is_told(rest: Rest) -> None:
    file = (
        "Phone;Scope;Reason;Expires At\n"
        "+12125550100;;asked;2031-01-01T00:00:00Z\n"
        "+12125550100;;again;\n"
        "(212) 555-0101;;;\n"
        "oops;;;\n"
        "+12125550102;cmp_01ARZ3NDEKTSV4RRFFQ69G5FAV;;\n"
        "+12125550103;;;never\n"
    )

    done = rest.request("POST", "/v1/suppressions?reason=list-7&region=US", data=file, content_type="text/csv").json

    assert (done["rows"], done["accepted"], done["invalid"]) == (6, 3, 3)
    assert [(error["row"], error["code"]) for error in done["errors"]] == [
        (5, "not_a_number"),
        (6, "unknown_scope"),
        (7, "moment"),
    ]
    reasons = {item["phone"]: item["reason"] for item in rest.get("/v1/suppressions").json["data"]}
    assert reasons == {"+12125550100": "asked", "+12125550101": "list-7"}


def test_a_file_of_suppressions_without_numbers_is_refused(rest: Rest) -> None:
    refused = rest.request("POST", "/v1/suppressions", data="name\nAnn\n", content_type="text/csv")

    assert refused.status_code == 422 and refused.json["code"] == "missing_column"


def test_the_connection_has_its_limits_from_the_settings_until_it_is_told_others(rest: Rest) -> None:
    first = rest.get(f"/v1/connections/{CONNECTION}").json

    changed = rest.patch(f"/v1/connections/{CONNECTION}", {"calls_per_second": 2.5}).json
    rest.campaign()

    assert (first["calls_per_second"], first["max_live_calls"]) == (20.0, 50)
    assert (changed["calls_per_second"], changed["max_live_calls"]) == (2.5, 50)
    assert rest.get(f"/v1/connections/{CONNECTION}").json == changed


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"calls_per_second": 0}, "/calls_per_second"),
        ({"calls_per_second": "5"}, "/calls_per_second"),
        ({"calls_per_second": None}, "/calls_per_second"),
        ({"max_live_calls": 0}, "/max_live_calls"),
        ({"max_live_calls": 1.5}, "/max_live_calls"),
        ({"max_live_calls": True}, "/max_live_calls"),
        ({"name": "x"}, "/name"),
    ],
)
def test_each_wrong_field_of_a_connection_is_named(rest: Rest, document: dict[str, Any], pointer: str) -> None:
    assert list(pointers(rest.patch(f"/v1/connections/{CONNECTION}", document))) == [pointer]


def test_dialing_is_stopped_and_resumed(rest: Rest, services: Services) -> None:
    contact, _ = _claimed(rest, services, fresh_number())

    stopped = [rest.post("/v1/dialing/stop") for _ in range(2)]
    resumed = rest.post("/v1/dialing/resume")

    assert [(answer.json["status"], answer.json["in_flight"]) for answer in stopped] == [("stopped", 0)] * 2
    assert (resumed.json["status"], resumed.json["in_flight"]) == ("running", None)
    assert rest.get(f"/v1/contacts/{contact}").json["status"] == "waiting"


def test_a_suppression_is_shown_by_its_id_also_once_it_is_lifted(rest: Rest) -> None:
    made = rest.post("/v1/suppressions", {"phone": fresh_number(), "reason": "asked us", "by": "Ada"}).json
    path = f"/v1/suppressions/{made['id']}"

    shown = rest.get(path).json
    rest.delete(f"{path}?because=a%20mistake")
    lifted = rest.get(path).json

    assert shown == {name: value for name, value in made.items() if name != "change"}
    assert (lifted["status"], lifted["because"], lifted["history"]) == ("lifted", "a mistake", shown["history"])
    assert rest.get(f"/v1/suppressions/{made['id'][:-1]}{'0' if made['id'][-1] != '0' else '1'}").status_code == 404
