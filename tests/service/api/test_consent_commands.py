"""`orchestrator consent` over a real API: what is recorded, and how it is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner

from orchestrator.cli.app import app
from tests.support.api_over_http import options_for
from tests.support.rest import Rest, fresh_number

Run = Callable[..., str]


@pytest.fixture
def run(rest: Rest) -> Iterator[Run]:
    with options_for(rest) as options:

        def run(command: str, *words: str, fails: bool = False) -> str:
            done = CliRunner().invoke(app, ["consent", *options, command, *words])
            assert (done.exit_code != 0) == fails, done.output
            return done.output

        yield run


def test_a_consent_is_recorded_revoked_and_shown(run: Run) -> None:
    number = fresh_number()
    given = (
        "--kind",
        "written",
        "--purpose",
        "sales",
        "--purpose",
        "survey",
        "--text",
        "Call me.",
        "--source",
        "form 7",
    )

    run("add", number, *given, "--at", "2026-11-02T09:00Z", "--evidence", "https://example.test/7")
    run("revoke", number, "--channel", "sms", "--words", "STOP", "--at", "2026-11-03T09:00Z")
    run("revoke", number, "--channel", "agent", "--words", "No offers", "--subject", "Offers")

    *_, one, taken, first = run("show", number).strip().splitlines()
    assert first == "2026-11-02T09:00:00.000Z written consent for sales, survey: Call me. (form 7)"
    assert taken == "2026-11-03T09:00:00.000Z revoked all calls by sms: STOP"
    assert one.endswith("revoked calls about Offers by agent: No offers")


def test_what_is_shown_as_json_is_what_the_api_says(run: Run, rest: Rest) -> None:
    number = fresh_number()
    run("revoke", number, "--channel", "mail", "--words", "I take it back.")

    shown = [json.loads(line) for line in run("show", number, "--json").splitlines()]

    assert shown == rest.get(f"/v1/consents?phone=%2B{number[1:]}").json["data"]


def test_nothing_on_record_is_said(run: Run) -> None:
    assert run("show", "+12125550123") == "nothing is on record for +12125550123\n"


@pytest.mark.parametrize(
    "words",
    [
        ("--channel", "fax", "--words", "STOP"),
        ("--channel", "sms", "--words", "STOP", "--at", "yesterday"),
    ],
)
def test_what_is_wrong_records_nothing(run: Run, words: tuple[str, ...]) -> None:
    number = fresh_number()

    run("revoke", number, *words, fails=True)

    assert "nothing is on record" in run("show", number)
