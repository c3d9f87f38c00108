"""The page on policy shows every rule of every pack."""

from __future__ import annotations

from tests.support.law_table import PAGE, page_part


def test_the_page_shows_the_packs_as_they_are() -> None:
    assert page_part() in PAGE.read_text(), "run `python -m tests.support.law_table`"
