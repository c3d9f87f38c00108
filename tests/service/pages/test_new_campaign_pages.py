"""A new campaign in five steps, by forms alone; flows as they are written and drawn."""

from __future__ import annotations

import re
from base64 import b64encode
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from orchestrator.policy.roles import Role
from orchestrator.services import Services
from tests.service.pages.conftest import SignIn
from tests.support.edit_form import form_of
from tests.support.rest import AT_ANY_HOUR, CALLER_ID, FLOW, Rest, fresh_number
from tests.support.visitor import Visitor, text_of
from tests.support.workbooks import workbook

FIRST = {"name": "Reminders", "caller_ids": CALLER_ID, "flow": "", "source": "", "callee": "human", "press": ""}


def draft(admin: Visitor, rest: Rest, **said: str) -> str:
    """Make a draft by the first step, and return its id."""
    flow = rest.flow()["id"]
    answer = admin.send("/campaigns/new", {**FIRST, "flow": flow, "do": "go", **said})
    assert answer.status_code == 303, text_of(answer)
    return str(answer.headers["Location"].split("/")[2])


def look(
    admin: Visitor, campaign: str, content: bytes, name: str = "people.csv", *, at: str = "setup/file", **said: Any
) -> TestResponse:
    form = {"file": (BytesIO(content), name), "do": "preview", **said}
    answer = admin.send(f"/campaigns/{campaign}/{at}", form)
    answer.request.environ["wsgi.input"].close()  # a long body lies in a file
    return answer


def window(place: int, days: list[str], start: str, end: str) -> dict[str, Any]:
    """Return the fields of a calling window."""
    said = {"days": days, "start": start, "end": end}
    return {f"calling_hours.windows.{place}.{name}": value for name, value in said.items()}


def kept_in(answer: TestResponse) -> str:
    found = re.search(r'name="kept" value="([^"]+)"', answer.text)
    assert found
    return found[1]


def test_a_campaign_is_made_in_five_steps(admin: Visitor, rest: Rest) -> None:
    campaign = draft(admin, rest)
    assert rest.get(f"/v1/campaigns/{campaign}").json["status"] == "draft"
    phone = fresh_number()

    seen = look(admin, campaign, f"Mobile,Vorname,City\n{phone},Ann,Bonn\n{phone},Bob,Ulm\nx,Cy,Ulm\n".encode())
    said = text_of(seen)
    assert seen.status_code == 200
    assert "3 rows: 1 can be called, 1 stand in it twice, 1 cannot be used." in said and phone in said
    form = {"do": "import", "kept": kept_in(seen), "header": ["Mobile", "Vorname", "City"]}
    columns = {"fills.0": "phone", "fills.1": "first_name", "fills.2": "City"}
    imported = admin.send(f"/campaigns/{campaign}/setup/file", {**form, **columns})
    assert "One row" in text_of(admin.follow(imported))

    assert "Language" in text_of(admin.get(f"/campaigns/{campaign}/setup/values"))
    answer = admin.send(f"/campaigns/{campaign}/setup/values", {"variables.language": "de-DE"})
    assert answer.headers["Location"] == f"/campaigns/{campaign}/setup/hours"
    hours = {**window(0, ["mon", "tue"], "10:00", "18:30"), **window(1, ["sat"], "10:00", "12:00")}
    pace = {"pacing.calls_per_second": "0.5", "pacing.max_live_calls": "4", "retry.max_attempts": "2"}
    retries = {"retry.on.no_answer": "10m, 3h", "retry.on.busy": "", "retry.on_outcome.heard": "2d"}
    answer = admin.send(f"/campaigns/{campaign}/setup/hours", {**hours, **pace, **retries})
    assert answer.headers["Location"] == f"/campaigns/{campaign}/setup/preflight"
    told = text_of(admin.get(f"/campaigns/{campaign}/setup/preflight"))
    assert "Mon, Tue 10:00 to 18:30; Sat 10:00 to 12:00" in told and "Start" in told
    stored = rest.get(f"/v1/campaigns/{campaign}").json
    assert stored["status"] == "draft"
    assert stored["variables"] == {"language": "de-DE"}
    assert stored["pacing"] == {"calls_per_second": 0.5, "max_live_calls": 4, "weight": 1}
    assert stored["retry"]["on"] == {
        "no_answer": {"after": ["10m", "3h"], "at_most": None},
        "machine": {"after": "1d", "at_most": None},
    }
    assert stored["retry"]["on_outcome"] == {"heard": {"after": "2d", "at_most": None}}
    [contact] = rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]
    assert (contact["phone"], contact["variables"]["first_name"]) == (phone, "Ann")


