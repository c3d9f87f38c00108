"""Where a contact's time zone comes from: only an address is surer than its number."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field


class TimezoneSource(StrEnum):
    """Who says the time zone of a contact: its postal address, the customer records, or the person."""

    ADDRESS = "address"
    CRM = "crm"
    SAID = "said"


DEFAULT_SOURCE = TimezoneSource.CRM
WRITTEN_AS = {"type": "string", "enum": [source.value for source in TimezoneSource]}
"""The JSON Schema of a source."""

MEANS = (
    "Who says the timezone. Left out: crm. Unless it is the postal address, the hours of the law hold in the zones of "
    "the number, too."
)
"""What the field of a contact means, for the documentation."""

SaidSource = Annotated[TimezoneSource, Field(strict=False)]
"""The source in a request."""


def read_source(text: str) -> TimezoneSource | None:
    """Return the source written in any case; None for anything else."""
    name = text.strip().casefold()
    return TimezoneSource(name) if name in set(TimezoneSource) else None
