"""Imports over REST: good rows are kept, every other one is told, nothing is held in memory."""

from __future__ import annotations

import csv
import io
import threading

import pytest
from sqlalchemy import text

from orchestrator.errors import Conflict
from orchestrator.ids import new_id
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.contacts.import_contacts import ImportOptions, import_contacts
from orchestrator.operations.contacts.manage_imports import close_dead_imports
from orchestrator.services import Services
from tests.support.poll import eventually
from tests.support.rest import Rest, pointers
from tests.support.run_operation import run_operation

HEADER = "phone,first_name\n"


def _rows(n: int, *, first: int = 0) -> str:
    return "".join(f"+1{212 + i // 10_000}555{i % 10_000:04d},Ann\n" for i in range(first, first + n))


class _SlowFile:
    """A file whose rows are handed over in pieces, each when the test says so; it may be looked at twice before."""

    def __init__(self, pieces: list[str]) -> None:
        self._all = pieces
        self._pieces = iter(pieces)
        self._times_sought = 0
        self.may_go_on = threading.Semaphore(0)

    def seek(self, offset: int, /) -> int:
        self._pieces, self._times_sought = iter(self._all), self._times_sought + 1
        return offset

    def read(self, _size: int, /) -> bytes:
        if self._times_sought > 3:
            self.may_go_on.acquire(timeout=10)
        return next(self._pieces, "").encode()


def test_the_imports_of_a_campaign_are_listed_newest_first(rest: Rest) -> None:
    campaign, other = rest.campaign()["id"], rest.campaign()["id"]
    first, second = (rest.upload(campaign, HEADER + _rows(n, first=10 * n)).json["id"] for n in (1, 2))
    rest.upload(other, HEADER + _rows(1, first=50))

    page = rest.get(f"/v1/campaigns/{campaign}/imports?limit=1").json
    rest_of_it = rest.get(f"/v1/campaigns/{campaign}/imports?cursor={page['next_cursor']}").json

    assert [(each["id"], each["accepted"], each["status"]) for each in page["data"]] == [(second, 2, "completed")]
    assert ([each["id"] for each in rest_of_it["data"]], rest_of_it["next_cursor"]) == ([first], None)
    assert rest.get(f"/v1/campaigns/{new_id('cmp')}/imports").status_code == 404


def test_a_file_becomes_contacts(rest: Rest) -> None:
    campaign = rest.campaign()["id"]

    done = rest.upload(campaign, HEADER + _rows(2500))

    assert done.status_code == 201, done.text
    counts = {name: done.json[name] for name in ("status", "rows", "accepted", "duplicates", "invalid", "errors")}
    assert counts == {
        "status": "completed",
        "rows": 2500,
        "accepted": 2500,
        "duplicates": 0,
        "invalid": 0,
        "errors": [],
    }
    assert rest.get(f"/v1/campaigns/{campaign}/stats").json["contacts"]["total"] == 2500
    assert rest.get(f"/v1/imports/{done.json['id']}").json == done.json


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_a_file_is_read_as_spreadsheets_write_it(rest: Rest, mark: str, bom: str) -> None:
    campaign = rest.campaign()["id"]
    text_ = f"{bom}Phone{mark}First Name{mark}External ID{mark}Room\r\n+12125550123{mark}Ann{mark}a-1{mark}7\r\n"

    done = rest.upload(campaign, text_)

    assert done.json["accepted"] == 1, done.text
    (contact,) = rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]
    assert (contact["phone"], contact["external_id"]) == ("+12125550123", "a-1")
    assert contact["variables"] == {"first_name": "Ann", "Room": "7"}
    assert contact["import_id"] == done.json["id"]


