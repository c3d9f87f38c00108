"""The table of called persons, asked over REST of numbers that are in no campaign."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.rest import Rest

TABLE = Path(__file__).parents[2] / "unit" / "policy" / "called_person.csv"
ROWS = {row["id"]: row for row in csv.DictReader(TABLE.read_text().splitlines())}
ASKS_THE_LAW = {"25": "sales", "28": "sales", "40": None}
OF_PLACE_AND_TIME = [*"1 2 3 4 6 7 8 10 12 14 15 17 18 19 21 22 23".split(), *ASKS_THE_LAW]  # noqa: SIM905
HOURS = ("windows", "holidays")


def question(row: dict[str, str]) -> dict[str, Any]:
    said = json.loads(row["campaign_settings"])
    hours = {name: said[name] for name in HOURS if name in said} | ({"timezone": said["tz"]} if "tz" in said else {})
    others = {name: said[name] for name in ("default_timezone", "ends_at") if name in said}
    law = (
        {} if row["id"] in ASKS_THE_LAW else {"law": {"mode": "off", "because": "the row asks of the campaign's hours"}}
    )
    purpose = {"purpose": ASKS_THE_LAW.get(row["id"])}
    return {"phone": row["number"], "at": row["instant_utc"], "calling_hours": hours, **others, **law, **purpose}


@pytest.mark.parametrize("ident", OF_PLACE_AND_TIME)
def test_a_row_of_the_table_is_answered_as_it_says(rest: Rest, ident: str) -> None:
    row = ROWS[ident]

    told = rest.post("/v1/explain", question(row)).json or {}

    until = told["until"] and told["until"].replace(".000Z", "Z")
    assert (told["verdict"], told["reason"] or "", until or "") == (
        row["expected_verdict"].lower(),
        row["reason"],
        row["until_utc"],
    )
