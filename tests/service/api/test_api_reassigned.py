"""Lists of answers on reassigned numbers over REST and on the command line, and what they say of a number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from orchestrator.cli.app import app
from tests.support.api_over_http import options_for
from tests.support.rest import Rest, pointers

PHONE = "+13125550142"
ROWS = f"phone,since,result,checked_at\n{PHONE},2026-01-01,yes,2026-11-01\n"


def make(rest: Rest, **fields: Any) -> dict[str, Any]:
    made = rest.post("/v1/lists", {"name": "rnd", "kind": "reassigned", **fields})
    assert made.status_code == 201, made.text
    return dict(made.json or {})


def put(rest: Rest, list_id: str, rows: str = ROWS) -> Any:
    return rest.request("PUT", f"/v1/lists/{list_id}/content", data=rows, content_type="text/csv")


def test_answers_are_imported_looked_up_and_explained(rest: Rest) -> None:
    made = make(rest)
    done = put(rest, made["id"]).json or {}

    assert (made["kind"], made["max_age"], done["accepted"], done["list"]["entries"]) == ("reassigned", "31d", 1, 1)
    [found] = (rest.get(f"/v1/lists/lookup?phone=%2B{PHONE[1:]}").json or {})["lists"]
    assert (found["result"], found["since"][:10], found["checked_at"][:10]) == ("yes", "2026-01-01", "2026-11-01")
    told = rest.post("/v1/explain", {"phone": PHONE}).json or {}
    assert (told["verdict"], told["reason"]) == ("never", "number_reassigned")
    [check] = [each for each in told["checks"] if not each["passed"] and each["check"] == "reassigned"]
    assert check["source"] == "47 CFR 64.1200(m)" and check["facts"]["answers"][0]["list"] == "rnd"


def test_who_is_on_another_kind_of_list_has_no_answer(rest: Rest) -> None:
    list_id = (rest.post("/v1/lists", {"name": "internal", "kind": "suppress"}).json or {})["id"]
    rest.post(f"/v1/lists/{list_id}/entries", {"entries": [PHONE]})

    [found] = (rest.get(f"/v1/lists/lookup?phone=%2B{PHONE[1:]}").json or {})["lists"]

    assert (found["result"], found["since"], found["checked_at"]) == (None, None, None)


def test_a_campaign_that_asks_is_told_what_it_lacks_before_it_starts(rest: Rest) -> None:
    make(rest)
    campaign = rest.campaign(lists={"reassigned": ["rnd"]})
    rest.contacts(campaign["id"], PHONE)

    told = rest.post(f"/v1/campaigns/{campaign['id']}/preflight").json or {}

    assert campaign["lists"]["reassigned"] == ["rnd"]
    assert {group["reason"]: group["contacts"] for group in told["held"]} == {"list_stale": 1}
    assert [(each["name"], each["ok"]) for each in told["lists"]] == [("rnd", False)]
    assert "list_stale" in {warning["code"] for warning in told["warnings"]}


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        (["nobody"], "/lists/reassigned/0"),
        (["internal"], "/lists/reassigned/0"),
        ([], "/lists/reassigned"),
        (None, "/lists/reassigned"),
        ("off", "/lists/reassigned"),
    ],
)
def test_each_wrong_list_is_named(rest: Rest, wanted: Any, pointer: str) -> None:
    rest.post("/v1/lists", {"name": "internal", "kind": "suppress"})
    document = {"name": "x", "flow": rest.flow()["id"], "caller_ids": ["+12125550100"]}

    wrong = pointers(rest.post("/v1/campaigns", {**document, "lists": {"reassigned": wanted}}))

    assert set(wrong) == {pointer}


def test_answers_come_by_file_alone_and_age_as_registries_do(rest: Rest) -> None:
    list_id = make(rest, max_age="10d")["id"]

    assert rest.post(f"/v1/lists/{list_id}/entries", {"entries": [PHONE]}).status_code == 409
    assert (put(rest, list_id, f"phone\n{PHONE}\n").json or {})["code"] == "missing_column"
    assert (rest.patch(f"/v1/lists/{list_id}", {"max_age": None}).json or {})["max_age"] == "31d"
    assert pointers(rest.post("/v1/lists", {"name": "x", "kind": "reassigned", "regions": ["US"]})) == {
        "/regions": "regions"
    }
    assert pointers(rest.post("/v1/lists", {"name": "x", "kind": "suppress", "max_age": "1d"})) == {
        "/max_age": "max_age"
    }
    put(rest, list_id)
    assert rest.delete(f"/v1/lists/{list_id}/entries?entry=%2B{PHONE[1:]}&because=asked+anew").status_code == 204
    assert (rest.post("/v1/explain", {"phone": PHONE}).json or {})["reason"] != "number_reassigned"


def test_the_command_line_imports_and_shows_answers(rest: Rest, tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_text(ROWS)
    with options_for(rest) as options:
        told = [
            CliRunner().invoke(app, ["list", *options, *words]).output
            for words in (
                ["create", "rnd", "--kind", "reassigned"],
                ["import", "rnd", str(file)],
                ["lookup", PHONE],
            )
        ]

    assert "rnd: reassigned, 0 entries" in told[0]
    assert "1 rows: 1 accepted, 0 invalid" in told[1]
    assert told[2].strip() == "reassigned list rnd: yes, since 2026-01-01, asked 2026-11-01"
