"""Reads what a flow says, by language: every text in every language."""

from __future__ import annotations

import re
from typing import Any, Final

from orchestrator.flow.parsing.context import WORD, Desk
from orchestrator.flow.syntax.node import Kind, Spot
from orchestrator.flow.templating.translations import Texts

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)


def read_texts(desk: Desk, spot: Spot | None, language: Spot | None) -> Texts | None:
    """Return the texts, or None for a flow without; a translation that is missing is told by language and text."""
    if spot is None:
        if language is not None:
            desk.tell(language, "language says which of the texts are spoken, and there are no texts")
        return None
    if not desk.expect(spot, Kind.MAP, "texts"):
        return None
    by_name = {name: _text(desk, name, entry) for name, entry in spot.entries()}
    own = _own_language(desk, spot, language)
    languages = tuple(dict.fromkeys([*([own] if own else []), *(each for text in by_name.values() for each in text)]))
    for name, entry in spot.entries():
        for missing in (each for each in languages if entry.kind is Kind.MAP and entry.child(each) is None):
            said = f"; the texts are said in {', '.join(languages)}"
            desk.tell(entry, f"the text {name} has no {missing}{said}", line=entry.node.key_line)
    return Texts(own or "", languages, by_name)


def _text(desk: Desk, name: str, spot: Spot) -> dict[str, Any]:
    if not WORD.fullmatch(name):
        desk.tell(spot, f"{name} is no name for a text: letters, digits and _", line=spot.node.key_line)
    if not desk.expect(spot, Kind.MAP, f"the text {name}"):
        return {}
    if not spot.entries():
        desk.tell(spot, f"the text {name} has no languages, as in {{en-US: Hello, es-US: Hola}}")
    for language, entry in spot.entries():
        _check_language(desk, entry, language)
    known = [(language, entry) for language, entry in spot.entries() if _is_text(desk, entry, name)]
    return {language: desk.value(entry, f"the text {name}") for language, entry in known}


def _own_language(desk: Desk, texts: Spot, spot: Spot | None) -> str | None:
    """Return the flow's language, else the one its input `language` has by default."""
    if spot is not None:
        language = desk.text(spot, "language")
        if language is not None:
            _check_language(desk, spot, language)
        return language
    default = desk.inputs["language"].default if "language" in desk.inputs else None
    if isinstance(default, str) and default:
        return default
    desk.tell(texts, "texts need the flow's language: the one that is spoken where a contact's is not among them")
    return None


def _is_text(desk: Desk, spot: Spot, name: str) -> bool:
    return desk.text(spot, f"the text {name}") is not None


def _check_language(desk: Desk, spot: Spot, language: str) -> None:
    if not _LANGUAGE.fullmatch(language):
        desk.tell(spot, f"{language} is no language; write one such as en-US or es", line=spot.node.key_line)
