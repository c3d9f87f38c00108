"""The documented table of test numbers matches the code."""

from __future__ import annotations

import re
from pathlib import Path

from simulator.callees.test_numbers import TEST_NUMBERS, callee_for

_PAGE = Path(__file__).resolve().parents[3] / "docs" / "simulator.md"
_ROW = re.compile(r"^\| (\d\d)(?: to (\d\d))? \| (.+) \|$", re.MULTILINE)


def _documented() -> dict[str, str]:
    rows: dict[str, str] = {}
    for first, last, says in _ROW.findall(_PAGE.read_text(encoding="utf-8")):
        rows.update({f"{nth:02}": says for nth in range(int(first), int(last or first) + 1)})
    return rows


def test_the_documented_rows_are_the_test_numbers() -> None:
    documented = _documented()

    ranges = {digits for digits in TEST_NUMBERS if digits[0] in "08"}
    assert set(documented) == set(TEST_NUMBERS)
    assert {digits: documented[digits] for digits in set(TEST_NUMBERS) - ranges} == {
        digits: known.says for digits, known in TEST_NUMBERS.items() if digits not in ranges
    }


def test_a_row_for_a_range_describes_each_of_its_numbers() -> None:
    documented = _documented()

    assert {documented[f"0{digit}"] for digit in range(10)} == {"human, presses that digit when asked"}
    assert all(TEST_NUMBERS[f"0{digit}"].persona.presses == str(digit) for digit in range(10))
    assert {documented[f"8{nth}"] for nth in range(10)} == {
        "human, answers after five times the last digit in seconds (80: at once), presses 1"
    }
    assert [TEST_NUMBERS[f"8{nth}"].persona.rings_s for nth in range(1, 10)] == [5 * nth for nth in range(1, 10)]


def test_other_numbers_are_not_test_numbers() -> None:
    assert callee_for("+14155550201") is None
    assert callee_for("+14155550199") is None
    assert callee_for("+441632960101") is None
