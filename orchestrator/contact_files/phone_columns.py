"""Recognizes the phone column of a file by its name."""

from __future__ import annotations

import re
import unicodedata

from orchestrator.policy.visible_text import visible

_KINDS = "mobile|mobil|mob|cell|home|work|business|office|main|primary|contact|customer|client|daytime|evening|other"
_THING = "phone|telephone|telefon|tel|mobile|mobil|mob|cell|cellphone|cellular|msisdn|whatsapp|gsm"
# Address books: `Phone 1 - Value` (Google), `Mobile Phone`, `Home Phone 2` (Outlook), `phone_number` (lead forms).
_ENGLISH = re.compile(
    rf"({_KINDS})?({_THING})({_KINDS})?\d?(number|numbers|no|nr|num|value)?(e164|international)?|e164|phonee164"
)
# In other languages, as `letters_of` writes them.
_BY_LANGUAGE = (
    "contactnumber contactno",
    "telefonnummer telefonnr telefonnumer handy handynummer handynr mobilnummer mobilnr mobiltelefon mobilfunk",
    "mobilfunknummer rufnummer rufnr festnetz festnetznummer",
    "telefono telefonos numerotelefono numerodetelefono nrodetelefono notelefono telefonomovil telefonocelular movil",
    "celular numerodecelular numerocelular numerodemovil telefonofijo cel",
    "telefone telemovel numerodetelefone numerodotelefone telefonecelular",
    "ndetelephone nodetelephone numerodetelephone numerotelephone telephoneportable telephonemobile telephonefixe",
    "portable numeroportable",
    "cellulare telefonocellulare numerodicellulare numeroditelefono numerocellulare",
    "telefoon telefoonnummer mobiel mobielnummer mobielenummer gsmnummer",
    "telefonnumret telefonnumre mobiltelefonnummer matkapuhelin puhelin puhelinnumero",
    "numertelefonu nrtelefonu telefonkomorkowy komorka telefonnicislo telefonszam mobilszam numardetelefon",
    "telefonnumarasi ceptelefonu cepnumarasi gsmno",
    "телефон номертелефона мобильныи мобильныителефон сотовыи телефонныиномер τηλεφωνο κινητο",
    "電話 電話番号 携帯 携帯電話 携帯番号 电话 电话号码 手机 手机号 手机号码 聯絡電話",
    "전화 전화번호 휴대폰 휴대폰번호 핸드폰 טלפון נייד هاتف جوال موبايل",
)
_NAMES = frozenset(" ".join(_BY_LANGUAGE).split())


def letters_of(name: str) -> str:
    """Return the letters and digits of a column's name alone, without case and accents."""
    parts = unicodedata.normalize("NFKD", visible(name)).casefold()
    bare = "".join(letter for letter in parts if letter.isalnum())
    return unicodedata.normalize("NFC", bare)


def may_be_phone(name: str) -> bool:
    """Return whether a column of this name may hold the phone numbers."""
    letters = letters_of(name)
    return letters in _NAMES or _ENGLISH.fullmatch(letters) is not None