def test_a_campaign_is_started_from_its_last_step(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, fresh_number())

    answer = admin.send(f"/campaigns/{campaign}/setup/preflight")

    assert answer.headers["Location"] == f"/campaigns/{campaign}"
    assert rest.get(f"/v1/campaigns/{campaign}").json["status"] == "running"
    assert "has been started" in text_of(admin.get(f"/campaigns/{campaign}/setup/values"))


def test_what_somebody_changed_since_it_was_looked_at_is_not_started(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, fresh_number())
    path = f"/campaigns/{campaign}/setup/preflight"
    [seen] = re.findall(r'name="seen" value="([^"]+)"', admin.get(path).text)
    rest.patch(f"/v1/campaigns/{campaign}", {"retry": {"max_attempts": 9}})

    refused = admin.send(path, {"seen": unescape(seen)})

    assert refused.status_code == 412
    assert "Somebody has changed this campaign since." in text_of(refused) and "at most 9" in text_of(refused)
    assert rest.get(f"/v1/campaigns/{campaign}").json["status"] == "draft"
    [seen] = re.findall(r'name="seen" value="([^"]+)"', refused.text)
    assert admin.send(path, {"seen": unescape(seen)}).headers["Location"] == f"/campaigns/{campaign}"


def test_nobody_is_in_it(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    assert "Nobody is in it yet." in text_of(admin.get(f"/campaigns/{campaign}/setup/preflight"))

    refused = admin.send(f"/campaigns/{campaign}/setup/preflight")

    assert refused.status_code == 422 and "contacts" in text_of(refused)
    assert rest.get(f"/v1/campaigns/{campaign}").json["status"] == "draft"


def test_what_forbids_the_start_is_accepted_by_name(admin: Visitor, rest: Rest, services: Services) -> None:
    campaign, phone = rest.campaign()["id"], fresh_number()
    rest.contacts(campaign, phone)
    rest.post("/v1/suppressions", {"phone": phone, "reason": "asked"})
    with services.sql.begin() as tx:
        tx.exec_driver_sql("UPDATE contacts SET status = 'waiting', reason = NULL, due_at = now()")
    page = admin.get(f"/campaigns/{campaign}/setup/preflight")
    assert "This stands in the way." in text_of(page)
    codes = re.findall(r'name="accept" value="([^"]+)"', page.text)

    refused = admin.send(f"/campaigns/{campaign}/setup/preflight")
    assert refused.status_code == 422
    assert rest.get(f"/v1/campaigns/{campaign}").json["status"] == "draft"
    admin.send(f"/campaigns/{campaign}/setup/preflight", {"accept": codes})

    assert rest.get(f"/v1/campaigns/{campaign}").json["status"] == "running"


def test_another_file_is_read_by_its_own_header(admin: Visitor, rest: Rest) -> None:
    campaign, phone = draft(admin, rest), fresh_number()
    seen = look(admin, campaign, f"Mobile,Vorname\n{fresh_number()},Ann\n".encode())

    form = {"kept": kept_in(seen), "header": ["Mobile", "Vorname"], "fills.0": "phone", "fills.1": "first_name"}
    other = look(admin, campaign, f"Telefon,first name\n{phone},Bob\n".encode(), **form)

    assert other.status_code == 200 and phone in text_of(other) and "1 can be called" in text_of(other)


def test_a_mapping_that_is_refused_does_not_lose_the_file(admin: Visitor, rest: Rest) -> None:
    campaign = draft(admin, rest)
    seen = look(admin, campaign, f"Mobile,Vorname\n{fresh_number()},Ann\n".encode())

    form = {"kept": kept_in(seen), "header": ["Mobile", "Vorname"], "fills.0": "phone", "fills.1": "phone"}
    refused = admin.send(f"/campaigns/{campaign}/setup/file", {"do": "preview", **form})

    assert refused.status_code == 422 and 'id="e-file"' in refused.text
    assert kept_in(refused) == kept_in(seen)


def test_a_flow_is_checked_by_line_and_rehearsed(admin: Visitor, rest: Rest) -> None:
    wrong = FLOW.format(name="written").replace(": bye}", ": nowhere}")
    answer = admin.send("/campaigns/new", {**FIRST, "source": wrong, "do": "check"})
    assert answer.status_code == 422
    assert re.search(r"Line \d+, step greet: .*nowhere", text_of(answer))
    assert 'value="Reminders"' in answer.text

    played = admin.send("/campaigns/new", {**FIRST, "source": FLOW.format(name="written"), "do": "check"})
    said = text_of(played)
    assert played.status_code == 200
    assert "Hello first name”" in said and "Outcome: heard" in said
    assert rest.get("/v1/flows?name=written").json["data"] == []
    nobody = {**FIRST, "source": FLOW.format(name="written"), "do": "check", "callee": "no_answer"}
    assert "the call is over: timeout" in text_of(admin.send("/campaigns/new", nobody))


def test_a_stored_flow_is_rehearsed(admin: Visitor, rest: Rest) -> None:
    flow = rest.flow()["id"]

    assert "Hello first name" in text_of(admin.send("/campaigns/new", {**FIRST, "flow": flow, "do": "check"}))


def test_a_written_flow_is_stored_with_the_campaign(admin: Visitor, rest: Rest) -> None:
    upload = (BytesIO(FLOW.format(name="uploaded-one").encode()), "flow.yaml")

    answer = admin.send("/campaigns/new", {**FIRST, "upload": upload, "do": "go"})

    assert answer.status_code == 303, text_of(answer)
    [flow] = rest.get("/v1/flows?name=uploaded-one").json["data"]
    assert flow["content_type"] == "application/yaml"
    campaign = answer.headers["Location"].split("/")[2]
    assert rest.get(f"/v1/campaigns/{campaign}").json["flow"]["id"] == flow["id"]


@pytest.mark.parametrize(
    ("said", "field"),
    [({"name": ""}, "name"), ({"caller_ids": "12"}, "caller_ids"), ({"flow": ""}, "flow"), ({"flow": "nope"}, "flow")],
)
def test_what_is_wrong_in_the_first_step_stands_beside_its_field(
    admin: Visitor, rest: Rest, said: dict[str, str], field: str
) -> None:
    answer = admin.send("/campaigns/new", {**FIRST, "flow": rest.flow()["id"], "do": "go", **said})

    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert said.get("name", "Reminders") in answer.text


def test_what_a_browser_types_is_the_same_flow_as_its_file(admin: Visitor, rest: Rest) -> None:
    flow = rest.flow("typed")
    typed = FLOW.format(name="typed").replace("\n", "\r\n")

    admin.send("/campaigns/new", {**FIRST, "source": typed, "do": "go"})

    assert [each["id"] for each in rest.get("/v1/flows?name=typed").json["data"]] == [flow["id"]]


def test_one_form_sent_twice_makes_one_campaign(admin: Visitor, rest: Rest) -> None:
    form = {**FIRST, "name": "Once", "source": FLOW.format(name="once"), "do": "go", "once": "a-key-of-this-form"}
    first, second = admin.send("/campaigns/new", form), admin.send("/campaigns/new", form)

    assert first.headers["Location"] == second.headers["Location"]
    assert len(rest.get("/v1/campaigns?name=Once").json["data"]) == 1


def test_the_first_step_is_changed_afterwards(admin: Visitor, rest: Rest) -> None:
    campaign, other = draft(admin, rest), rest.flow()["id"]
    assert 'value="Reminders"' in admin.get(f"/campaigns/{campaign}/setup/flow").text

    answer = admin.send(f"/campaigns/{campaign}/setup/flow", {**FIRST, "name": "Other", "flow": other, "do": "go"})

    assert answer.headers["Location"] == f"/campaigns/{campaign}/setup/file"
    stored = rest.get(f"/v1/campaigns/{campaign}").json
    assert (stored["name"], stored["flow"]["id"]) == ("Other", other)


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "people.csv", "not empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "people.xlsx", "password"),
        (b"PK\x03\x04broken", "people.xlsx", ""),
    ],
    ids=["empty", "encrypted", "damaged"],
)
def test_a_file_that_cannot_be_read_says_why(admin: Visitor, rest: Rest, content: bytes, name: str, says: str) -> None:
    campaign = draft(admin, rest)
    answer = look(admin, campaign, content, name)

    assert answer.status_code == 422
    assert 'id="e-file"' in answer.text and says in text_of(answer)


