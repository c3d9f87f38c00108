"""The list of connections, over REST and on the command line."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from orchestrator.cli.app import app
from orchestrator.services import Services
from tests.support.api_over_http import options_for
from tests.support.rest import CONNECTION, Rest, pointers

OTHERS = ("2087", "2088")
_ADD = text("INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES (:id, 2, 3)")


@pytest.fixture
def others(services: Services) -> None:
    with services.sql.begin() as tx:
        tx.execute(_ADD, [{"id": each} for each in OTHERS])


def test_the_connection_of_the_settings_is_listed_before_anything_is_dialed(rest: Rest) -> None:
    [only] = rest.get("/v1/connections").json["data"]

    assert only == rest.get(f"/v1/connections/{CONNECTION}").json


@pytest.mark.usefixtures("others")
def test_connections_are_listed_page_by_page(rest: Rest) -> None:
    first = rest.get("/v1/connections?limit=2").json
    second = rest.get(f"/v1/connections?limit=2&cursor={first['next_cursor']}").json

    assert [each["id"] for each in (*first["data"], *second["data"])] == [CONNECTION, *reversed(OTHERS)]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "cursor", ["abc", "Y21wXzAxSg", "Y29ubmVjdGlvbl9nZw"], ids=["nothing", "of-campaigns", "no-hex"]
)
def test_a_cursor_that_no_page_has_given_is_refused(rest: Rest, cursor: str) -> None:
    assert list(pointers(rest.get(f"/v1/connections?cursor={cursor}"))) == ["?cursor"]


@pytest.mark.usefixtures("others")
def test_the_command_line_lists_them(rest: Rest) -> None:
    with options_for(rest) as options:
        shown, told = (CliRunner().invoke(app, ["connection", *options, "list", *more]) for more in ((), ("--json",)))

    assert "2088: 2 calls per second, 3 live calls, dials the countries of its caller ids" in shown.output
    assert [json.loads(line)["id"] for line in told.output.splitlines()] == [CONNECTION, *reversed(OTHERS)]
