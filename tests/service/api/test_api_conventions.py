"""What holds at every address: keys, problems, pages, times."""

from __future__ import annotations

import re

import pytest

from api.app import ROUTES
from api.http.pagination import PageQuery, encode_cursor
from tests.support.rest import KEY, Rest, fresh_number, pointers


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer wrong", f"Basic {KEY}", KEY, f"Bearer {KEY}x", "Bearer é"]
)
def test_a_request_without_the_key_is_refused(rest: Rest, authorization: str) -> None:
    refused = rest.get("/v1/campaigns", headers={"Authorization": authorization})

    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert refused.json["code"] == "unauthorized"
    assert "missing or wrong" in refused.json["detail"]


def test_an_unknown_address_under_v1_is_no_news_for_strangers(rest: Rest) -> None:
    refused = rest.get("/v1/nowhere", headers={"Authorization": ""})

    assert refused.status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/v1/nowhere",
        "/v1/campaigns/cmp_1",
        "/v1/campaigns/con_01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "/v1/campaigns/cmp_01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "/v1/campaigns/cmp_01arz3ndektsv4rrffq69g5fav",
        "/v1/campaigns/%00",
        "/v1/contacts/con_01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "/v1/contacts/con_01ARZ3NDEKTSV4RRFFQ69G5FAV/lifted-holds",
        "/v1/calls/call_01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "/v1/flows/flow_01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "/v1/imports/imp_01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "/v1/imports/imp_01ARZ3NDEKTSV4RRFFQ69G5FAV/rejects.csv",
        "/v1/campaigns/cmp_01ARZ3NDEKTSV4RRFFQ69G5FAV/stats",
        "/v1/campaigns/cmp_01ARZ3NDEKTSV4RRFFQ69G5FAV/results",
        "/v1/connections/other",
    ],
)
def test_what_is_not_there_is_a_404_with_a_problem(rest: Rest, path: str) -> None:
    missing = rest.get(path)

    assert missing.status_code == 404
    assert missing.content_type == "application/problem+json"
    assert missing.json["status"] == 404 and missing.json["code"] == "not_found"


def test_an_id_of_another_kind_says_which_prefix_is_meant(rest: Rest) -> None:
    missing = rest.get("/v1/campaigns/con_01ARZ3NDEKTSV4RRFFQ69G5FAV")

    assert "cmp_" in missing.json["detail"]


def test_a_wrong_method_says_which_are_allowed(rest: Rest) -> None:
    refused = rest.request("PUT", "/v1/campaigns")

    assert refused.status_code == 405
    assert "POST" in refused.headers["Allow"]
    assert refused.json["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/flows/check", "POST"),
        ("GET", "/v1/calls/call_01ARZ3NDEKTSV4RRFFQ69G5FAV/media/play", "POST"),
        ("POST", "/v1/calls/call_01ARZ3NDEKTSV4RRFFQ69G5FAV", "GET, HEAD"),
        ("OPTIONS", "/v1/campaigns", "GET, HEAD, POST"),
        ("TRACE", "/v1/campaigns", "GET, HEAD, POST"),
        ("BREW", "/v1/dialing/stop", "POST"),
        ("GET", "/webhooks/telnyx", "POST"),
        ("POST", "/healthz", "GET, HEAD"),
    ],
)
def test_a_known_address_is_never_unknown_to_a_method(rest: Rest, method: str, path: str, allowed: str) -> None:
    refused = rest.request(method, path)

    assert (refused.status_code, refused.headers["Allow"]) == (405, allowed)
    assert refused.content_type == "application/problem+json"
    assert refused.json["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b'{"name": "\xff"}', b"NaN", b'{"a": 1,}', b"[" * 2000, b'{"name": "\\ud800"}', b"null x"],
)
def test_what_is_no_json_is_malformed(rest: Rest, body: bytes) -> None:
    refused = rest.request("POST", "/v1/campaigns", data=body, content_type="application/json")

    assert refused.status_code == 400, refused.text
    assert refused.json["code"] in ("malformed_json", "too_deep")


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"7", b"true"])
def test_json_that_is_no_object_is_invalid(rest: Rest, body: bytes) -> None:
    refused = rest.request("POST", "/v1/campaigns", data=body, content_type="application/json")

    assert list(pointers(refused)) == [""]


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/xml", "application/x-www-form-urlencoded"])
def test_another_media_type_is_refused(rest: Rest, content_type: str) -> None:
    refused = rest.request("POST", "/v1/campaigns", data=b"{}", content_type=content_type)

    assert refused.status_code == 415
    assert "application/json" in refused.json["detail"]


