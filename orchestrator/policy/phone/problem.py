"""The reason for which a text is not a phone number."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PhoneProblem:
    """A code of the list below, and a sentence for the client.

    not_a_number, several_numbers, extension, sip_uri; no_region, unknown_country, impossible, ambiguous. Of several and
    ambiguous ones `numbers` are all candidates as E.164, or none if one of them is unknown.
    """

    code: str
    detail: str
    numbers: tuple[str, ...] = ()
