"""A do-not-call list of real life: whoever stands on it is on it, however the cell was written."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.support.rest import Rest

_TWO_IN_A_CELL = {
    "030 12345/12346": {"+493012345", "+493012346"},
    "030 12347 / 12348": {"+493012347", "+493012348"},
    "030 2312504/05": {"+49302312504", "+49302312505"},
    "030 231250 (12)": {"+4930231250", "+493023125012"},
    "030 12345 - 47": {"+493012345", "+493012346", "+493012347", "+49301234547"},
    "030 12345; 0171 1234567": {"+493012345", "+491711234567"},
    "Tel: 030 12345 Mobil: 0171 1234567": {"+493012345", "+491711234567"},
    "4917112345678": {"+4917112345678", "+494917112345678"},
}


def _upload(rest: Rest, cell: str) -> Any:
    file = f'phone\n"{cell}"\n'
    return rest.request("POST", "/v1/suppressions?region=DE", data=file, content_type="text/csv").json


def _json(response: TestResponse) -> Any:
    return response.json


@pytest.mark.parametrize(("cell", "numbers"), _TWO_IN_A_CELL.items())
def test_r9_every_number_that_a_cell_of_a_do_not_call_list_may_mean_is_suppressed_and_told(
    rest: Rest, cell: str, numbers: set[str]
) -> None:
    done = _upload(rest, cell)

    assert {row["phone"] for row in _json(rest.get("/v1/suppressions?limit=500"))["data"]} == numbers
    assert (done["rows"], done["accepted"], done["added"], done["invalid"]) == (1, 1, len(numbers), 0)
    assert [(note["row"], note["status"], note["code"]) for note in done["notes"]] == [
        (2, "accepted", "several_numbers")
    ]
    assert all(number in done["notes"][0]["detail"] for number in numbers)


@pytest.mark.parametrize("cell", ["0151/0152 1234567", "30231250.00", "4.930231E+11", "030 12345x12"])
def test_a_cell_of_a_do_not_call_list_that_names_nobody_surely_is_refused_and_told(rest: Rest, cell: str) -> None:
    done = _upload(rest, cell)

    assert (done["accepted"], done["invalid"], done["notes"]) == (0, 1, [])
    assert [error["row"] for error in done["errors"]] == [2]
    assert _json(rest.get("/v1/suppressions"))["data"] == []


def test_two_numbers_in_a_cell_of_a_file_of_contacts_are_refused_and_nobody_is_dialed_for_them(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rows = "030 12345/12346,Ann\n030/12347,Ben\n30231250.00,Cy\n"

    done = _json(rest.upload(campaign, "phone,first_name\n" + rows, "?region=DE"))

    assert (done["accepted"], done["invalid"]) == (1, 2)
    assert [(error["row"], error["code"]) for error in done["errors"]] == [(2, "several_numbers"), (4, "not_a_number")]
    assert [row["phone"] for row in _json(rest.get(f"/v1/contacts?campaign_id={campaign}"))["data"]] == ["+493012347"]