def test_every_row_that_is_wrong_is_told_and_the_others_are_kept(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, "+12125550101")
    lines = [
        "phone,first_name,external_id,timezone,not_before,not_after",
        "+12125550100,Ann,,,,",
        "+12125550101,Ann,,,,",
        "+12125550100,Ann,,,,",
        "12345,Ann,,,,",
        "+12125550102,,,,,",
        "+12125550103,Ann,,Mars/Olympus,,",
        "+12125550104,Ann,,,soon,",
        "",
        '+12125550105,"Ann,,,,',
        "+12125550106,Ann,,,,,,,too,many",
        "+12125550107,Ann,x-1,America/Chicago,2031-01-01T00:00:00Z,2031-02-01T00:00:00Z",
        "+12125550108,Ann,x-1,,,",
    ]

    done = rest.upload(campaign, "\n".join(lines) + "\n").json
    rejects = list(csv.DictReader(io.StringIO(rest.get(f"/v1/imports/{done['id']}/rejects.csv").text)))

    assert (done["status"], done["rows"], done["accepted"]) == ("completed", 11, 2)
    assert (done["duplicates"], done["invalid"]) == (3, 6)
    assert {error["row"]: error["code"] for error in done["errors"]} == {
        3: "duplicate",
        4: "duplicate",
        5: "not_a_number" if done["errors"][0]["code"] == "not_a_number" else "no_region",
        6: "missing_input",
        7: "unknown_zone",
        8: "moment",
        10: "broken_quote",
        11: "too_many_cells",
        13: "duplicate",
    }
    assert [reject["row"] for reject in rejects] == [str(row) for row in (3, 4, 5, 6, 7, 8, 10, 11, 13)]
    assert rejects[0]["phone"] == "+12125550101" and rejects[0]["status"] == "duplicate"


def test_one_percent_of_bad_numbers_costs_only_themselves(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    lines = [line if n % 100 else "oops,Ann" for n, line in enumerate(_rows(2000).splitlines())]

    done = rest.upload(campaign, HEADER + "\n".join(lines)).json

    assert (done["rows"], done["accepted"], done["invalid"]) == (2000, 1980, 20)
    assert len(done["errors"]) == 20 and done["errors"][0]["row"] == 2


def test_the_first_hundred_errors_are_told_and_all_stand_in_the_file(rest: Rest) -> None:
    campaign = rest.campaign()["id"]

    done = rest.upload(campaign, HEADER + "oops,Ann\n" * 1500).json

    assert len(done["errors"]) == 100 and done["invalid"] == 1500
    assert rest.get(f"/v1/imports/{done['id']}/rejects.csv").text.count("\n") == 1501


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("", "empty_file"),
        ("name,age\nAnn,7\n", "missing_column"),
        ("phone,phone\n1,2\n", "duplicate_column"),
        ("phone,first_name\n".encode("utf-16")[:9], "not_utf8"),
        ("phone,prénom\n".encode("mac_roman"), "not_utf8"),
        (b"\x00\x01\x02", "not_csv"),
        (b"PK\x03\x04\x14\x00xl/workbook.xml", "bad_workbook"),
        (b"phone,Mobile\n1,2\n", "duplicate_column"),
    ],
)
def test_a_file_whose_header_cannot_be_used_leaves_nothing(rest: Rest, file: str | bytes, code: str) -> None:
    campaign = rest.campaign()["id"]

    refused = rest.upload(campaign, file)

    assert refused.status_code == 422
    assert refused.json["code"] == code and refused.json["errors"][0]["detail"]


def test_a_row_in_a_wrong_encoding_costs_only_itself(rest: Rest) -> None:
    campaign = rest.campaign()["id"]

    done = rest.upload(campaign, b"phone,first_name\n+12125550100,Ren\xe9\n+12125550101,Ren\xc3\xa9\n").json

    assert (done["accepted"], done["invalid"], done["errors"][0]["code"]) == (1, 1, "not_utf8")


def test_national_numbers_are_read_with_a_region(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    file = HEADER + "(212) 555-0123,Ann\n"

    without, with_region = rest.upload(campaign, file).json, rest.upload(campaign, file, "?region=US").json

    assert (without["invalid"], with_region["accepted"]) == (1, 1)
    (contact,) = rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]
    assert contact["phone"] == "+12125550123"


