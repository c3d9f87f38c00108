"""Fields that stand in a file reach the API as they were written."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.cli.upload import read_document


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("2026-11-28T21:00:00-02:30", "2026-11-28T21:00:00-02:30"),
        ("2026-11-28T21:00:00Z", "2026-11-28T21:00:00+00:00"),
        ("2026-11-28 21:00:00 +05:45", "2026-11-28T21:00:00+05:45"),
        ("2026-11-28T21:00:00", "2026-11-28T21:00:00"),  # refused by the API, with the form to write
        ("2026-11-28", "2026-11-28"),
        ('"2026-11-28T21:00:00-02:30"', "2026-11-28T21:00:00-02:30"),
        ("09:00", "09:00"),
    ],
)
def test_a_time_in_a_file_keeps_its_offset(tmp_path: Path, written: str, sent: str) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(f"starts_at: {written}\nhours: [{{start: {written}}}]\n")

    assert read_document(file) == {"starts_at": sent, "hours": [{"start": sent}]}
