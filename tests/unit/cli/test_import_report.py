"""What the command says of an import, and what it exits with."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from rich.console import Console

from orchestrator.cli.api_client import ApiClient
from orchestrator.cli.upload import import_contacts
from orchestrator_client.requests import Request


class Answering(ApiClient):
    """An API that answers an upload with what the test has written down."""

    def __init__(self, **answer: Any) -> None:
        counts = {"rows": 0, "accepted": 0, "duplicates": 0, "invalid": 0}
        self._answer = {"id": "imp_1", "status": "completed", "problems": [], **counts, **answer}
        self.params: dict[str, Any] = {}
        super().__init__("http://api", SecretStr("k"))
        self.transport.send = self._send  # type: ignore[method-assign]

    def _send(self, request: Request) -> Any:
        self.params = {name: value for name, value in request.query.items() if value is not None}
        return self._answer


def problem(count: int, *rows: int, status: str = "invalid", detail: str = "phone: wrong [x]") -> dict[str, Any]:
    return {"status": status, "code": "c", "field": "phone", "detail": detail, "count": count, "rows": list(rows)}


def told(rest: ApiClient, tmp_path: Path, **options: str) -> list[str]:
    """Return the lines that were printed; raises what the command raises, with them as a note."""
    console = Console(file=io.StringIO(), width=200)
    file = tmp_path / "list.csv"
    file.write_text("phone\n")
    try:
        import_contacts(rest, "cmp_1", file, options=options, console=console)
    finally:
        assert isinstance(console.file, io.StringIO)
        (tmp_path / "told").write_text(console.file.getvalue())
    return console.file.getvalue().splitlines()


def test_a_hundred_equal_errors_are_one_line_with_a_count(tmp_path: Path) -> None:
    kinds = [problem(100, 2, 3, 4, 5, 6), problem(2, 7, 9, detail="timezone: no zone"), problem(1, 8)]

    lines = told(Answering(rows=104, accepted=1, invalid=103, problems=kinds), tmp_path)

    assert lines == [
        "imp_1 completed: 104 rows, 1 accepted, 0 duplicates, 103 invalid",
        "  100 rows (2, 3, 4, 5, 6, …), such as: phone: wrong [x]",
        "  2 rows (7, 9), such as: timezone: no zone",
        "  row 8: phone: wrong [x]",
    ]


def test_one_row_is_no_rows(tmp_path: Path) -> None:
    lines = told(Answering(rows=1, accepted=0, duplicates=1), tmp_path)

    assert lines == ["imp_1 completed: 1 row, 0 accepted, 1 duplicate, 0 invalid"]


@pytest.mark.parametrize(
    "answer",
    [
        {"rows": 3, "invalid": 3, "problems": [problem(3, 2, 3, 4)]},
        {"rows": 0},
        {"status": "failed"},
    ],
)
def test_an_import_of_nobody_exits_with_1_and_says_so(tmp_path: Path, answer: dict[str, Any]) -> None:
    with pytest.raises(SystemExit) as ended:
        told(Answering(**answer), tmp_path)

    assert ended.value.code == 1
    assert (tmp_path / "told").read_text().splitlines()[-1].startswith("nobody was imported")


def test_an_import_that_failed_exits_with_1_whoever_came_in(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        told(Answering(status="failed", rows=2, accepted=2), tmp_path)

    assert ended.value.code == 1


def test_a_file_whose_people_are_all_there_already_is_no_failure(tmp_path: Path) -> None:
    kinds = [problem(3, 2, 3, 4, status="duplicate", detail="the campaign has this contact already")]

    lines = told(Answering(rows=3, duplicates=3, problems=kinds), tmp_path)

    assert lines[1:] == ["  3 rows (2, 3, 4), such as: the campaign has this contact already"]


def test_how_the_file_is_to_be_read_is_passed_on(tmp_path: Path) -> None:
    rest = Answering(rows=1, accepted=1)

    told(rest, tmp_path, map="phone:Mobile", encoding="windows-1250")

    assert rest.params == {"map": "phone:Mobile", "encoding": "windows-1250"}
