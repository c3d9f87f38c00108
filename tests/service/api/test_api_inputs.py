"""What bodies must not do: nest without end, name things unseen, run in a spreadsheet, write one id in two ways."""

from __future__ import annotations

import csv
import io
from typing import Any

import orjson
import pytest

from orchestrator.services import Services
from tests.support.rest import CALLER_ID, CONNECTION, Rest, fresh_number, pointers

_COMPOSED, _DECOMPOSED = "Zo\u00eb-1", "Zoe\u0308-1"


def _bodies(depth: int) -> dict[str, tuple[str, bytes]]:
    lists, maps = b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth
    return {
        "a campaign": ("/v1/campaigns", b'{"name":' + maps + b"}"),
        "a call": ("/v1/calls", b'{"to":' + lists + b"}"),
        "a suppression": ("/v1/suppressions", lists),
        "contacts": ("/v1/campaigns/cmp_01ARZ3NDEKTSV4RRFFQ69G5FAV/contacts", b'{"contacts":[' + maps + b"]}"),
        "a command": (
            "/v1/calls/call_01ARZ3NDEKTSV4RRFFQ69G5FAV/actions/transcription_start",
            b'{"transcription_engine_config":' + maps + b"}",
        ),
        "a flow": ("/v1/flows", maps),
        "a flow to check": ("/v1/flows/check", lists),
    }


@pytest.mark.parametrize("depth", [65, 300, 1_030, 20_000])
@pytest.mark.parametrize("what", sorted(_bodies(1)))
def test_a_body_that_is_nested_too_deep_is_refused_and_never_breaks_the_api(rest: Rest, what: str, depth: int) -> None:
    path, body = _bodies(depth)[what]

    answer = rest.request(
        "POST", path, data=body, content_type="application/json", headers={"Idempotency-Key": f"{what}"[-1:]}
    )

    if "flow" in what:
        assert answer.status_code == (422 if what == "a flow" else 200)
        assert "nested more than 40 deep" in answer.text
    else:
        assert (answer.status_code, (answer.json or {})["code"]) == (400, "too_deep")


@pytest.mark.parametrize("source", ["[" * 100_000, "{" * 100_000, "[{a: " * 20_000, "a: " + "[x, " * 20_000])
def test_a_flow_of_nothing_but_brackets_is_refused_where_it_goes_too_deep(rest: Rest, source: str) -> None:
    answer = rest.request("POST", "/v1/flows", data=source.encode(), content_type="application/yaml")

    assert answer.status_code == 422
    assert "nested more than 40 deep" in answer.text


def test_a_name_with_a_mark_that_turns_the_text_around_is_refused_with_its_field(rest: Rest) -> None:
    flow = rest.flow()["id"]
    campaign = {"name": "a\u202eb", "flow": flow, "caller_ids": [CALLER_ID]}

    refused = rest.post("/v1/campaigns", campaign)

    assert refused.status_code == 422
    assert pointers(refused) == {"/name": "bad_character"}


def test_an_id_is_found_and_known_again_however_it_is_written(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    [contact] = rest.contacts(campaign, fresh_number(), external_id=_DECOMPOSED)

    again = rest.post(
        f"/v1/campaigns/{campaign}/contacts",
        {"contacts": [{"phone": fresh_number(), "external_id": _COMPOSED, "variables": {"first_name": "Zoe"}}]},
    )
    found = [_found(rest, ident) for ident in (_COMPOSED, _DECOMPOSED)]

    assert (again.json or {})["results"][0]["status"] == "duplicate"
    assert found == [[contact], [contact]]


def test_an_id_that_an_older_release_stored_is_found_however_it_is_written(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    [contact] = rest.contacts(campaign, fresh_number())
    with services.sql.begin() as tx:
        tx.exec_driver_sql("UPDATE contacts SET external_id = %s", (_DECOMPOSED,))
        tx.exec_driver_sql(
            "INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, state,"
            " command_id, ring_limit_s, talk_limit_s) SELECT 'call_1', campaign_id, id, %s, phone, %s, 1, 'ended', 'c',"
            " 30, 60 FROM contacts",
            (CONNECTION, CALLER_ID),
        )

    assert _found(rest, _COMPOSED) == _found(rest, _DECOMPOSED) == [contact]
    called = rest.request("GET", "/v1/calls", query_string={"external_id": _COMPOSED}).json or {}
    assert [call["contact_id"] for call in called["data"]] == [contact]


def _found(rest: Rest, ident: str) -> list[str]:
    page: Any = rest.request("GET", "/v1/contacts", query_string={"external_id": ident}).json
    return [contact["id"] for contact in page["data"]]


def test_no_export_holds_a_formula_behind_another_delimiter(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, fresh_number(), external_id="a;=1+1")
    uploaded = rest.upload(campaign, f"phone,first_name\n12,x;=2+2\n{fresh_number()},Ann\n").json or {}

    (row,) = [r for r in _table(rest, f"/v1/campaigns/{campaign}/results") if r["external_id"]]
    (reject,) = _table(rest, f"/v1/imports/{uploaded['id']}/rejects.csv")

    assert row["external_id"] == "a;'=1+1"
    assert reject["first_name"] == "x;'=2+2"


def _table(rest: Rest, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(rest.get(path).text)))


def test_an_import_whose_line_has_no_end_is_refused_with_its_number_and_keeps_the_rows_before(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    good = f"phone,first_name\n{fresh_number()},Ann\n"

    uploaded = rest.upload(campaign, good + '+12025550123,"' + "x" * 1_000_000).json or {}
    headless = rest.upload(campaign, "phone," + "x" * 1_000_000)

    assert (uploaded["accepted"], uploaded["invalid"]) == (1, 1)
    assert uploaded["errors"][0]["detail"] == "line 3 is longer than 65536 bytes"
    assert headless.status_code == 422
    assert "line 1 is longer than 65536 bytes" in orjson.dumps(headless.json).decode()


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ('{"name": "one", "name": "two"}', "name"),
        ('{"variables": {"city": "Bern", "city": "Basel"}}', "city"),
        ('{"na\\u006de": "one", "name": "one"}', "name"),
    ],
)
def test_a_name_that_a_body_gives_twice_is_refused_and_no_value_is_dropped(rest: Rest, body: str, name: str) -> None:
    campaign = rest.campaign()

    answer = rest.request("PATCH", f"/v1/campaigns/{campaign['id']}", data=body, content_type="application/json")

    told = answer.json or {}
    assert (answer.status_code, told["code"]) == (400, "repeated_name") and repr(name) in told["detail"]
    assert (rest.get(f"/v1/campaigns/{campaign['id']}").json or {})["name"] == campaign["name"]


@pytest.mark.parametrize("bad", ["%ff", "M%FCller", "%ed%a0%80", "%c3"])
@pytest.mark.parametrize("name", ["external_id", "outcome", "q"])
def test_a_query_in_other_bytes_than_utf_8_is_refused_and_not_read_as_something_else(
    rest: Rest, name: str, bad: str
) -> None:
    assert pointers(rest.get(f"/v1/contacts?{name}={bad}")) == {f"?{name}": "not_utf8"}
    assert rest.get(f"/v1/contacts?{name}=M%C3%BCller").status_code == 200
