"""The exit statuses that docs/command-line.md promises: 0 done, 1 refused or failed, 2 not understood."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.cli.app import app

ROOT = Path(__file__).parents[3]
SAMPLE = str(ROOT / "orchestrator" / "flow" / "samples" / "appointment.yaml")
NOBODY = ("--url", "http://127.0.0.1:1", "--key", "k")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("--version",), 0),
        (("campaign", "--help"), 0),
        (("flow", "check", SAMPLE), 0),
        (("flow", "check", str(ROOT / "pyproject.toml")), 1),
        (("dialing", *NOBODY, "stop", "--reason", "x"), 1),
        (("nonsense",), 2),
        (("dialing", *NOBODY, "stop"), 2),
        (("campaign", *NOBODY, "watch", "cmp_1", "--every", "often"), 2),
        (("flow", "check", "no-such-file.yaml"), 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_a_command_ends_with_the_status_that_is_documented(words: tuple[str, ...], status: int) -> None:
    assert CliRunner().invoke(app, list(words)).exit_code == status


def test_the_page_says_what_each_status_means() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text()

    assert [status for status in (0, 1, 2) if f"\n| {status} |" not in page] == []
