"""Cursors say where a page begins and give away nothing that could be misused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.http.pagination import PageQuery, cut_page, decode_cursor, encode_cursor
from orchestrator.ids import new_id


class _Row:
    def __init__(self, ident: str) -> None:
        self.id = ident


def test_a_cursor_leads_back_to_its_id() -> None:
    ident = new_id("con")

    assert decode_cursor(encode_cursor(ident)) == ident


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_a_cursor(text: str) -> None:
    try:
        query = PageQuery.model_validate({"cursor": text})
    except ValidationError:
        return

    assert query.after is not None and query.after.isascii()


def test_a_full_page_tells_the_next_and_the_last_does_not() -> None:
    rows = [_Row(f"con_{n}") for n in range(3)]

    first = cut_page(rows, PageQuery(limit=2), shape=lambda row: str(row.id))
    last = cut_page(rows[:2], PageQuery(limit=2), shape=lambda row: str(row.id))

    assert first.data == ["con_0", "con_1"] and decode_cursor(first.next_cursor or "") == "con_1"
    assert last.next_cursor is None


@pytest.mark.parametrize("limit", [0, 501, -1])
def test_a_page_has_a_size(limit: int) -> None:
    with pytest.raises(ValidationError):
        PageQuery(limit=limit)
