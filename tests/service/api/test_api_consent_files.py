"""Files of consents over REST and on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from orchestrator.cli.app import app
from tests.support.api_over_http import options_for
from tests.support.rest import Rest, fresh_number, pointers

HEADER = "phone,text,at\n"


def put(rest: Rest, rows: str, query: str = "?kind=written&purposes=sales,survey&source=form+7") -> Any:
    return rest.request("POST", f"/v1/consents/import{query}", data=HEADER + rows, content_type="text/csv")


def test_a_file_is_recorded_once_and_its_wrong_rows_are_told(rest: Rest) -> None:
    number = fresh_number()
    rows = f"{number},Yes.,2026-03-01\n{number},Yes.,2126-03-01\n"

    first, again = put(rest, rows), put(rest, rows)

    assert first.status_code == again.status_code == 200
    counts = ("rows", "accepted", "added", "kept", "invalid")
    assert [(first.json or {})[name] for name in counts] == [2, 1, 1, 0, 1]
    assert [(again.json or {})[name] for name in counts] == [2, 1, 0, 1, 1]
    [problem], [error] = first.json["problems"], first.json["errors"]
    assert (problem["code"], problem["field"], problem["count"], error["row"]) == ("in_the_future", "at", 1, 3)
    [event] = (rest.get(f"/v1/consents?phone=%2B{number[1:]}").json or {})["data"]
    assert (event["act"], event["kind"], event["purposes"], event["source"], event["at"]) == (
        "given",
        "written",
        ["sales", "survey"],
        "form 7",
        "2026-03-01T00:00:00.000Z",
    )


def test_a_wrong_parameter_or_header_refuses_the_file(rest: Rest) -> None:
    row = f"{fresh_number()},Yes.,2026-03-01\n"

    assert pointers(put(rest, row, "?kind=implied")).keys() == {"?kind"}
    assert pointers(put(rest, row, "?purposes=sales,fun")).keys() == {"?purposes"}
    assert pointers(put(rest, row, "?who=me")) == {"?who": "unknown_field"}
    refused = rest.request("POST", "/v1/consents/import", data="name\nAnn\n", content_type="text/csv")
    assert (refused.status_code, (refused.json or {})["code"]) == (422, "missing_column")
    assert rest.post("/v1/consents/import", {"phone": "x"}).status_code == 415


def test_the_command_line_sends_a_file(rest: Rest, tmp_path: Path) -> None:
    file = tmp_path / "consents.csv"
    file.write_text(f"{HEADER}{fresh_number()},Yes.,2026-03-01\nnobody,Yes.,2026-03-01\n")
    given = ("--kind", "written", "--purpose", "sales", "--purpose", "survey", "--source", "form 7")
    with options_for(rest) as options:
        told = [CliRunner().invoke(app, ["consent", *options, "import", str(file), *given]).output for _ in range(2)]

    assert "2 rows: 1 added, 0 recorded before, 1 invalid" in told[0] and "row 3: " in told[0]
    assert "2 rows: 0 added, 1 recorded before, 1 invalid" in told[1]
