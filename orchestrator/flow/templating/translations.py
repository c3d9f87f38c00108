"""A flow's texts by language, and the choice of a call's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.flow.templating.expressions import Scope
from orchestrator.flow.templating.values import as_text


@dataclass(frozen=True, slots=True)
class Texts:
    """The flow's texts by name and language; `language` is spoken where a contact's own is not among `languages`.

    Each text is a template or a constant of the flow.
    """

    language: str
    languages: tuple[str, ...]
    by_name: Mapping[str, Mapping[str, Any]]

    def language_for(self, contact: Mapping[str, Any]) -> str:
        """Return the contact's `language` if the texts have it, else a related one (es-MX for es), else the flow's."""
        wanted = as_text(contact.get("language")).strip().casefold().replace("_", "-")
        if not wanted:
            return self.language
        same = [known for known in self.languages if known.casefold() == wanted]
        sisters = [known for known in self.languages if _family(known) == _family(wanted)]
        return next(iter([*same, *sisters]), self.language)

    def say(self, name: str, scope: Scope, *, for_ssml: bool) -> str:
        """Return a text in the scope's language; only what is filled in is escaped for SSML, its own marks stay."""
        said = self.by_name.get(name, {}).get(scope["language"])
        return "" if said is None else as_text(said.text(scope, for_ssml=for_ssml))


def _family(language: str) -> str:
    return language.casefold().partition("-")[0]