def test_a_workbook_is_read_and_its_mapping_changed(admin: Visitor, rest: Rest) -> None:
    campaign, phone = draft(admin, rest), fresh_number()
    rows = [["Number", "Rufname"], [phone, "Ann"]]
    cells = ("".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) for row in rows)
    content = workbook("".join(f"<row>{each}</row>" for each in cells))

    seen = look(admin, campaign, content, "people.xlsx")
    assert "Say it once for everybody" in text_of(seen)
    form = {"do": "preview", "kept": kept_in(seen), "header": ["Number", "Rufname"]}
    seen = admin.send(f"/campaigns/{campaign}/setup/file", {**form, "fills.0": "phone", "fills.1": "first_name"})

    assert "1 can be called" in text_of(seen) and "Say it once" not in text_of(seen)


def test_what_no_column_has_is_said_for_everybody(admin: Visitor, rest: Rest) -> None:
    campaign = draft(admin, rest)
    seen = look(admin, campaign, f"phone\n{fresh_number()}\n".encode())

    form = {"do": "import", "kept": kept_in(seen), "header": ["phone"], "fills.0": "phone"}
    answer = admin.send(f"/campaigns/{campaign}/setup/file", {**form, "variables.first_name": "neighbor"})

    assert answer.status_code == 303, text_of(answer)
    assert rest.get(f"/v1/campaigns/{campaign}").json["variables"] == {"first_name": "neighbor"}
    assert len(rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]) == 1


