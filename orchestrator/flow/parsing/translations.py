"""Parses the flow's texts: each in every language."""

from __future__ import annotations

import re
from typing import Any, Final

from orchestrator.flow.parsing.context import WORD, ParseContext
from orchestrator.flow.syntax.node import DocumentNode, Kind
from orchestrator.flow.templating.translations import Texts

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)


def read_texts(context: ParseContext, node: DocumentNode | None, language: DocumentNode | None) -> Texts | None:
    """Return the texts, or None for a flow without; report missing translations by text and language."""
    if node is None:
        if language is not None:
            context.report(language, "language says which of the texts are spoken, and there are no texts")
        return None
    if not context.expect(node, Kind.MAP, "texts"):
        return None
    by_name = {name: _text(context, name, entry) for name, entry in node.entries()}
    own = _own_language(context, node, language)
    languages = tuple(dict.fromkeys([*([own] if own else []), *(each for text in by_name.values() for each in text)]))
    for name, entry in node.entries():
        for missing in (each for each in languages if entry.kind is Kind.MAP and entry.child(each) is None):
            said = f"; the texts are said in {', '.join(languages)}"
            context.report(entry, f"the text {name} has no {missing}{said}", line=entry.key_line)
    return Texts(own or "", languages, by_name)


def _text(context: ParseContext, name: str, node: DocumentNode) -> dict[str, Any]:
    if not WORD.fullmatch(name):
        context.report(node, f"{name} is no name for a text: letters, digits and _", line=node.key_line)
    if not context.expect(node, Kind.MAP, f"the text {name}"):
        return {}
    if not node.entries():
        context.report(node, f"the text {name} has no languages, as in {{en-US: Hello, es-US: Hola}}")
    for language, entry in node.entries():
        _check_language(context, entry, language)
    known = [(language, entry) for language, entry in node.entries() if _is_text(context, entry, name)]
    return {language: context.value(entry, f"the text {name}") for language, entry in known}


def _own_language(context: ParseContext, texts: DocumentNode, node: DocumentNode | None) -> str | None:
    """Return the flow's language, else the default of its input `language`."""
    if node is not None:
        language = context.text(node, "language")
        if language is not None:
            _check_language(context, node, language)
        return language
    default = context.inputs["language"].default if "language" in context.inputs else None
    if isinstance(default, str) and default:
        return default
    context.report(texts, "texts need the flow's language: the one that is spoken where a contact's is not among them")
    return None


def _is_text(context: ParseContext, node: DocumentNode, name: str) -> bool:
    return context.text(node, f"the text {name}") is not None


def _check_language(context: ParseContext, node: DocumentNode, language: str) -> None:
    if not _LANGUAGE.fullmatch(language):
        context.report(node, f"{language} is no language; write one such as en-US or es", line=node.key_line)
