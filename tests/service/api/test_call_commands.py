"""`orchestrator call dial` over a real API: what it says of the person."""

from __future__ import annotations

from typer.testing import CliRunner

from orchestrator.cli.app import app
from tests.support.api_over_http import options_for
from tests.support.rest import CALLER_ID, Rest


def test_a_single_call_says_where_the_person_is_and_until_when_it_is_made(rest: Rest) -> None:
    flow_id = rest.flow()["id"]
    words = ["--to", "+12125550123", "--from", CALLER_ID, "--flow", flow_id, "--no-wait"]
    words += ["--timezone", "America/Denver", "--timezone-source", "address", "--region", "US-CO"]
    words += [
        "--ignore-hours",
        "--because",
        "a test",
        "--not-after",
        "2099-03-01T09:00Z",
        "--var",
        "first_name=Ada",
        "--var",
        "appointment=Monday",
    ]

    with options_for(rest) as options:
        done = CliRunner().invoke(app, ["call", *options, "dial", *words])

    assert done.exit_code == 0, done.output
    call = rest.get(f"/v1/calls/{done.output.split()[0]}").json or {}
    contact = rest.get(f"/v1/contacts/{call['contact_id']}").json or {}
    assert [contact[name] for name in ("timezone", "timezone_source", "region", "not_after")] == [
        "America/Denver",
        "address",
        "US-CO",
        "2099-03-01T09:00:00.000Z",
    ]