def test_a_look_at_a_file_changes_nothing_and_counts_in_what_everybody_is_to_have(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, fresh_number())
    rest.post(f"/v1/campaigns/{campaign}/start")
    before, place = rest.get(f"/v1/campaigns/{campaign}").json, f"/campaigns/{campaign}/add/file"
    seen = look(admin, campaign, f"phone\n{fresh_number()}\n".encode(), at="add/file")
    assert "1 rows: 0 can be called" in text_of(seen)

    form = form_of(seen.text) | {"header": ["phone"], "fills.0": "phone", "variables.first_name": "neighbor"}
    seen = admin.send(place, form | {"do": "preview"})

    assert "1 rows: 1 can be called" in text_of(seen), text_of(seen)
    assert rest.get(f"/v1/campaigns/{campaign}").json == before
    form = form_of(seen.text) | {"do": "import"}
    assert form["variables.first_name"] == "neighbor"
    assert admin.send(place, form).status_code == 303
    assert rest.get(f"/v1/campaigns/{campaign}").json["variables"] == {"first_name": "neighbor"}
    assert len(rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]) == 2


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"nothing\nfor anybody\n", 422), (b"phone\nnone at all\n", 303)],
    ids=["refused", "of nobody"],
)
def test_nothing_of_an_import_that_brings_nobody_stays_for_everybody(
    admin: Visitor, rest: Rest, content: bytes, status: int
) -> None:
    campaign = draft(admin, rest)
    form = {"do": "import", "kept": b64encode(content).decode(), "variables.first_name": "neighbor"}

    answer = admin.send(f"/campaigns/{campaign}/setup/file", form)

    assert answer.status_code == status, text_of(answer)
    assert rest.get(f"/v1/campaigns/{campaign}").json["variables"] == {}
    told = rest.get(f"/v1/audit?subject={campaign}").json["data"]
    assert [each for each in told if "variables" in each["changes"]] == []


