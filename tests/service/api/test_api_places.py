"""Where a contact is: the source of its time zone and its region, in requests, files, exports and single calls."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.policy.zones.zones_version import zones_version
from orchestrator.services import Services
from tests.support.rest import Rest, fresh_number, pointers

ANN = {"first_name": "Ann"}
WRONG = [
    ("timezone_source", "post", "timezone_source"),
    ("timezone_source", 5, "not_text"),
    ("timezone_source", ["crm"], "not_text"),
    ("region", "Florida", "unknown_region"),
    ("region", "US", "unknown_region"),
    ("region", 12, "not_text"),
]
WITH_REGION = """
name: with-region
inputs: {first_name: {}, region: {}}
start: bye
steps: {bye: {hangup: {}}}
"""


def _contact(rest: Rest, campaign: str, **fields: Any) -> dict[str, Any]:
    (contact,) = rest.contacts(campaign, fresh_number(), **fields)
    return dict(rest.get(f"/v1/contacts/{contact}").json or {})


def _place(contact: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    return contact["timezone"], contact["timezone_source"], contact["region"]


def test_a_contact_shows_its_source_and_region_and_the_crm_where_nothing_was_said(rest: Rest) -> None:
    campaign = rest.campaign()["id"]

    said = _contact(rest, campaign, timezone="America/Denver", timezone_source="Said", region="us-co")
    silent = _contact(rest, campaign)

    assert _place(said) == ("America/Denver", "said", "US-CO")
    assert _place(silent) == (None, "crm", None)


@pytest.mark.parametrize(("field", "value", "code"), WRONG)
def test_a_contact_with_a_wrong_source_or_region_is_refused_by_field(
    rest: Rest, field: str, value: Any, code: str
) -> None:
    campaign = rest.campaign()["id"]
    documents = [{"phone": fresh_number(), "variables": ANN, field: value}]

    (result,) = rest.post(f"/v1/campaigns/{campaign}/contacts", {"contacts": documents}).json["results"]

    assert (result["status"], result["error"]["pointer"], result["error"]["code"]) == (
        "invalid",
        f"/contacts/0/{field}",
        code,
    )


def test_a_change_says_the_source_and_the_region_and_takes_them_away(rest: Rest) -> None:
    contact = _contact(rest, rest.campaign()["id"], timezone="America/Denver")
    path = f"/v1/contacts/{contact['id']}"

    assert _place(rest.patch(path, {"timezone_source": "address", "region": "us-co"}).json) == (
        "America/Denver",
        "address",
        "US-CO",
    )
    assert _place(rest.patch(path, {"variables": {"language": "es"}}).json) == ("America/Denver", "address", "US-CO")
    assert _place(rest.patch(path, {"timezone_source": None, "region": None}).json) == ("America/Denver", "crm", None)


def test_another_timezone_is_not_taken_for_the_address_of_the_one_before(rest: Rest) -> None:
    given = {"timezone": "America/Denver", "timezone_source": "address"}
    contact = _contact(rest, rest.campaign()["id"], **given)
    path = f"/v1/contacts/{contact['id']}"

    assert _place(rest.patch(path, {"timezone": "America/Denver"}).json)[1] == "address"
    assert _place(rest.patch(path, {"timezone": "America/Chicago"}).json)[1] == "crm"
    assert _place(rest.patch(path, {"timezone": "America/Denver", "timezone_source": "said"}).json)[1] == "said"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"timezone_source": "post"}, "enum"),
        ({"timezone_source": 5}, "enum"),
        ({"region": "Florida"}, "unknown_region"),
        ({"region": "US"}, "unknown_region"),
        ({"region": 5}, "unknown_region"),
    ],
)
def test_a_wrong_change_of_the_place_is_refused(rest: Rest, change: dict[str, Any], code: str) -> None:
    contact = _contact(rest, rest.campaign()["id"])

    assert pointers(rest.patch(f"/v1/contacts/{contact['id']}", change)) == {f"/{next(iter(change))}": code}


@pytest.mark.parametrize("reason", ["zone_unknown", "outside_hours", "law_hours", "law_holiday"])
@pytest.mark.parametrize(
    "change", [{"region": "US-TX"}, {"timezone_source": "address"}, {"timezone": "America/Chicago"}]
)
def test_a_contact_that_is_held_for_its_place_is_looked_at_again_when_the_place_changes(
    rest: Rest, services: Services, reason: str, change: dict[str, Any]
) -> None:
    contact = _contact(rest, rest.campaign()["id"], timezone="America/Denver", region="US-CO")
    with services.sql.begin() as tx:
        tx.execute(text(f"UPDATE contacts SET status = 'held', reason = '{reason}', due_at = NULL"))

    path = f"/v1/contacts/{contact['id']}"
    assert rest.patch(path, {"region": "US-CO", "timezone": "America/Denver"}).json["status"] == "held"
    assert rest.patch(path, change).json["status"] == "waiting"


def test_a_contact_that_is_held_for_something_else_stays_held(rest: Rest, services: Services) -> None:
    contact = _contact(rest, rest.campaign()["id"], timezone="America/Denver")
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE contacts SET status = 'held', reason = 'unknown_attempt', due_at = NULL"))

    assert rest.patch(f"/v1/contacts/{contact['id']}", {"region": "US-TX"}).json["status"] == "held"


def _rows(answered: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answered)))


def _stored(rest: Rest, campaign: str) -> list[tuple[Any, ...]]:
    found = rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]
    return sorted((c["phone"], *_place(c), c["variables"].get("region")) for c in found)


@pytest.mark.parametrize(
    "header", ["Timezone Source,Region", "timezone_source,contact_region", "TimezoneSource,REGION"]
)
def test_columns_of_a_file_give_the_place_and_empty_cells_nothing(rest: Rest, header: str) -> None:
    campaign = rest.campaign()["id"]
    file = f"phone,first_name,Time Zone,{header}\n+12125550123,Ann,America/Chicago,ADDRESS,us-il\n+12125550124,Bob,,,\n"

    done = rest.upload(campaign, file).json

    assert (done["accepted"], done["invalid"]) == (2, 0), done
    assert _stored(rest, campaign) == [
        ("+12125550123", "America/Chicago", "address", "US-IL", None),
        ("+12125550124", None, "crm", None, None),
    ]


def test_rows_with_a_wrong_source_or_region_are_counted_by_kind(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    file = "phone,first_name,timezone_source,region\n+12125550123,Ann,post,\n+12125550124,Bob,,West\n"

    done = rest.upload(campaign, file).json

    kinds = [(kind["code"], kind["field"]) for kind in done["problems"]]
    assert (done["accepted"], sorted(kinds)) == (
        0,
        [("timezone_source", "timezone_source"), ("unknown_region", "region")],
    )


def test_an_input_of_the_flow_named_region_stays_the_flows(rest: Rest) -> None:
    flow = rest.request("POST", "/v1/flows", data=WITH_REGION, content_type="application/yaml").json["id"]
    campaign = rest.campaign(flow=flow)["id"]
    file = "phone,first_name,Region,contact region\n+12125550123,Ann,West,US-IL\n"

    assert rest.upload(campaign, file).json["accepted"] == 1
    assert _stored(rest, campaign) == [("+12125550123", None, "crm", "US-IL", "West")]


@pytest.mark.parametrize("format_", ["csv", "excel"])
@pytest.mark.parametrize("is_input", [True, False])
def test_results_bring_the_place_back_as_it_was_given_beside_a_variable_named_region(
    rest: Rest, format_: str, is_input: bool
) -> None:
    flow = rest.request("POST", "/v1/flows", data=WITH_REGION, content_type="application/yaml").json["id"]
    first, second = (rest.campaign(**({"flow": flow} if is_input else {}))["id"] for _ in range(2))
    rest.contacts(
        first, "+12125550123", variables={**ANN, "region": "West"}, region="US-IL", timezone="America/Chicago"
    )
    given = {"timezone": "America/Denver", "timezone_source": "said"}
    rest.contacts(first, "+12125550124", variables={**ANN, "region": "East"}, **given)

    exported = rest.get(f"/v1/campaigns/{first}/results?format={format_}")
    if format_ == "csv":
        assert [(row["timezone_source"], row["region"], row["variable_region"]) for row in _rows(exported.text)] == [
            ("", "US-IL", "West"),
            ("said", "", "East"),
        ]
    done = rest.upload(second, exported.data).json

    assert (done["accepted"], done["invalid"]) == (2, 0), done
    assert _stored(rest, second) == _stored(rest, first)


def test_results_of_the_version_before_may_have_a_variable_named_region(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    old = (
        "contact_id,phone,external_id,status,reason,attempts,disposition,outcome,last_call_id,from,timezone,first_name,"
        "region\r\ncon_1,+12125550123,,exhausted,,1,busy,,call_1,+13125550100,America/Chicago,Ann,West\r\n"
    )

    assert rest.upload(campaign, old).json["accepted"] == 1
    assert _stored(rest, campaign) == [("+12125550123", "America/Chicago", "crm", None, "West")]


def test_rejects_bring_the_place_back(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    file = "phone,first_name,timezone,timezone_source,Region\n202-555-012,Ann,America/Chicago,said,us-il\n"
    refused = rest.upload(campaign, file, "?region=US").json

    rejects = rest.get(f"/v1/imports/{refused['id']}/rejects.csv").text.replace("202-555-012,", "202-555-0123,")
    done = rest.upload(campaign, rejects, "?region=US").json

    assert done["accepted"] == 1, done
    assert _stored(rest, campaign) == [("+12025550123", "America/Chicago", "said", "US-IL", None)]


def _call(rest: Rest, **fields: Any) -> Any:
    return rest.post(
        "/v1/calls",
        {"to": fresh_number(), "from": "+12125550100", "ignore_hours": True, "because": "a test", **fields},
        headers={"Idempotency-Key": fresh_number()},
    )


def test_a_single_call_says_where_its_person_is(rest: Rest) -> None:
    placed = _call(rest, timezone="america/denver", timezone_source="address", region="us-co").json

    assert _place(rest.get(f"/v1/contacts/{placed['contact_id']}").json) == ("America/Denver", "address", "US-CO")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("timezone", "EST", "unknown_zone"),
        ("timezone_source", "post", "enum"),
        ("timezone_source", 5, "enum"),
        ("region", "Florida", "unknown_region"),
        ("region", 5, "unknown_region"),
    ],
)
def test_a_single_call_with_a_wrong_place_is_refused(rest: Rest, field: str, value: Any, code: str) -> None:
    assert pointers(_call(rest, **{field: value})) == {f"/{field}": code}


def test_every_way_in_says_by_what_data_the_zone_was_derived(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    posted = _contact(rest, campaign)["id"]
    assert rest.upload(campaign, "phone,first_name\n+12125550123,Ann\n").json["accepted"] == 1
    _call(rest)

    versions = text("SELECT DISTINCT zones_version FROM contacts")
    with services.sql.begin() as tx:
        told = tx.execute(versions).scalars().all()
        tx.execute(text("UPDATE contacts SET zones_version = NULL"))
    rest.patch(f"/v1/contacts/{posted}", {"timezone": "America/Denver"})
    with services.sql.connect() as tx:
        changed = tx.execute(text("SELECT zones_version FROM contacts WHERE id = :id"), {"id": posted}).scalar_one()

    assert told == [zones_version().name]
    assert changed == zones_version().name
