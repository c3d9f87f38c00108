"""The D code (such as D13) of a refusal, found in the carrier's fields or texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final


class Scope(IntEnum):
    """What a D code concerns, the most urgent first."""

    ACCOUNT = 0
    ROOM = 1
    NUMBER = 2


# Response-codes page: room, then this destination; every other one concerns the account.
_ROOM: Final = frozenset({"D1", "D2", "D3", "D5", "D9", "D22", "D56"})
_NUMBER: Final = frozenset({"D11", "D12", "D13", "D21", "D24", "D40", "D41", "D59", "D60", "D61"})

# A whole word: not part of a longer word or number (ID13, D130, D1.5), an address (d2.example.com) or a mailbox.
_D_CODE: Final = re.compile(r"(?<![\w@])(?<!\d\.)[Dd]\d{1,2}(?![\w@])(?!\.[a-z\d])")
_LAST_WORD: Final = re.compile(_D_CODE.pattern + r"\W*$")


def scope_of(d_code: str) -> Scope:
    """Return what a reason concerns."""
    if d_code in _ROOM:
        return Scope.ROOM
    return Scope.NUMBER if d_code in _NUMBER else Scope.ACCOUNT


def find_d_code(telephony: Any, *texts: str, may_quote: bool = False) -> str | None:
    """Return the reason in the carrier's `telnyx_error`, else the most urgent one in its texts, in capitals.

    Texts that may quote a request value (`from_display_name "D2 Ltd" is …`) count only if the code is their last word.
    """
    error = telephony if isinstance(telephony, dict) else {}
    if named := _codes_in(_D_CODE, *_words(error, "error_code", "code")):
        return named[0]
    named_in_text = _codes_in(_D_CODE, *_words(error, "detail", "title"))
    return min(named_in_text + _codes_in(_LAST_WORD if may_quote else _D_CODE, *texts), key=scope_of, default=None)


def _words(error: Mapping[str, Any], *names: str) -> list[str]:
    return [str(error.get(name) or "") for name in names]


def _codes_in(pattern: re.Pattern[str], *texts: str) -> list[str]:
    return [re.sub(r"\W", "", found).upper() for text in texts for found in pattern.findall(text)]
