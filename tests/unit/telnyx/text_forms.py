"""The forms of text that the carrier asks for, by example: a pattern or a check of our own tells them not by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, get_args

from pydantic import AfterValidator

from orchestrator.telnyx.commands import languages, values
from orchestrator.telnyx.commands.shared_fields import DisplayName, SendDigits


class Why(StrEnum):
    """What is wrong with a value."""

    MISSING = "missing"
    ENUM = "enum"
    LIMIT = "limit"
    FORM = "form"
    TYPE = "type"


@dataclass(frozen=True)
class Form:
    """Examples of what a pattern or a check takes and refuses."""

    right: tuple[str, ...]
    wrong: tuple[str, ...]
    why: Why = Why.FORM


def _language(known: Iterable[str]) -> Form:
    return Form(tuple(sorted(known)), ("tlh", ""), Why.ENUM)


_FORMS: tuple[tuple[Any, Form], ...] = (
    (values.Base64Text, Form(("AAAA", ""), ("not base64!", "a"))),
    (values.CallerId, Form(("+12", "+123456789012345"), ("3125550142", "+0125550142", "+1", "sip:a@b", "+12,1"))),
    (
        values.Destination,
        Form(("+13125550187,12w#", "+12", "sip:desk@b.test", "SIPS:b.test"), ("555", "sip:", "+13125550187,x", "")),
    ),
    (values.SipUri, Form(("sip:a@b", "SIPS:b.test"), ("desk@b.test", "+13125550187", "tel:+12", "sip:", "sip:a b"))),
    (values.UdpTarget, Form(("udp:192.0.2.1:9", "udp:[2001:db8::1]:65535"), ("192.0.2.1:9", "udp:a.test:9", "udp:"))),
    (values.HttpUrl, Form(("https://a.test/", "HTTP://a.test"), ("a.test/x", "ftp://a.test/", "https://a b", ""))),
    (values.WebsocketUrl, Form(("wss://a.test/", "ws://a.test"), ("https://a.test", "a.test", "wss://a b", ""))),
    (values.TerminatingDigit, Form(("", "#", "0"), ("##", "A"))),
    (values.ValidDigits, Form(("0123456789#*",), ("", "A", "1 2"))),
    (values.Tones, Form(("0123456789ABCDwW*#",), ("", "E", "1 2"))),
    (SendDigits, Form(("w1W2#", ""), ("E", "1 2"))),
    (DisplayName, Form(("", "A-z 0_9~!.+"), ("Élan", "a/b"))),
    (languages.GoogleLanguage, _language(languages.GOOGLE_LANGUAGES)),
    (languages.WhisperLanguage, _language(languages.WHISPER_LANGUAGES)),
    (languages.Nova2Language, _language(languages.NOVA_2_LANGUAGES)),
    (languages.AzureLanguage, _language(languages.AZURE_LANGUAGES)),
    (languages.RecordingLanguage, _language(languages.RECORDING_LANGUAGES)),
    (languages.BoostedLanguage, _language(languages.BOOSTED_LANGUAGES)),
)


def form_of(notes: tuple[Any, ...]) -> Form | None:
    """Return the form that a text has by what its type is annotated with; None where any text will do."""
    keys = _keys(notes)
    found = next((form for kind, form in _FORMS if _keys(get_args(kind)[1:]) & keys), None)
    if keys and found is None:
        raise LookupError(f"no example of {keys}: a new form belongs into this table")
    return found


def _keys(notes: tuple[Any, ...]) -> set[Any]:
    checks = {note.func for note in notes if isinstance(note, AfterValidator)}
    return checks | {pattern for note in notes if (pattern := getattr(note, "pattern", None)) is not None}
