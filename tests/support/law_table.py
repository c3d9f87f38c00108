"""Writes the table of docs/policy.md that shows every rule of every pack.

`python -m tests.support.law_table` rewrites it; a test holds the page against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from orchestrator.policy.law.kinds import Kind
from orchestrator.policy.law.packs import Pack, all_packs
from orchestrator.policy.law.rule import Rule
from orchestrator.policy.purposes import Purpose, Voice
from orchestrator.policy.weekly_hours import WEEK, Window

PAGE = Path(__file__).resolve().parents[2] / "docs" / "policy.md"
BEGIN, END = "<!-- written by tests/support/law_table.py -->", "<!-- until here: packs -->"


def page_part() -> str:
    """Return what stands on the page between the two marks."""
    return "\n".join([BEGIN, "", *_rows(), "", END])


def _rows() -> Iterator[str]:
    yield "| pack | kind | rule | purposes, voices | source | how sure |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for pack in all_packs().values():
        for rule in pack.rules:
            yield _row(pack, rule)


def _row(pack: Pack, rule: Rule) -> str:
    row = rule.row
    cells = (
        f"`{pack.name}` {pack.title}",
        f"`{row.kind}`",
        _value(row.kind, row.value),
        _bound(rule),
        row.source,
        f"{row.confidence}, {row.as_of}",
    )
    return f"| {' | '.join(cells)} |"


def _value(kind: Kind, value: Any) -> str:
    if kind is Kind.WINDOW:
        return ", ".join(map(_window, value))
    if kind is Kind.HOLIDAYS:
        return f"{value.calendar}: {', '.join(value.days)}"
    assert isinstance(value, BaseModel)
    said = value.model_dump(mode="json", exclude_unset=True)
    return ", ".join(f"{name} {_word(said[name])}" for name in said)


def _window(window: Window) -> str:
    days = window.days
    is_run = len(days) > 1 and WEEK.index(days[-1]) - WEEK.index(days[0]) == len(days) - 1
    named = f"{days[0]}–{days[-1]}" if is_run else " ".join(days)
    return f"{named} {window.start}–{window.end}"


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(sorted(value)) if isinstance(value, list) else str(value)


def _bound(rule: Rule) -> str:
    purposes = sorted(rule.row.purposes) if rule.row.purposes != frozenset(Purpose) - {Purpose.EMERGENCY} else ["all"]
    voices = sorted(rule.row.voices) if rule.row.voices != frozenset(Voice) else []
    return ", ".join(purposes) + (f"; {', '.join(voices)}" if voices else "")


if __name__ == "__main__":
    page = PAGE.read_text()
    PAGE.write_text(re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: page_part(), page, flags=re.DOTALL))
