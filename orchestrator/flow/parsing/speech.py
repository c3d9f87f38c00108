"""Checks what is to be spoken: SSML is held to be SSML with something plain in each of its places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.flow.parsing.context import Desk
from orchestrator.flow.syntax.node import Spot
from orchestrator.flow.templating.expressions import SaidText
from orchestrator.flow.templating.ssml import begins_as_ssml, ssml_fault
from orchestrator.flow.templating.templates import Template
from orchestrator.flow.templating.translations import Texts
from orchestrator.flow.vocabulary import SPOKEN_FIELDS

_IN_A_PLACE: Final = "x x"
"""What stands in for a value: text may be so and an attribute's value too, the name of neither."""


def check_speech(desk: Desk, given: Mapping[str, Spot], values: Mapping[str, Any]) -> None:
    """Tell what is no SSML although it is said to be, and what is although it is not said.

    A flow that was stored before this was checked is left as it is: its calls go on as they did.
    """
    kind = values.get("payload_type", "text")
    if desk.is_stored or isinstance(kind, Template):
        return
    for name in SPOKEN_FIELDS & values.keys():
        for written, where in _written(values[name], desk.spoken):
            _check(desk, given[name], f"{name}{where}", written, is_ssml=kind == "ssml")


def _check(desk: Desk, spot: Spot, what: str, written: str, *, is_ssml: bool) -> None:
    if not is_ssml:
        if begins_as_ssml(written):
            desk.tell(spot, f"{what} is SSML, and would be read out with its marks; add payload_type: ssml")
    elif (fault := ssml_fault(written)) is not None:
        desk.tell(spot, f"{what} is not SSML: {fault}")


def _written(value: Any, texts: Texts | None) -> Iterator[tuple[str, str]]:
    """Yield what would be spoken with its places filled, once for each language, and in which that is."""
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
    return part if isinstance(part, str) else _IN_A_PLACE
