"""Rows of a file of answers on reassigned numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.policy.lists.answer_row import NumberAnswer, RowProblem, read_answer
from orchestrator.policy.lists.reassigned import Result

NOW = datetime(2031, 3, 5, 15, tzinfo=UTC)
AS_OF = datetime(2031, 3, 4, tzinfo=UTC)
ROW = {"phone": "+12125550123", "since": "2030-05-01", "result": "no"}


def read(**cells: str) -> NumberAnswer | RowProblem:
    return read_answer(ROW | cells, "US", as_of=AS_OF, now=NOW)


def answer(**cells: str) -> NumberAnswer:
    found = read(**cells)
    assert isinstance(found, NumberAnswer), found
    return found


def test_a_row_is_an_answer_of_the_moment_of_its_file() -> None:
    assert answer() == NumberAnswer("+12125550123", Result.NO, datetime(2030, 5, 1, tzinfo=UTC), AS_OF)


@pytest.mark.parametrize(
    ("said", "result"),
    [("YES", Result.YES), ("No", Result.NO), ("no data", Result.NO_DATA), ("NODATA", Result.NO_DATA)],
)
def test_an_answer_is_read_however_it_is_spelt(said: str, result: Result) -> None:
    assert answer(result=said).result is result


def test_a_day_is_taken_for_what_is_stricter_and_a_moment_as_it_stands() -> None:
    day = datetime(2031, 3, 1, tzinfo=UTC)

    assert answer(checked_at="2031-03-01").checked_at == day
    assert answer(checked_at="2031-03-01", result="yes").checked_at == day + timedelta(days=1, microseconds=-1)
    assert answer(checked_at="2031-03-01T12:00:00+02:00").checked_at == day + timedelta(hours=10)
    assert answer(checked_at="2031-03-05", result="yes").checked_at == NOW


@pytest.mark.parametrize(
    ("cells", "field", "code"),
    [
        ({"phone": "12"}, "phone", None),
        ({"result": "perhaps"}, "result", "result"),
        ({"result": ""}, "result", "result"),
        ({"since": "yesterday"}, "since", "moment"),
        ({"since": ""}, "since", "moment"),
        ({"checked_at": "2031-03-08"}, "checked_at", "in_the_future"),
        ({"checked_at": "now"}, "checked_at", "moment"),
        ({"since": "2031-03-10"}, "since", "since"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(cells: dict[str, str], field: str, code: str | None) -> None:
    found = read(**cells)

    assert isinstance(found, RowProblem)
    assert found.field == field
    assert code is None or found.code == code


def test_a_yes_outweighs_and_else_the_later_answer() -> None:
    yes, no = answer(result="yes", checked_at="2031-01-01"), answer(checked_at="2031-03-01")
    later = answer(checked_at="2031-03-02")

    assert yes.outweighs(no) and not no.outweighs(yes)
    assert later.outweighs(no) and not no.outweighs(later)
