"""Exports that are safe to open."""

from __future__ import annotations

import pytest

from orchestrator.policy.spreadsheet import safe_cell


@pytest.mark.parametrize(
    "value",
    [
        "=1+1",
        "+SUM(A1)",
        "-2+3",
        "@cmd",
        "\t=1",
        "\r=1",
        "  =HYPERLINK(1)",
        "+1 212",
        "\uff1d1+1",
        "=cmd|' /C calc'!A0",
        "\nx",
    ],
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(value: str) -> None:
    assert safe_cell(value) == f"'{value}"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("+12125550123", "+12125550123"),
        ("-5", "-5"),
        ("-5.25", "-5.25"),
        (-5, "-5"),
        (None, ""),
        (True, "true"),
        ("Ann = Bob", "Ann = Bob"),
        ("", ""),
    ],
)
def test_everything_else_stays_as_it_is(value: object, cell: str) -> None:
    assert safe_cell(value) == cell