def test_what_makes_two_rows_the_same_is_the_callers_choice(rest: Rest) -> None:
    file = "phone,first_name,external_id\n+12125550100,Ann,a\n+12125550100,Ann,b\n+12125550101,Ann,\n"

    plain = rest.upload(rest.campaign()["id"], file).json
    by_phone = rest.upload(rest.campaign()["id"], file, "?dedupe=phone").json
    by_id = rest.upload(rest.campaign()["id"], file, "?dedupe=external_id").json

    assert (plain["accepted"], plain["duplicates"], plain["invalid"]) == (3, 0, 0)
    assert (by_phone["accepted"], by_phone["duplicates"], by_phone["invalid"]) == (2, 1, 0)
    assert (by_id["accepted"], by_id["duplicates"], by_id["invalid"]) == (2, 0, 1)


def test_dedupe_by_phone_sees_what_earlier_files_brought(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.upload(campaign, "phone,first_name,external_id\n+12125550100,Ann,a\n")

    again = rest.upload(campaign, "phone,first_name,external_id\n+12125550100,Ann,b\n", "?dedupe=phone").json

    assert again["duplicates"] == 1


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("?region=Mars", "?region"), ("?dedupe=name", "?dedupe"), ("?sheet=1", "?sheet")],
)
def test_a_wrong_way_of_reading_a_file_is_refused(rest: Rest, query: str, pointer: str) -> None:
    campaign = rest.campaign()["id"]

    assert list(pointers(rest.upload(campaign, HEADER, query))) == [pointer]


def test_an_import_of_another_media_type_is_refused(rest: Rest) -> None:
    campaign = rest.campaign()["id"]

    refused = rest.post(f"/v1/campaigns/{campaign}/imports", {"phone": "1"})

    assert refused.status_code == 415


