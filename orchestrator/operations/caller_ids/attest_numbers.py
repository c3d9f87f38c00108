"""Asks the carrier which numbers of pools are ours: networks attest those fully, and verified ones in part."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Engine

from orchestrator.store.sql.caller_id_attestation import keep_attestation, numbers_to_ask
from orchestrator.telnyx.client import TelnyxClient

ASKED_AT_ONCE = 5


class Attestation(StrEnum):
    """Whose a caller id is, by the carrier: Telnyx attests an owned number A, a verified one B (STIR/SHAKEN)."""

    OWNED = "owned"
    VERIFIED = "verified"


def attest_numbers(sql: Engine, carrier: TelnyxClient) -> int:
    """Ask about numbers that were never asked about, or a day ago, a few at once; return how many.

    Raises CarrierUnavailable or CarrierRefused: what is kept stays as it is.
    """
    with sql.connect() as tx:
        numbers = numbers_to_ask(tx, limit=ASKED_AT_ONCE)
    for number in numbers:
        attestation = _ask(carrier, number)
        with sql.begin() as tx:
            keep_attestation(tx, number, attestation)
    return len(numbers)


def _ask(carrier: TelnyxClient, number: str) -> Attestation | None:
    if carrier.own_number(number) is not None:
        return Attestation.OWNED
    return Attestation.VERIFIED if carrier.is_verified(number) else None
