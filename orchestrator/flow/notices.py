"""What a flow says of itself: who calls, that a voice is artificial, that the call is recorded.

A payload says them where they stand in it: `{{ identify }}`, `{{ ai_notice }}`, `{{ recording_notice }}`. The two
notices are sentences of the engine's own, said as the flow wants: always, never, or where the law of the place asks.
Those that stand nowhere in the flow are said by the engine, in front of the first that is heard in the call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from orchestrator.policy.law.kinds import Kind
from orchestrator.policy.law.law import Law, law_for
from orchestrator.policy.law.regions import regions_of
from orchestrator.policy.purposes import DEFAULT_PURPOSE, Voice


class When(StrEnum):
    """When a notice is said."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Said(StrEnum):
    """What a payload can say of the call, by the name that stands in it."""

    IDENTITY = "identify"
    AI_NOTICE = "ai_notice"
    RECORDING_NOTICE = "recording_notice"


NOTICES: Final = (Said.AI_NOTICE, Said.RECORDING_NOTICE)
FAREWELL: Final = "_farewell"
"""The name under which a contact's view has what is said to who opts out."""

_PLACE: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}", re.ASCII)
_SENTENCES: Final[Mapping[Said, Mapping[str, str]]] = {
    Said.AI_NOTICE: {
        "en": "You are hearing an artificial voice.",
        "es": "Está escuchando una voz artificial.",
        "fr": "Vous entendez une voix artificielle.",
        "de": "Sie hören eine künstliche Stimme.",
        "it": "Sta ascoltando una voce artificiale.",
        "nl": "U hoort een kunstmatige stem.",
        "pt": "Esta é uma voz artificial.",
    },
    Said.RECORDING_NOTICE: {
        "en": "This call is recorded.",
        "es": "Esta llamada se graba.",
        "fr": "Cet appel est enregistré.",
        "de": "Dieses Gespräch wird aufgezeichnet.",
        "it": "Questa chiamata viene registrata.",
        "nl": "Dit gesprek wordt opgenomen.",
        "pt": "Esta chamada é gravada.",
    },
}
_FAREWELLS: Final[Mapping[str, str]] = {
    "en": "You will not be called again. Goodbye.",
    "es": "No volveremos a llamarle. Adiós.",
    "fr": "Nous ne vous appellerons plus. Au revoir.",
    "de": "Wir rufen Sie nicht mehr an. Auf Wiederhören.",
    "it": "Non la chiameremo più. Arrivederci.",
    "nl": "Wij bellen u niet meer. Tot ziens.",
    "pt": "Não voltaremos a ligar. Adeus.",
}
_OTHERWISE: Final = "en"
_CARRIERS: Final[Mapping[str, str]] = {
    "en": "en-US",
    "es": "es-ES",
    "fr": "fr-FR",
    "de": "de-DE",
    "it": "it-IT",
    "nl": "nl-NL",
    "pt": "pt-PT",
}


@dataclass(frozen=True, slots=True)
class SaysOfItself:
    """The fields of a flow by which it says who calls and how: see docs/flows.md."""

    identify: str | None = None
    ai_notice: When = When.AUTO
    recording_notice: When = When.AUTO
    language: str | None = None  # in which it speaks unless the contact's is known

    def when(self, notice: Said) -> When:
        """Return when a notice is said."""
        return self.ai_notice if notice is Said.AI_NOTICE else self.recording_notice

    def heard_by(self, phone: str, region: str | None, language: str, *, packs: tuple[str, ...] = ()) -> dict[str, str]:
        """Return the notices for a person by the names that templates read; empty where they are not said."""
        said = self.said_to(NOTICES, phone, region, packs=packs)
        return {hidden_name(notice): sentence(notice, language) if notice in said else "" for notice in NOTICES}

    def said_to(
        self, notices: Iterable[Said], phone: str, region: str | None, *, packs: tuple[str, ...] = ()
    ) -> tuple[Said, ...]:
        """Return those of the notices that are said to a person there, whom the law packs `packs` bind as well."""
        law = law_for(regions_of(phone, region), DEFAULT_PURPOSE, Voice.AI, also=packs)
        return tuple(notice for notice in notices if self._is_said(notice, law))

    def _is_said(self, notice: Said, law: Law) -> bool:
        when = self.when(notice)
        return when is When.ALWAYS or (when is When.AUTO and _asks_for(law, notice))


def sentence(notice: Said, language: str) -> str:
    """Return a notice in a language such as es-US; in English where it is not known in it."""
    return _in_language(_SENTENCES[notice], language)


def farewell(language: str) -> str:
    """Return what is said to who has ended the calls to them, in a language as of `sentence`."""
    return _in_language(_FAREWELLS, language)


def sentences(notices: Iterable[str], language: str) -> str:
    """Return notices as one text."""
    return " ".join(sentence(Said(notice), language) for notice in notices)


def spoken_language(language: str) -> str:
    """Return the carrier's name of the language in which a notice is said: es-ES for es or es-MX."""
    return _in_language(_CARRIERS, language)


def hidden_name(notice: Said) -> str:
    """Return the name under which a contact's view has the notice."""
    return f"_{notice}"


def expanded(text: str, identify: str | None) -> str:
    """Return a text with what stands for identity and notices written out for the template that it becomes."""

    def written(place: re.Match[str]) -> str:
        if place[1] == Said.IDENTITY and identify is not None:
            return identify
        return f"{{{{ contact.{hidden_name(Said(place[1]))} }}}}" if place[1] in NOTICES else place[0]

    return _PLACE.sub(written, text)


def said_in(text: str, identify: str | None) -> frozenset[Said]:
    """Return what a text says of the call; who calls may also stand in it word by word."""
    places = frozenset(Said(name) for name in _PLACE.findall(text) if name in set(Said))
    return places | ({Said.IDENTITY} if identify and identify in text else frozenset())


def _in_language(known: Mapping[str, str], language: str) -> str:
    return known.get(language.split("-", maxsplit=1)[0].lower(), known[_OTHERWISE])


def _asks_for(law: Law, notice: Said) -> bool:
    if notice is Said.RECORDING_NOTICE:
        return bool(law.of(Kind.RECORDING))
    return any("artificial_voice" in value.first_words for value in law.values(Kind.DISCLOSURE))
