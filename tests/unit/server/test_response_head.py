"""The head of an answer as it stands on the wire."""

from __future__ import annotations

import pytest

from api.server.response_head import head_bytes


@pytest.mark.parametrize("given", [[], [("Date", "Sun, 01 Mar 2026 10:00:00 GMT")]], ids=["ours", "the application's"])
def test_an_answer_has_one_date(given: list[tuple[str, str]]) -> None:
    head = head_bytes("200 OK", given, framing="").decode()

    assert head.count("\r\nDate: ") == 1
    assert all(f"\r\n{name}: {value}\r\n" in head for name, value in given)