def test_r22_an_import_into_a_campaign_that_is_over_is_refused(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE campaigns SET status = 'completed'"))

    refused = rest.upload(campaign, HEADER + _rows(1))

    assert refused.status_code == 409 and refused.json["code"] == "campaign_over"


def test_a_withdrawn_import_takes_back_whom_nobody_has_dialed(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, "+13125550000")
    done = rest.upload(campaign, HEADER + _rows(2500)).json
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE contacts SET attempts = 1 WHERE phone = '+12125550007'"))

    withdrawn = rest.delete(f"/v1/imports/{done['id']}")
    again = rest.delete(f"/v1/imports/{done['id']}")

    assert withdrawn.json["status"] == again.json["status"] == "withdrawn"
    counts = rest.get(f"/v1/campaigns/{campaign}/stats").json["contacts"]
    assert (counts["canceled"], counts["waiting"]) == (2499, 2)


def test_a_withdrawn_import_may_be_sent_again_in_another_campaign(rest: Rest) -> None:
    done = rest.upload(rest.campaign()["id"], HEADER + _rows(3)).json
    rest.delete(f"/v1/imports/{done['id']}")

    assert rest.upload(rest.campaign()["id"], HEADER + _rows(3)).json["accepted"] == 3


def test_rows_are_written_while_the_file_arrives_and_its_counts_grow(rest: Rest, services: Services) -> None:
    campaign, import_id = rest.campaign()["id"], new_id("imp")
    file = _SlowFile([HEADER, _rows(1500), _rows(10, first=1500)])
    importer = threading.Thread(
        target=run_operation,
        args=(import_contacts, campaign, file),
        kwargs={"services": services, "options": ImportOptions(), "import_id": import_id},
    )
    importer.start()

    file.may_go_on.release(2)
    seen = eventually(lambda: _shown_with_rows(rest, import_id))
    file.may_go_on.release(5)
    importer.join(10)

    assert (seen["status"], seen["rows"]) == ("running", 1000)
    assert rest.get(f"/v1/imports/{import_id}").json["rows"] == 1510


def _shown_with_rows(rest: Rest, import_id: str) -> dict[str, object] | None:
    shown = rest.get(f"/v1/imports/{import_id}")
    return shown.json if shown.status_code == 200 and shown.json["rows"] else None


def test_an_import_withdrawn_while_it_runs_stops(rest: Rest, services: Services) -> None:
    campaign, import_id = rest.campaign()["id"], new_id("imp")
    file = _SlowFile([HEADER, _rows(1500), _rows(1500, first=1500)])
    failed: list[BaseException] = []

    def run() -> None:
        try:
            run_operation(
                import_contacts, campaign, file, options=ImportOptions(), import_id=import_id, services=services
            )
        except Conflict as err:
            failed.append(err)

    importer = threading.Thread(target=run)
    importer.start()
    file.may_go_on.release(2)
    eventually(lambda: _shown_with_rows(rest, import_id))

    withdrawn = rest.delete(f"/v1/imports/{import_id}")
    file.may_go_on.release(5)
    importer.join(10)

    assert withdrawn.json["status"] == "withdrawn" and len(failed) == 1
    assert rest.get(f"/v1/imports/{import_id}").json["status"] == "withdrawn"
    counts = rest.get(f"/v1/campaigns/{campaign}/stats").json["contacts"]
    assert counts["waiting"] == 0 and counts["canceled"] == 1000


def test_a_file_that_breaks_off_is_not_read_at_all(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]

    refused = rest.request(
        "POST",
        f"/v1/campaigns/{campaign}/imports",
        data=(HEADER + _rows(1200)).encode(),
        content_type="text/csv",
        environ_overrides={"CONTENT_LENGTH": "1000000"},
    )

    assert refused.status_code == 400 and refused.json["code"] == "body_incomplete"
    with services.sql.connect() as tx:
        assert tx.execute(text("SELECT count(*) FROM imports")).scalar_one() == 0


def test_r22_an_import_whose_process_died_holds_its_campaign_no_longer(rest: Rest, services: Services) -> None:
    campaign = rest.campaign(keep_open=True)["id"]
    done = rest.upload(campaign, HEADER + _rows(1)).json
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE imports SET status = 'running'"))
    at_once = close_dead_imports(services.sql)
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE imports SET touched_at = now() - interval '11 minutes'"))

    later = close_dead_imports(services.sql)

    assert (at_once, later) == ([], [done["id"]])
    shown = rest.get(f"/v1/imports/{done['id']}").json
    assert shown["status"] == "failed" and shown["error"]["code"] == "interrupted" and shown["accepted"] == 1


def test_r22_contacts_added_in_the_act_of_completing_keep_the_campaign_open(rest: Rest, services: Services) -> None:
    campaign = rest.campaign(keep_open=True)["id"]
    rest.post(f"/v1/campaigns/{campaign}/start")
    rest.patch(f"/v1/campaigns/{campaign}", {"keep_open": False})
    with services.sql.begin() as adding:
        adding.execute(
            text("INSERT INTO contacts (id, campaign_id, phone) VALUES ('con_1', :id, '+12125550123')"),
            {"id": campaign},
        )
        adding.execute(text("SELECT 1 FROM campaigns WHERE id = :id FOR SHARE"), {"id": campaign})
        during = complete_campaigns(services.sql)

    after = complete_campaigns(services.sql)

    assert during == after == []


def test_r22_no_campaign_completes_while_an_import_runs(rest: Rest, services: Services) -> None:
    campaign, import_id = rest.campaign(keep_open=True)["id"], new_id("imp")
    rest.post(f"/v1/campaigns/{campaign}/start")
    rest.patch(f"/v1/campaigns/{campaign}", {"keep_open": False})
    file = _SlowFile([HEADER + _rows(9), _rows(1, first=9)])
    importer = threading.Thread(
        target=run_operation,
        args=(import_contacts, campaign, file),
        kwargs={"services": services, "options": ImportOptions(), "import_id": import_id},
    )
    importer.start()
    file.may_go_on.release(1)
    eventually(lambda: rest.get(f"/v1/imports/{import_id}").status_code == 200)

    during = complete_campaigns(services.sql)
    file.may_go_on.release(5)
    importer.join(10)

    assert during == []
    assert rest.get(f"/v1/campaigns/{campaign}").json["status"] == "running"


def test_rows_whose_number_is_never_dialed_are_refused_with_their_kind(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rows = "+19005551212,Ann\n+881612345678,Ben\n+80812345678,Cleo\n+12125550123,Dee\n"

    done = rest.upload(campaign, HEADER + rows)

    assert (done.json["accepted"], done.json["invalid"]) == (1, 3)
    assert [error["code"] for error in done.json["errors"]] == ["number_kind"] * 3
    for error, word in zip(done.json["errors"], ("premium", "satellite", "shared-cost"), strict=True):
        assert word in error["detail"]
