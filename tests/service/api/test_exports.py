"""Exports of results and calls: the columns and zone that are asked for, in every format, for any spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import Any
from zipfile import ZipFile

import orjson
import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from orchestrator.clock import utc_now
from orchestrator.contact_files.table_shape import TableShape
from orchestrator.errors import InvalidInput
from orchestrator.operations.calls.export_calls import export_calls
from orchestrator.operations.campaigns.export_results import export_results
from orchestrator.services import Services
from tests.support.recorded import recorded
from tests.support.rest import Rest, pointers
from tests.support.run_operation import run_operation

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TALKED = (
    "UPDATE calls SET dialed_at = '2026-03-02T15:04:01Z', answered_at = '2026-03-02T15:04:09.5Z',"
    " ended_at = '2026-03-02T15:05:00Z', hangup_cause = 'normal_clearing', sip_hangup_cause = '200',"
    " answers = '{\"confirmed\": true}'"
)


def _weekday_off() -> str:
    """Return a day of the week that is today nowhere on earth, nor tomorrow."""
    return ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(utc_now().weekday() + 3) % 7]


def rows_of(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.fixture
def ids(rest: Rest, services: Services) -> dict[str, str]:
    """Return a contact who was talked to, with a recording."""
    ids = recorded(rest, services)
    with services.sql.begin() as tx:
        tx.execute(text(TALKED))
        tx.execute(text("UPDATE contacts SET last_call_id = :call, status = 'completed'"), ids)
    return ids


def test_results_tell_how_long_it_rang_and_was_talked_and_what_was_recorded(rest: Rest, ids: dict[str, str]) -> None:
    address = f"/v1/campaigns/{ids['campaign']}/results"

    (row,) = rows_of(rest.get(address))
    line = orjson.loads(rest.get(f"{address}?format=jsonl").data)

    assert (row["ring_s"], row["talk_s"], row["recording_ids"]) == ("8.5", "50.5", ids["rec"])
    assert (row["hangup_cause"], row["sip_hangup_cause"], row["until"]) == ("normal_clearing", "200", "")
    assert (line["ring_s"], line["talk_s"], line["recording_ids"]) == (8.5, 50.5, [ids["rec"]])


@pytest.mark.parametrize("status", ["draft", "running"])
def test_results_say_of_each_contact_what_the_api_says_of_it(rest: Rest, services: Services, status: str) -> None:
    never = {"windows": [{"days": [_weekday_off()], "start": "10:00", "end": "11:00"}]}
    campaign = rest.campaign(calling_hours=never)["id"]
    for phone, zone in (("+12025550123", "America/New_York"), ("+12025550124", "Asia/Tokyo"), ("+12025550125", None)):
        rest.contacts(campaign, phone, timezone=zone)
    rest.contacts(campaign, "+12025550126", not_before="2036-03-01T09:00:00-05:00")
    [over] = rest.contacts(campaign, "+12025550127")
    rest.patch(f"/v1/contacts/{over}", {"status": "canceled"})
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE campaigns SET status = :status WHERE id = :id"), {"status": status, "id": campaign})

    rows = rows_of(rest.get(f"/v1/campaigns/{campaign}/results"))

    shown = rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]
    assert [(row["phone"], row["status"], row["reason"], row["until"]) for row in rows] == [
        tuple(contact[name] or "" for name in ("phone", "status", "reason", "until")) for contact in reversed(shown)
    ]
    assert [row["reason"] for row in rows] == [*["outside_hours"] * 3, "not_yet", "by_request"]


def test_results_say_that_all_dialing_is_stopped(rest: Rest, services: Services) -> None:
    campaign = rest.campaign(calling_hours={"always": True, "because": "a test"})["id"]
    rest.contacts(campaign, "+12025550123")
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE campaigns SET status = 'running' WHERE id = :id"), {"id": campaign})
    assert rest.post("/v1/dialing/stop", {"reason": "a test"}).status_code == 200

    (row,) = rows_of(rest.get(f"/v1/campaigns/{campaign}/results?columns=status,reason,until"))

    assert row == {"status": "waiting", "reason": "dialing_stopped", "until": ""}


def test_who_waits_says_until_when(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, "+12025550123", not_before="2036-03-01T09:00:00-05:00")

    (row,) = rows_of(rest.get(f"/v1/campaigns/{campaign}/results?columns=until,status"))

    assert row == {"until": "2036-03-01T14:00:00.000Z", "status": "held"}


def test_columns_are_written_as_asked_and_an_unknown_one_is_named(rest: Rest, ids: dict[str, str]) -> None:
    address = f"/v1/campaigns/{ids['campaign']}/results"

    answer = rest.get(f"{address}?columns=first_name,%20phone,contact_id")
    unknown = rest.get(f"{address}?columns=phone,fist_name,nme")

    assert answer.text.splitlines()[0] == "first_name,phone,contact_id"
    assert rows_of(answer)[0]["contact_id"] == ids["contact"]
    assert [error["code"] for error in unknown.json["errors"]] == ["unknown_column"] * 2
    assert "'fist_name'" in unknown.text and "'nme'" in unknown.text and "first_name" in unknown.text
    assert pointers(rest.get(f"{address}?columns=phone,phone")) == {"?columns": "columns"}
    assert pointers(rest.get(f"{address}?columns=")) == {"?columns": "columns"}
    assert pointers(rest.get("/v1/calls/export?columns=nme")) == {"?columns": "unknown_column"}


def test_times_are_those_of_the_zone_that_is_asked_for(rest: Rest, ids: dict[str, str]) -> None:
    address = f"/v1/campaigns/{ids['campaign']}/results?columns=answered_at"

    (row,) = rows_of(rest.get(f"{address}&tz=America/Chicago"))

    assert row == {"answered_at": "2026-03-02T09:04:09.500-06:00"}
    assert rows_of(rest.get(address)) == [{"answered_at": "2026-03-02T15:04:09.500Z"}]
    assert pointers(rest.get(f"{address}&tz=EST")) == {"?tz": "unknown_zone"}


@pytest.mark.parametrize("written", ["csv", "excel", "jsonl", "xlsx"])
def test_a_time_that_a_clock_has_no_year_for_does_not_break_an_export_off(rest: Rest, written: str) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, "+12125550123", not_before="9999-12-31T23:59:59Z")
    rest.contacts(campaign, "+12125550124", not_before="0001-01-01T00:00:00Z", not_after="9999-12-31T23:59:59Z")
    rest.contacts(campaign, "+12125550125", not_before="1753-01-01T00:00:00Z")

    for zone in ("Asia/Tokyo", "America/Chicago"):
        answer = rest.get(f"/v1/campaigns/{campaign}/results?format={written}&tz={zone}")
        again = rest.request("POST", f"/v1/campaigns/{rest.campaign()['id']}/imports", **_file(written, answer.data))
        assert written == "jsonl" or (again.json or {})["accepted"] == 3, again.text


def _file(written: str, data: bytes) -> dict[str, Any]:
    return {"data": data, "content_type": XLSX if written == "xlsx" else "text/csv"}


def test_calls_are_exported_with_the_filters_of_their_list(rest: Rest, services: Services, ids: dict[str, str]) -> None:
    other = recorded(rest, services)

    both = rows_of(rest.get("/v1/calls/export"))
    (row,) = rows_of(rest.get(f"/v1/calls/export?campaign_id={ids['campaign']}"))

    assert [row["call_id"] for row in both] == [other["call"], ids["call"]]
    shown = rest.get(f"/v1/calls/{ids['call']}").json
    same = ("campaign_id", "contact_id", "to", "from", "status", "answered_at", "hangup_cause", "sip_hangup_cause")
    assert {name: row[name] for name in same} == {name: shown[name] for name in same}
    assert (row["ring_s"], row["talk_s"], row["recording_ids"]) == ("8.5", "50.5", ids["rec"])
    assert orjson.loads(row["answers"]) == {"confirmed": True}
    assert rows_of(rest.get("/v1/calls/export?status=withdrawn")) == []
    assert pointers(rest.get("/v1/calls/export?to=nobody")).keys() == {"?to"}
    assert pointers(rest.get("/v1/calls/export?limit=5")) == {"?limit": "unknown_field"}


def test_calls_are_exported_beyond_the_first_batch_each_once(rest: Rest, services: Services) -> None:
    ids = recorded(rest, services)
    with services.sql.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, state,"
                " command_id, ring_limit_s, talk_limit_s, ended_at)"
                " SELECT 'call_' || lpad(n::text, 8, '0'), campaign_id, contact_id, connection_id, to_number,"
                " from_number, n, 'ended', 'c' || n, 30, 600, now() FROM calls, generate_series(2, 1400) n"
            )
        )

    exported = [row["call_id"] for row in rows_of(rest.get("/v1/calls/export?columns=call_id"))]

    assert len(exported) == len(set(exported)) == 1_400 and exported == sorted(exported, reverse=True)
    assert ids["call"] in exported


def sheet_of(answer: TestResponse) -> str:
    assert (answer.status_code, answer.mimetype) == (200, XLSX), answer.text[:300]
    return ZipFile(io.BytesIO(answer.data)).read("xl/worksheets/sheet1.xml").decode()


def test_a_workbook_has_texts_as_texts_numbers_as_numbers_and_times_of_the_zone(
    rest: Rest, services: Services, ids: dict[str, str]
) -> None:
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE contacts SET external_id = '=1+1', variables = '{\"first_name\": \" <Zoë>\"}'"))

    columns = "phone,external_id,first_name,talk_s,answered_at,recording_ids,outcome"
    address = f"/v1/campaigns/{ids['campaign']}/results?format=xlsx&tz=America/Chicago&columns={columns}"
    answer = rest.get(address)
    header, row = sheet_of(answer).partition("<sheetData>")[2].split("</row>")[:2]

    assert 'filename="' + ids["campaign"] + '-results.xlsx"' in answer.headers["Content-Disposition"]
    assert header.count("<c ") == 7
    assert '<c t="inlineStr" s="1"><is><t>=1+1</t></is></c>' in row
    assert '<t xml:space="preserve"> &lt;Zoë&gt;</t>' in row
    assert "<c><v>50.5</v></c>" in row and row.endswith("<c/>")
    assert f"<t>{ids['rec']}</t>" in row
    assert '<c s="2"><v>46083.37788773</v></c>' in row  # 2026-03-02 09:04:09.5


def test_more_rows_than_a_sheet_holds_are_refused_before_the_first_byte(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, "+12025550123", "+12025550124")
    recorded(rest, services)

    def refusal(export: Any, asked: Any, most_rows: int) -> str | None:
        try:
            run_operation(export, asked, services=services, shape=TableShape(is_workbook=True, most_rows=most_rows))
        except InvalidInput as err:
            return str(err.errors[0]["code"])
        return None

    assert (refusal(export_results, campaign, 1), refusal(export_results, campaign, 2)) == ("too_many_rows", None)
    assert (refusal(export_calls, {}, 0), refusal(export_calls, {}, 1)) == ("too_many_rows", None)
    assert refusal(export_calls, {"external_id": "nobody's"}, 0) is None
    assert TableShape().most_rows == 1_048_575
