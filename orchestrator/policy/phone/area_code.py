"""The area code of a number: where a landline is, and in North America a mobile, too."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers


@lru_cache(maxsize=4096)
def area_code(e164: str) -> str | None:
    """Return the country code and the area code of a number, as in `+1212`; None for a number without one."""
    if e164.startswith("+1"):
        return e164[:5] if len(e164) == 12 else None
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return None
    length = phonenumbers.length_of_geographical_area_code(number)
    national = phonenumbers.national_significant_number(number)
    return f"+{number.country_code}{national[:length]}" if length else None
