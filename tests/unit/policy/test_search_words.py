"""The words a person is found by, and those that somebody looks for."""

from __future__ import annotations

import pytest

from orchestrator.policy.search_words import asked_words, may_be_phone, trigrams_of, words_of


def test_words_are_folded_and_stand_once() -> None:
    said = {"name": "José  José", "note": "ÅNGSTRÖM\tWidth ﬁne", "yes": True, "n": 12, "nothing": None}

    assert words_of(said, "CRM-1") == "crm-1 jose angstrom width fine 12"


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("Łukasz Żółć", "lukasz zolc"),
        ("Søren Ødegård", "soren odegard"),
        ("Ægir Þórsson", "aegir thorsson"),
        ("Işıl Yılmaz", "isil yilmaz"),
        ("O'Brien", "O’Brien"),
        ("D´Angelo", "d'angelo"),
        ("Smith–Jones", "smith-jones"),
        ("An\u200bna\u00a0Maria", "anna maria"),
        ("Anna", "\ufeffanna\u200b"),
    ],
)
def test_a_name_is_found_however_a_keyboard_or_a_program_writes_it(said: str, asked: str) -> None:
    words = words_of({"name": said}, None)

    assert all(word in words for word in asked_words(asked))
    assert words_of({"name": asked}, None) == words


def test_what_is_too_long_is_found_by_its_beginning() -> None:
    assert words_of({"text": "abc " * 100 + "end", "long": "x" * 300}, None) == f"abc {'x' * 200}"
    many = words_of({f"v{n}": f"word{n:04}" for n in range(200)}, None)
    assert len(many) <= 1_000 and many.endswith(f"word{len(many.split()) - 1:04}")


@pytest.mark.parametrize(
    ("text", "words"), [("Ada  LOVE", ["love", "ada"]), ("a bc", []), ("", []), ("li wu ann", ["ann", "li", "wu"])]
)
def test_one_word_at_least_must_be_long_enough_to_be_looked_for(text: str, words: list[str]) -> None:
    assert asked_words(text) == words


def test_trigrams_are_those_within_words() -> None:
    assert trigrams_of(["abcd", "bcd", "xy"]) == ["abc", "bcd"]


@pytest.mark.parametrize(
    ("text", "is_phone"),
    [
        ("+1 (212) 555-0187", True),
        ("030/1234567", True),
        ("\u202a(212)\u00a0555\u20110187\u202c", True),
        ("123456", False),
        ("crm-1234567", False),
        ("٠١٢٣٤٥٦٧", False),
    ],
)
def test_a_phone_is_known_by_its_signs(text: str, is_phone: bool) -> None:
    assert may_be_phone(text) is is_phone