def test_what_an_import_lets_everybody_have_is_on_record(admin: Visitor, rest: Rest) -> None:
    campaign = draft(admin, rest)
    kept = b64encode(f"phone\n{fresh_number()}\n".encode()).decode()

    admin.send(f"/campaigns/{campaign}/setup/file", {"do": "import", "kept": kept, "variables.first_name": "neighbor"})

    [told] = [each for each in rest.get(f"/v1/audit?subject={campaign}").json["data"] if "variables" in each["changes"]]
    assert told["action"] == "PATCH /v1/campaigns/{campaign_id}"
    assert told["changes"]["variables"] == [{}, {"first_name": "neighbor"}]


def test_an_import_overwrites_no_value_that_somebody_else_has_said_for_everybody(admin: Visitor, rest: Rest) -> None:
    campaign = draft(admin, rest)
    place, seen = f"/campaigns/{campaign}/setup/file", look(admin, campaign, f"phone\n{fresh_number()}\n".encode())
    form = form_of(seen.text) | {"variables.first_name": "neighbor", "do": "import"}
    rest.patch(f"/v1/campaigns/{campaign}", {"variables": {"first_name": "friend"}})

    refused = admin.send(place, form)

    assert refused.status_code == 412 and 'id="e-variables.first_name"' in refused.text
    assert "Somebody else has written here: friend" in refused.text
    assert rest.get(f"/v1/campaigns/{campaign}").json["variables"] == {"first_name": "friend"}
    assert rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"] == []
    assert admin.send(place, form_of(refused.text) | {"do": "import"}).status_code == 303
    assert rest.get(f"/v1/campaigns/{campaign}").json["variables"] == {"first_name": "neighbor"}


def test_a_value_for_everybody_that_is_none_is_said_at_a_look_and_kept_in_its_field(admin: Visitor, rest: Rest) -> None:
    campaign = draft(admin, rest)
    seen = look(admin, campaign, f"phone\n{fresh_number()}\n".encode())

    for do in ("preview", "import"):
        form = form_of(seen.text) | {"do": do, "variables.first_name": "n" * 5_000}
        answer = admin.send(f"/campaigns/{campaign}/setup/file", form)

        assert answer.status_code == 422 and "n" * 5_000 in answer.text and "notice-wrong" in answer.text
    assert rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"] == []


def test_a_file_is_added_to_a_campaign_that_runs_and_its_refused_rows_are_downloaded(
    admin: Visitor, sign_in: SignIn, rest: Rest
) -> None:
    campaign, known, phone = rest.campaign()["id"], fresh_number(), fresh_number()
    rest.contacts(campaign, known)
    rest.post(f"/v1/campaigns/{campaign}/start")
    place = f"/campaigns/{campaign}/add/file"
    assert place in admin.get(f"/campaigns/{campaign}/add").text

    seen = look(admin, campaign, f"Mobile,Vorname\n{phone},Ann\n{known},Bob\n=2+5,Cy\n".encode(), at="add/file")
    assert seen.status_code == 200 and phone in text_of(seen)
    form = {"do": "import", "kept": kept_in(seen), "header": ["Mobile", "Vorname"]}
    done = admin.follow(admin.send(place, {**form, "fills.0": "phone", "fills.1": "first_name"}))

    assert "Rows 3 Added 1 Twice 1 Not usable 1" in text_of(done)
    added = {each["phone"]: each["variables"] for each in rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]}
    assert added == {phone: {"first_name": "Ann"}, known: {"first_name": "Ann"}}
    links = [unescape(link) for link in re.findall(r'href="(/imports/[^"]+)" download', done.text)]
    plain, excel = (sign_in(Role.VIEWER).get(link) for link in sorted(links, key=len))
    [import_id] = {link.split("/")[2] for link in links}
    assert plain.text == rest.get(f"/v1/imports/{import_id}/rejects.csv").text and "=2+5,Cy" in plain.text
    assert excel.get_data() == rest.get(f"/v1/imports/{import_id}/rejects.csv?format=excel").get_data()
    assert "attachment" in excel.headers["Content-Disposition"]


