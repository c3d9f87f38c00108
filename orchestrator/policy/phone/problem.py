"""Why a text is no number to dial."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PhoneProblem:
    """A code of the list below, and a sentence for whoever sent the text.

    not_a_number, several_numbers, extension, sip_uri; no_region, unknown_country, impossible, ambiguous. Of several and
    ambiguous ones `numbers` are all that the text may mean, as E.164, or none when one of them cannot be told.
    """

    code: str
    detail: str
    numbers: tuple[str, ...] = ()