def test_a_body_over_the_limit_is_refused(rest: Rest) -> None:
    refused = rest.request("POST", "/v1/campaigns", data=b" " * 1_100_000, content_type="application/json")

    assert refused.status_code == 413
    assert refused.content_type == "application/problem+json"


def test_every_wrong_field_is_named_at_once(rest: Rest) -> None:
    refused = rest.post("/v1/campaigns", {"nmae": "x", "caller_ids": ["12"], "keep_open": "yes", "number_gap": 7})

    assert pointers(refused) == {
        "/nmae": "unknown_field",
        "/name": "required",
        "/flow": "required",
        "/caller_ids/0": "caller_id",
        "/keep_open": "bool_type",
        "/number_gap": "duration",
    }


def test_a_null_character_is_refused_where_it_stands(rest: Rest) -> None:
    refused = rest.request(
        "POST",
        "/v1/suppressions",
        data=b'{"phone": "+12125550123", "reason": "a\\u0000b"}',
        content_type="application/json",
    )

    assert pointers(refused) == {"/reason": "nul"}


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "?limit"),
        ("limit=501", "?limit"),
        ("limit=ten", "?limit"),
        ("limit=", "?limit"),
        ("limit=1&limit=2", "?limit"),
        ("cursor=!", "?cursor"),
        ("cursor=AAAA", "?cursor"),
        ("cursor=", "?cursor"),
        ("nothing=1", "?nothing"),
        ("status=asleep", "?status"),
        ("name=a%00b", "?name"),
    ],
)
def test_a_wrong_query_names_its_parameter(rest: Rest, query: str, pointer: str) -> None:
    refused = rest.get(f"/v1/campaigns?{query}")

    assert pointer in pointers(refused)


def test_an_address_without_parameters_takes_none(rest: Rest) -> None:
    campaign = rest.campaign()["id"]

    assert list(pointers(rest.get(f"/v1/campaigns/{campaign}?verbose=1"))) == ["?verbose"]
    assert rest.get("/openapi.json?v=1").status_code == 200


def test_pages_follow_each_other_without_gap_or_repeat(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    added = rest.contacts(campaign, *(fresh_number() for _ in range(7)))
    seen: list[str] = []

    cursor = ""
    while True:
        page = rest.get(f"/v1/contacts?campaign_id={campaign}&limit=3{cursor}").json
        seen += [contact["id"] for contact in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert seen == sorted(added, reverse=True)


def test_a_cursor_of_another_list_is_refused_by_every_list(rest: Rest) -> None:
    ids = {"campaign_id": rest.campaign()["id"], "contact_id": f"con_{'0' * 26}", "list_id": f"lst_{'0' * 26}"}
    ids["endpoint_id"] = f"whe_{'0' * 26}"
    lists = [route for route in ROUTES if route.query and issubclass(route.query, PageQuery)]

    answers = {
        f"{route.path} {foreign}": rest.get(
            route.path.format(**ids), query_string={"phone": "+12125550123", "cursor": encode_cursor(foreign)}
        )
        for route in lists
        for foreign in ("job_1", "9" * 20 + "_1")
    }

    assert len(answers) > 40
    assert {path: list(pointers(answer)) for path, answer in answers.items() if "?cursor" not in pointers(answer)} == {}


def test_times_are_rfc_3339_with_milliseconds(rest: Rest) -> None:
    campaign = rest.campaign(starts_at="2031-03-01T09:00:00.123456-05:00")

    assert campaign["starts_at"] == "2031-03-01T14:00:00.123Z"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", campaign["created_at"])


@pytest.mark.parametrize("said", ["spring reminders", "cmp_spring", "", "rec_01ARZ3NDEKTSV4RRFFQ69G5FAV"])
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/contacts", "campaign_id"),
        ("/v1/calls", "campaign_id"),
        ("/v1/calls", "contact_id"),
        ("/v1/calls/export", "contact_id"),
        ("/v1/recordings", "campaign_id"),
        ("/v1/recordings", "call_id"),
    ],
)
def test_a_filter_by_what_is_no_id_is_refused(rest: Rest, path: str, name: str, said: str) -> None:
    assert pointers(rest.get(path, query_string={name: said})) == {f"?{name}": "not_an_id"}


def test_a_change_of_many_names_its_campaign_by_the_id(rest: Rest) -> None:
    asked = {"filter": {"campaign_id": "spring reminders"}, "action": "suppress"}

    assert pointers(rest.post("/v1/contacts/bulk", asked)) == {"/filter/campaign_id": "not_an_id"}