def test_the_first_rows_of_a_file_say_in_which_zones_it_must_be_day(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rows = "phone,first_name,region\n+12125550123,Ann,us-hi\n+18005550142,Bob,\n"

    seen = text_of(look(admin, campaign, rows.encode(), at="add/file"))

    assert "America/New_York by the number Pacific/Honolulu by the region" in seen
    assert "by the number and 39 more" in seen


def test_a_file_is_not_added_to_a_campaign_that_is_over(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.post(f"/v1/campaigns/{campaign}/cancel")

    refused = look(admin, campaign, f"phone,first_name\n{fresh_number()},Ann\n".encode(), at="add/file")

    assert refused.status_code == 422 and 'id="e-file"' in refused.text and "canceled" in text_of(refused)


def test_rejects_of_no_import_are_a_page_that_says_so(admin: Visitor) -> None:
    assert admin.get("/imports/imp_01JZ0000000000000000000000/rejects").status_code == 404


def test_a_long_file_is_chosen_once_more(admin: Visitor, rest: Rest) -> None:
    campaign = draft(admin, rest)
    rows = f"{fresh_number()},{'n' * 900}\n" * 3_000

    seen = look(admin, campaign, f"phone,first_name\n{rows}".encode())

    assert seen.status_code == 200
    assert 'name="kept"' not in seen.text and "The same file once more" in text_of(seen)


def test_a_file_that_the_form_carries_along_is_taken_at_its_longest(admin: Visitor, rest: Rest) -> None:
    campaign = draft(admin, rest)
    rows = "".join(f"{fresh_number()},{'n' * 900}\n" for _ in range(2_200))

    seen = look(admin, campaign, f"phone,first_name\n{rows}".encode())
    again = admin.send(f"/campaigns/{campaign}/setup/file", {"do": "preview", "kept": kept_in(seen)})

    assert again.status_code == 200, text_of(again)


def test_purpose_consent_and_a_pool_of_numbers_are_said_in_the_first_step(admin: Visitor, rest: Rest) -> None:
    pool = rest.post("/v1/caller-id-pools", {"name": "East", "numbers": [{"number": "+12125550111"}]}).json["id"]
    assert "East, 1 number" in text_of(admin.get("/campaigns/new"))
    said = {
        "caller_id_pool": pool,
        "purpose": "debt",
        "voice": "agent",
        "subject": "Invoices",
        "consent.require": "express",
    }

    campaign = draft(admin, rest, **said)

    stored = rest.get(f"/v1/campaigns/{campaign}").json
    assert (stored["caller_ids"], stored["caller_id_pool"]) == ([], pool)
    assert (stored["purpose"], stored["voice"], stored["subject"]) == ("debt", "agent", "Invoices")
    assert stored["consent"]["require"] == "express"
    page = admin.get(f"/campaigns/{campaign}/setup/flow").text
    assert f'value="{pool}" selected' in page and 'value="debt" selected' in page
    again = {**FIRST, "flow": stored["flow"]["id"], "caller_id_pool": "", "purpose": "", "voice": "", "do": "go"}
    answer = admin.send(f"/campaigns/{campaign}/setup/flow", again)
    assert answer.status_code == 303, text_of(answer)
    stored = rest.get(f"/v1/campaigns/{campaign}").json
    assert (stored["caller_ids"], stored["caller_id_pool"], stored["purpose"]) == ([CALLER_ID], None, None)
    assert (stored["subject"], stored["consent"]["require"]) == ("Invoices", "express"), "not in the form, so as it was"


def test_wrong_hours_stand_beside_their_fields_and_keep_what_was_typed(admin: Visitor, rest: Rest) -> None:
    campaign = draft(admin, rest)
    said = {**window(0, ["mon"], "9 o'clock", "20:00"), **window(1, [], "10:00", "12:00")}
    said |= {"calling_hours.timezone": "Mars", "pacing.calls_per_second": "fast"}

    wrong = {"retry.max_attempts": "0", "retry.on.no_answer": "soon"}
    answer = admin.send(f"/campaigns/{campaign}/setup/hours", {**said, **wrong})

    assert answer.status_code == 422
    fields = ("calling_hours.windows.0.start", "calling_hours.windows.1.days", "calling_hours.timezone")
    for field in (*fields, "pacing.calls_per_second", *wrong):
        assert f'id="e-{field}"' in answer.text and f'id="f-{field}"' in answer.text, field
    assert 'value="9 o&#39;clock"' in answer.text and "Choose a day at least." in answer.text
    away = {**window(0, ["mon"], "09:00", "20:00"), "calling_hours.windows.0.away": "1"}
    assert "Leave one window at least." in admin.send(f"/campaigns/{campaign}/setup/hours", away).text


def test_hours_that_were_set_over_rest_are_shown_and_stay_as_they_are(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign(**AT_ANY_HOUR)["id"]
    assert 'value="always" selected' in admin.get(f"/campaigns/{campaign}/setup/hours").text

    answer = admin.send(f"/campaigns/{campaign}/setup/hours", {"retry.max_attempts": "5"})

    assert answer.status_code == 303, text_of(answer)
    stored = rest.get(f"/v1/campaigns/{campaign}").json
    assert stored["calling_hours"]["always"] is True and stored["retry"]["max_attempts"] == 5


def test_flows_are_listed_and_drawn(admin: Visitor, sign_in: SignIn, rest: Rest) -> None:
    flow = rest.flow("drawn-one")
    rest.campaign(flow=flow["id"], name="Uses it")
    viewer = sign_in(Role.VIEWER)

    assert "drawn-one" in text_of(viewer.get("/flows")) and "Uses it" in text_of(viewer.get("/flows"))
    page = viewer.get(f"/flows/{flow['id']}")
    assert "<svg" in page.text and '<title id="graph-t">' in page.text and "marker-end" in page.text
    assert "speak ended → bye" in text_of(page) and "outcomes: [confirmed" in page.text
    assert viewer.get("/campaigns/new").status_code == 403


def opened(admin: Visitor, campaign: str, step: str) -> dict[str, Any]:
    """Return the fields of a step as a browser would send them untouched."""
    form = form_of(admin.get(f"/campaigns/{campaign}/setup/{step}").text)
    return {name: value for name, value in form.items() if name != "upload"} | {"do": "go"}


@pytest.mark.parametrize(
    ("step", "mine", "theirs", "kept"),
    [
        ("flow", {"name": "Mine"}, {"subject": "theirs"}, {"name": "Mine", "subject": "theirs"}),
        ("hours", {"retry.max_attempts": "2"}, {"name": "Theirs"}, {"name": "Theirs"}),
        ("values", {"variables.first_name": "Ann"}, {"tags": ["theirs"]}, {"variables": {"first_name": "Ann"}}),
    ],
)
def test_a_step_keeps_what_somebody_else_has_changed_beside_it(
    admin: Visitor, rest: Rest, step: str, mine: dict[str, str], theirs: dict[str, Any], kept: dict[str, Any]
) -> None:
    campaign = draft(admin, rest)
    form = opened(admin, campaign, step) | mine
    rest.patch(f"/v1/campaigns/{campaign}", theirs)

    assert admin.send(f"/campaigns/{campaign}/setup/{step}", form).status_code == 303

    after = rest.get(f"/v1/campaigns/{campaign}").json
    assert after | theirs | kept == after


@pytest.mark.parametrize(
    ("step", "mine", "theirs", "field"),
    [
        ("flow", {"name": "Mine", "source": FLOW.format(name="written")}, {"name": "Theirs"}, "name"),
        ("hours", {"retry.on.busy": "5m"}, {"retry": {"max_attempts": 2}}, "retry.max_attempts"),
        ("hours", {"pacing.max_live_calls": "2"}, {"pacing": {"max_live_calls": 3}}, "pacing.max_live_calls"),
        ("values", {"variables.first_name": "Ann"}, {"variables": {"first_name": "Eve"}}, "variables.first_name"),
    ],
)
def test_a_step_overwrites_nobodys_change_until_it_has_been_seen(
    admin: Visitor, rest: Rest, step: str, mine: dict[str, str], theirs: dict[str, Any], field: str
) -> None:
    campaign, place = draft(admin, rest), f"setup/{step}"
    form = opened(admin, campaign, step) | mine
    rest.patch(f"/v1/campaigns/{campaign}", theirs)
    before, flows = rest.get(f"/v1/campaigns/{campaign}").json, rest.get("/v1/flows").json

    refused = admin.send(f"/campaigns/{campaign}/{place}", form)

    assert refused.status_code == 412 and "Somebody has changed this campaign" in refused.text
    assert f'id="e-{field}"' in refused.text
    assert (rest.get(f"/v1/campaigns/{campaign}").json, rest.get("/v1/flows").json) == (before, flows)
    again = {name: value for name, value in form_of(refused.text).items() if name != "upload"} | {"do": "go"}
    assert again | mine == again
    saved = admin.send(f"/campaigns/{campaign}/{place}", again)
    assert saved.status_code == 303, text_of(saved)
    assert rest.get(f"/v1/campaigns/{campaign}").json != before


def test_a_flow_that_is_written_replaces_nobodys_choice_unseen(admin: Visitor, rest: Rest) -> None:
    campaign = draft(admin, rest)
    form = opened(admin, campaign, "flow") | {"source": FLOW.format(name="written")}
    theirs = rest.flow("of-another")["id"]
    rest.patch(f"/v1/campaigns/{campaign}", {"flow": theirs})

    refused = admin.send(f"/campaigns/{campaign}/setup/flow", form)

    assert refused.status_code == 412 and 'id="e-flow"' in refused.text
    assert rest.get(f"/v1/campaigns/{campaign}").json["flow"]["id"] == theirs


def test_values_that_nobody_has_touched_stay_as_they_are(admin: Visitor, rest: Rest) -> None:
    campaign = draft(admin, rest)
    rest.patch(f"/v1/campaigns/{campaign}", {"variables": {"first_name": 5}})
    form = opened(admin, campaign, "values")
    rest.patch(f"/v1/campaigns/{campaign}", {"variables": {"first_name": 6}})

    assert admin.send(f"/campaigns/{campaign}/setup/values", form).status_code == 303
    assert rest.get(f"/v1/campaigns/{campaign}").json["variables"] == {"first_name": 6}


def test_a_value_that_the_form_did_not_ask_for_is_kept(admin: Visitor, rest: Rest) -> None:
    campaign = draft(admin, rest)
    form = opened(admin, campaign, "values") | {"opened": '{"first_name": ""}', "variables.first_name": "Ann"}
    del form["variables.language"]
    rest.patch(f"/v1/campaigns/{campaign}", {"variables": {"language": "es"}})

    assert admin.send(f"/campaigns/{campaign}/setup/values", form).status_code == 303
    assert rest.get(f"/v1/campaigns/{campaign}").json["variables"] == {"first_name": "Ann", "language": "es"}


def test_what_a_form_says_of_its_opening_may_be_too_deep_to_be_told_again(admin: Visitor, rest: Rest) -> None:
    campaign = draft(admin, rest)
    form = opened(admin, campaign, "hours") | {
        "opened": '{"a":' + "[" * 400 + "]" * 400 + "}",
        "retry.max_attempts": "0",
    }

    assert admin.send(f"/campaigns/{campaign}/setup/hours", form).status_code == 422
