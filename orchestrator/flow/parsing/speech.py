"""Checks spoken text: SSML must be valid with plain text in place of each template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.flow.parsing.context import ParseContext
from orchestrator.flow.syntax.node import DocumentNode
from orchestrator.flow.templating.expressions import SaidText
from orchestrator.flow.templating.ssml import begins_as_ssml, ssml_fault
from orchestrator.flow.templating.templates import Template
from orchestrator.flow.templating.translations import Texts
from orchestrator.flow.vocabulary import SPOKEN_FIELDS

_PLACEHOLDER: Final = "x x"
"""Stands in for a template: valid as text and as an attribute's value, but not as a name."""


def check_speech(context: ParseContext, given: Mapping[str, DocumentNode], values: Mapping[str, Any]) -> None:
    """Report what is declared SSML and is not, and what is SSML and not declared.

    Stored flows are not checked: they were accepted without this check, and their calls go on.
    """
    kind = values.get("payload_type", "text")
    if context.is_stored or isinstance(kind, Template):
        return
    for name in SPOKEN_FIELDS & values.keys():
        for written, where in _written(values[name], context.translations):
            _check(context, given[name], f"{name}{where}", written, is_ssml=kind == "ssml")


def _check(context: ParseContext, node: DocumentNode, what: str, written: str, *, is_ssml: bool) -> None:
    if not is_ssml:
        if begins_as_ssml(written):
            context.report(node, f"{what} is SSML, and would be read out with its marks; add payload_type: ssml")
    elif (fault := ssml_fault(written)) is not None:
        context.report(node, f"{what} is not SSML: {fault}")


def _written(value: Any, texts: Texts | None) -> Iterator[tuple[str, str]]:
    """Yield the text with placeholders filled in, once per language, with the words that name the language."""
    if isinstance(value, str):
        yield value, ""
    elif isinstance(value, Template):
        says = texts is not None and any(isinstance(part, SaidText) for part in value.parts)
        for language in texts.languages if says and texts else ("",):
            parts = (_part(part, texts, language) for part in value.parts)
            yield "".join(parts), f" in {language}" if language else ""


def _part(part: Any, texts: Texts | None, language: str) -> str:
    if isinstance(part, SaidText) and texts is not None:
        said = texts.by_name.get(part.name, {}).get(language)
        return "".join(written for written, _ in _written(getattr(said, "given", said), None))
    return part if isinstance(part, str) else _PLACEHOLDER
