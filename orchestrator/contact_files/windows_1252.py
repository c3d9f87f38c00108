"""Decides whether bytes are certainly Windows-1252, and not another encoding with the same bytes.

Its rivals are those that spreadsheets write: Mac Roman, DOS (437, 850), Windows-1250, -1251, -1254, -1257, ISO 8859-2
and -15, Shift JIS, GBK. Each gives an accented letter a byte that Windows-1252 reads as something that does not occur
there in a word of a language that Windows-1252 can write. One such place makes the whole file unsure: a name spoken
wrong is worse than a file to be saved once more.
"""

from __future__ import annotations

import re

_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_LOW = "a-zß-öø-ÿ"
_LETTER = "A-Za-zÀ-ÖØ-öø-ÿŠšŽžŒœŸƒ"
_ACCENTED = "À-ÖØ-öø-ÿŠšŽžŒœŸƒ"
_CONSONANT = "bcdfghjklmnpqrstvwxzBCDFGHJKLMNPQRSTVWXZ"

# Accented letters that no rival writes with the same byte but one that agrees (Windows-1250, -1254, ISO 8859), where a
# word of small letters surrounds them. They prove that the file is neither of a Mac nor of DOS.
_EVIDENCE = re.compile(
    rf"[A-Za-z][àáâãäåæçèéêëíîïñóôõöøùúüß]{{1,2}}[a-z]|[a-z][àáâãåæçèéêëíñóôöøòùúüß](?![{_LETTER}])"
    rf"|(?<![{_LETTER}])[ÄÜÅØöü][a-z]{{2}}"
    "|[A-Z][ÁÓÚÄÜß][A-Z]|[A-Z]Í[A-DF-Z]|[B-DF-HJ-NP-TV-Z][AEIOU]Ñ[AEIO]"
)

_WORDS = (
    rf"[{_ACCENTED}]{{3}}",  # Cyrillic, Greek, Hebrew, Chinese …: letter after letter beyond ASCII
    rf"(?<![{_LETTER}])[{_ACCENTED}]{{2}}(?![{_LETTER}])",
    rf"(?<![{_LETTER}])[{_ACCENTED}](?<![àÀèéå])(?![{_LETTER}])",  # a letter alone: Mac's dashes and quotes
    r"(?<=[a-zß-öø-ÿ])[À-ÖØ-ÞŠŽŒŸ]",  # a capital in the middle of a word
    r"[à-öø-ÿšžœ](?=[A-Z]{2})|(?<=[A-Z]{2})[à-öø-ÿšžœ]",  # a small letter among capitals
    rf"(?<=\d)[{_ACCENTED}](?!(?:me|re)\b)|[{_ACCENTED}](?=\d)",
    "[ŸƒŠŽŒšžýÝðÐþÞ]",  # written otherwise by a rival that is as likely
    "œ(?![ui])",
)
# Letters with another meaning in Windows-1250, -1254 or -1257, outside the places where the languages of Windows-1252
# have them: ń is ñ there, ř is ø, ć is æ, č is è, ě is ì, ň is ò, ů is ù, ő is õ, ű is û, ă is ã, ę is ê, ē is ç.
_NEIGHBORS = (
    "[ñÑ](?![aeiouáéíóúAEIOUÁÉÍÓÚ])",
    rf"(?<![{_CONSONANT}\W])[øæ]|[øæØÆ](?![{_CONSONANT}yY]|\b)|(?<![A-Za-z]{{2}})[øæ]\b",
    r"à(?!\b)",
    rf"è(?!(?:[bcdfglmnpqrstvx]|ch|gn|qu|[bcdgptv][rl])e(?:s|nt|ment)?\b|s\b|\b)|(?<![{_CONSONANT}o\W])è\b",
    "ê(?!tre|te|ts|me|che|ne|le|ve|que|s\\b|nci)",
    "ì",
    r"ò(?!\b)|(?<![rlcntvi])ò",
    r"(?<![oi])ù|ù(?!\b)",
    "õ(?!e)",
    "(?<!o)(?<!br)û",
    "ã(?![oe])",
    "ç(?![aouáâãóôõúA-Z])|Ç(?![aeiouAEIOUÂÃÕ])",
    "(?<![aeiouAEIOU])ë",
    "(?<![aeouAEOU])ï|ï(?![bcdfghjklmnpqrstvwxzé])",
    rf"(?<![{_LETTER}\d])[îâôûùìòõãñèêçë](?!le)",
    "äe|ÿ|[ÈÊËÌÏÒÙÕÃÆ](?![A-Z])|[ÌÏÒÙÛÕ]",
    "Ö(?=[AEIOU])|(?<=[AEIOU])Ö",
    r"(?:ei|ie|au|eu|a|o)á|uá\b",  # ß of DOS
)
_PLACES = (
    f"[{_LOW}][¡¢£¤¥¦§¨ª¬¯±²³´µ¶¸¹º¼½¾¿ˆ˜‰†‡‹›€‚„‘“™\xad](?=[{_LETTER}])",
    f"(?<=[{_LETTER}]{{2}})[¢£¤¥¦§¨¬¯±²³´µ¶¸¹¼½¾¿¡ˆ˜‰†‡‚„€]",
    f"[¢£¤¥¦§¨¬¯±²³´µ¶¸¹º¼½¾ˆ˜‰†‡‚‹€ª](?=[{_LETTER}])",
    '[¿¡](?![A-ZÁÉÍÓÚÑ"“])',
    "[¤ˆ˜‡†¦¨¯¸]",
    f"[{_LETTER}][\xa0](?=[a-z])|(?<=[A-Z])\xa0(?=[a-z])",
    f"(?<=[{_LOW}])[–—…”](?=[{_LOW}])",
    "„(?![^“”]*[“”])",
)
_DOUBTFUL = re.compile("|".join((*_WORDS, *_NEIGHBORS, *_PLACES)))

# Punctuation that is the same on every Windows, and a letter on a Mac (í ì î ñ ó …): sure beside evidence, and where no
# letter can occur.
_SURE_PUNCTUATION = re.compile(
    r"(?<=[A-Za-z])’(?=[A-Z])|(?<=n)’(?=t\b)|(?<=[a-z])’(?=(?:re|ve|ll)\b)|(?<=I)’(?=m\b)"
    r"|(?<=[\s\d])[–—](?=[\s\d])|“(?=[A-Z])|€(?=\s?\d)|(?<=\d)\s?€(?!\w)"
)


class Judgement:
    """Examines the non-ASCII lines of a file; `is_sure` if all are Windows-1252 and nothing else."""

    def __init__(self) -> None:
        self._is_doubtful = False
        self._has_evidence = False
        self._has_open_punctuation = False

    def hear(self, line: bytes) -> None:
        """Examine one line."""
        if self._is_doubtful:
            return
        if _UNDEFINED.search(line):
            self._is_doubtful = True
            return
        text = line.decode("cp1252")
        self._is_doubtful = _DOUBTFUL.search(text) is not None
        self._has_evidence = self._has_evidence or _EVIDENCE.search(text) is not None
        if not self._has_evidence and not self._has_open_punctuation:
            rest = _SURE_PUNCTUATION.sub("", text)
            self._has_open_punctuation = not rest.isascii()

    @property
    def is_sure(self) -> bool:
        """Whether the file is surely Windows-1252."""
        return not self._is_doubtful and (self._has_evidence or not self._has_open_punctuation)
