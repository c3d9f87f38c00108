"""The code of the region where a person is, by ISO 3166-2: in countries whose law differs from one part to another.

A code of two letters is refused: CA, DE and IN are states and countries.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, NamedTuple

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

WRITTEN_AS = {
    "type": "string",
    "pattern": "^[A-Za-z]{2}-[A-Za-z]{2,3}$",
    "description": "ISO 3166-2: a part of the US, Canada, Australia or Great Britain; case does not matter.",
    "examples": ["US-FL"],
}
"""The JSON Schema of a region."""

MEANS = (
    "The state or province where the person is. Left out, the number says it. Unless the timezone comes from an "
    "address, its zones must be open, too."
)
"""What the field of a contact means, for the documentation."""

# ISO 3166-2; of the US with its outlying areas.
_PARTS: Final = {
    "US": (
        "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK "
        "OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC AS GU MP PR VI UM"
    ),
    "CA": "AB BC MB NB NL NS NT NU ON PE QC SK YT",
    "AU": "ACT NSW NT QLD SA TAS VIC WA",
    "GB": "ENG NIR SCT WLS",
}
REGIONS: Final = frozenset(f"{country}-{part}" for country, parts in _PARTS.items() for part in parts.split())
_LIKE_THIS: Final = {"US": "US-FL", "CA": "CA-ON", "AU": "AU-NSW", "GB": "GB-ENG"}


class RegionProblem(NamedTuple):
    """The reason for which a text is not the code of a region."""

    detail: str


def read_region(text: str) -> str | RegionProblem:
    """Return a region's code, written in any case, in capitals, or what to write instead."""
    code = text.strip().upper()
    if code in REGIONS:
        return code
    like_this = _LIKE_THIS.get(code.partition("-")[0] if "-" in code else "US", "US-FL")
    return RegionProblem(
        f"{text.strip()!r} is no region by ISO 3166-2 that is known here; write one such as {like_this}"
    )


def _read(value: Any) -> str:
    read = read_region(value) if isinstance(value, str) else RegionProblem(f"{value!r} is no text; write US-FL")
    if isinstance(read, RegionProblem):
        raise PydanticCustomError("unknown_region", "{why}", {"why": read.detail})
    return read


PersonsRegion = Annotated[str, BeforeValidator(_read), WithJsonSchema(WRITTEN_AS)]
"""The code of the region where a person is, in a request."""
