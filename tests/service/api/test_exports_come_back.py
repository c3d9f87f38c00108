"""What we export is a file of contacts again, over REST: rejects once mended, and results that are called again."""

from __future__ import annotations

import csv
import io

import orjson
import pytest
from sqlalchemy import text

from orchestrator.services import Services
from tests.support.rest import Rest

NAMES = {"+12025550123": "@Ann", "+12025550134": "=Bob", "+12025550145": "-"}


def _rows(answered: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answered)))


def _variables(rest: Rest, campaign: str) -> dict[str, dict[str, object]]:
    found = rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]
    return {contact["phone"]: contact["variables"] for contact in found}


def test_rejects_once_mended_bring_no_apostrophe_that_would_be_spoken(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    mended = (
        "row,status,code,detail,phone,first_name,balance\r\n"
        "2,invalid,impossible,phone: '202-555-0123' has the wrong number of digits,202-555-0123,'@Ann,'-$5.00\r\n"
        "3,invalid,impossible,phone: '202-555-013' has the wrong number of digits,202-555-0134,'=Bob,'+1 day\r\n"
        "4,invalid,impossible,phone: '202-555-014' has the wrong number of digits,202-555-0145,'-,'- 3 degrees\r\n"
    )

    done = rest.upload(campaign, mended, "?region=US").json

    assert done["accepted"] == 3, done
    assert _variables(rest, campaign) == {
        "+12025550123": {"first_name": "@Ann", "balance": "-$5.00"},
        "+12025550134": {"first_name": "=Bob", "balance": "+1 day"},
        "+12025550145": {"first_name": "-", "balance": "- 3 degrees"},
    }


@pytest.mark.parametrize("format_", ["csv", "excel"])
def test_columns_of_a_file_that_are_named_like_ours_come_back_under_their_own_names(rest: Rest, format_: str) -> None:
    campaign = rest.campaign()["id"]
    file = "phone,first_name,balance,status,code\n202-555-012,Ann,-$5,VIP,'=A7\n"
    refused = rest.upload(campaign, file, "?region=US").json

    rejects = rest.get(f"/v1/imports/{refused['id']}/rejects.csv?format={format_}")
    encoding = "utf-16" if format_ == "excel" else "utf-8"
    mended = rejects.data.decode(encoding).replace("202-555-012", "202-555-0123").encode(encoding)
    done = rest.upload(campaign, mended, "?region=US").json

    assert done["accepted"] == 1, done
    given = {"first_name": "Ann", "balance": "-$5", "status": "VIP", "code": "=A7"}
    assert _variables(rest, campaign) == {"+12025550123": given}
    if format_ == "csv":
        (row,) = _rows(rejects.text)
        assert (row["status"], row["code"]) == ("invalid", "impossible")
        assert (row["variable_status"], row["variable_code"]) == ("VIP", "'=A7")


def test_those_who_were_not_reached_are_a_file_of_another_campaign_and_nobody_else_is_in_it(
    rest: Rest, services: Services
) -> None:
    first, second = rest.campaign()["id"], rest.campaign()["id"]
    given = {"first_name": "@Ann", "status": "VIP", "balance": "'-5", "n": 7}
    for number, (phone, name) in enumerate(NAMES.items()):
        variables = {**given, "first_name": name}
        rest.contacts(first, phone, variables=variables, external_id=f"00{number}", timezone="America/Chicago")
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE contacts SET status = 'exhausted' WHERE phone <> '+12025550134'"))
        tx.execute(text("UPDATE contacts SET answers = '{\"confirmed\": true}'"))

    header, *lines = rest.get(f"/v1/campaigns/{first}/results").text.splitlines(keepends=True)
    failed = header + "".join(line for line in lines if ",exhausted," in line)
    done = rest.upload(second, failed).json

    assert (done["accepted"], done["invalid"]) == (2, 0), done
    assert {phone: v["first_name"] for phone, v in _variables(rest, second).items()} == {
        "+12025550123": "@Ann",
        "+12025550145": "-",
    }
    found = rest.get(f"/v1/contacts?campaign_id={second}").json["data"]
    assert {contact["variables"]["status"] for contact in found} == {"VIP"}
    assert all(contact["variables"].keys() == given.keys() for contact in found)
    assert {contact["variables"]["balance"] for contact in found} == {"'-5"}
    assert {(contact["external_id"], contact["timezone"]) for contact in found} == {
        ("000", "America/Chicago"),
        ("002", "America/Chicago"),
    }


def test_results_of_the_version_before_are_taken_as_far_as_they_go(rest: Rest) -> None:
    stored = rest.request(
        "POST", "/v1/flows", data="name: p\nstart: b\nsteps: {b: {hangup: {}}}\n", content_type="application/yaml"
    )
    campaign, asking = rest.campaign(flow=stored.json["id"])["id"], rest.campaign()["id"]
    old = (
        "contact_id,phone,external_id,status,reason,attempts,disposition,outcome,last_call_id,from,dialed_at,answered_at,"
        "ended_at,answer_confirmed\r\n"
        "con_01M8HCJ1FGFBZ62WSKH7Y0BE5T,+13065550140,,exhausted,attempts_spent,1,busy,,call_01M8HCJ1QM7GE41623JYA91YKA,"
        "+13125550100,2026-11-28T15:32:09.804Z,,2026-11-28T15:32:10.192Z,false\r\n"
    )

    taken, lacking = rest.upload(campaign, old).json, rest.upload(asking, old).json

    assert _variables(rest, campaign) == {"+13065550140": {}} and taken["accepted"] == 1
    assert [kind["field"] for kind in lacking["problems"]] == ["variables/first_name"]


def test_results_carry_what_belongs_to_the_contact_in_both_formats(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, "+12025550123", variables={"first_name": "Zoë", "status": "VIP", "n": 7})

    (row,) = _rows(rest.get(f"/v1/campaigns/{campaign}/results").text)
    line = orjson.loads(rest.get(f"/v1/campaigns/{campaign}/results?format=jsonl").data)

    assert (row["status"], row["variable_status"], row["first_name"], row["n"]) == ("waiting", "VIP", "Zoë", "7")
    assert (line["status"], line["variable_status"], line["first_name"], line["n"]) == ("waiting", "VIP", "Zoë", 7)


def test_results_for_excel_keep_plus_digits_and_umlauts(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    for number, ident in enumerate(["007", "0012345678901234567", "1E5", "@x"]):
        rest.contacts(campaign, f"+1218555011{number}", external_id=ident, variables={"first_name": "Zoë"})

    answered = rest.get(f"/v1/campaigns/{campaign}/results?format=excel")
    rows = list(csv.DictReader(io.StringIO(answered.data.decode("utf-16")), delimiter="\t"))

    assert answered.mimetype == "text/csv" and answered.data.startswith(b"\xff\xfe")
    assert [row["external_id"] for row in rows] == ['="007"', '="0012345678901234567"', '="1E5"', '="@x"']
    assert (rows[0]["phone"], rows[0]["first_name"], rows[0]["attempts"]) == ('="+12185550110"', "Zoë", "0")


GIVEN = ("external_id", "timezone", "timezone_source", "region", "not_before", "not_after", "priority", "variables")


@pytest.mark.parametrize("asked", ["", "?tz=Asia/Kolkata", "?format=excel", "?format=xlsx&tz=America/Chicago"])
def test_what_was_given_for_a_contact_comes_back_as_it_was(rest: Rest, asked: str) -> None:
    first, second = rest.campaign()["id"], rest.campaign()["id"]
    given = {"first_name": "Zoë", "priority": "high"}
    times = {"not_before": "2036-03-01T09:00:00-05:00", "not_after": "2036-03-02T17:30:00-05:00"}
    place = {"timezone": "America/Chicago", "timezone_source": "said", "region": "US-IL"}
    rest.contacts(first, "+12025550123", external_id="007", variables=given, priority=-7, **times, **place)
    rest.contacts(first, "+12025550124", variables={"first_name": "Ann"})

    done = rest.upload(second, rest.get(f"/v1/campaigns/{first}/results{asked}").data).json

    found = [rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"] for campaign in (first, second)]
    before, after = ([{name: contact[name] for name in GIVEN} for contact in contacts] for contacts in found)
    assert (done["accepted"], done["invalid"]) == (2, 0), done
    assert after == before
    assert (after[1]["priority"], after[1]["not_after"]) == (-7, "2036-03-02T22:30:00.000Z")


def test_a_column_of_the_priority_says_who_is_dialed_first_unless_it_is_an_input_of_the_flow(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    file = "phone,first_name,Priority\n+12025550123,Ann,12\n+12025550124,Bob,\n+12025550125,Cid,high\n"

    done = rest.upload(campaign, file).json
    mended = rest.get(f"/v1/imports/{done['id']}/rejects.csv").text.replace(",high", ",+3")
    rest.upload(campaign, mended)

    assert [(kind["code"], kind["field"], kind["rows"]) for kind in done["problems"]] == [("priority", "priority", [4])]
    assert "map=rank:Priority" in done["problems"][0]["detail"]
    found = rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]
    assert {contact["phone"]: contact["priority"] for contact in found} == {
        "+12025550123": 12,
        "+12025550124": 0,
        "+12025550125": 3,
    }


def test_results_for_excel_are_a_file_of_contacts_too(rest: Rest) -> None:
    first, second = rest.campaign()["id"], rest.campaign()["id"]
    rest.contacts(first, "+12025550123", external_id="007", variables={"first_name": "Zoë", "pin": "0042"})

    done = rest.upload(second, rest.get(f"/v1/campaigns/{first}/results?format=excel").data).json

    (contact,) = rest.get(f"/v1/contacts?campaign_id={second}").json["data"]
    assert (done["accepted"], done["read_as"]["encoding"]) == (1, "utf-16-le")
    assert (contact["external_id"], contact["variables"]) == ("007", {"first_name": "Zoë", "pin": "0042"})


def test_a_cell_too_long_to_keep_whole_is_refused_again(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    refused = rest.upload(campaign, f"phone,first_name\n+12025550123,{'x' * 5_000}\n+12025550124,a\0b\n").json

    again = rest.upload(campaign, rest.get(f"/v1/imports/{refused['id']}/rejects.csv").data).json

    assert [kind["code"] for kind in again["problems"]] == ["too_long", "bad_character"]


def test_names_of_variables_are_found_beyond_the_first_of_many_contacts(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    with services.sql.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO contacts (id, campaign_id, phone, variables)"
                " SELECT 'con_' || lpad(n::text, 8, '0'), :c, '+1' || n,"
                " CASE WHEN n = 21000 THEN '{\"late\": 1}'::jsonb ELSE '{}' END FROM generate_series(1, 21000) n"
            ),
            {"c": campaign},
        )

    answered = rest.get(f"/v1/campaigns/{campaign}/results").text

    assert answered.splitlines()[0].endswith(",region,not_before,not_after,priority,late")
    assert answered.rstrip().endswith(",1")
