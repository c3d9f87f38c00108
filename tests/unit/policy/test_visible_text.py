"""What cannot be seen is not part of what was written."""

from __future__ import annotations

import unicodedata

import pytest

from orchestrator.policy.visible_text import visible

_WITHOUT_WIDTH = [
    "\u00ad", "\u034f", "\u061c", "\u115f", "\u180e", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f",
    "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2060", "\u2061", "\u2066", "\u2067", "\u2068",
    "\u2069", "\u206f", "\u3164", "\ufe0f", "\ufeff", "\uffa0", "\U000e0001", "\U000e0061", "\U000e0100",
]  # fmt: skip


@pytest.mark.parametrize("mark", _WITHOUT_WIDTH, ids=lambda mark: f"U+{ord(mark):04X}")
def test_what_has_no_width_is_gone_wherever_it_stands(mark: str) -> None:
    assert visible(f"{mark}+46{mark}8 123{mark}") == "+468 123"


@pytest.mark.parametrize("blank", [chr(c) for c in range(0x10000) if unicodedata.category(chr(c)) == "Zs"] + ["\u2800"])
def test_every_blank_is_a_space_and_none_stands_at_the_ends(blank: str) -> None:
    assert visible(f"{blank}Time{blank}Zone{blank}\t") == "Time Zone"


@pytest.mark.parametrize("mark", ["\n", "\x85", "\u2028", "\u2029"])
def test_a_line_break_inside_stays_one(mark: str) -> None:
    assert visible(f"one{mark}two{mark}") == "one\ntwo"


@pytest.mark.parametrize("text", ["Größe", "naïve", "e\u0301", "電話", "\u0663", "\uff0b49", "☎", "a\x00b", "\u0600"])
def test_what_can_be_seen_stays_as_it_is(text: str) -> None:
    assert visible(text) == text
