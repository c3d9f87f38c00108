"""What the carrier says of the numbers of pools."""

from __future__ import annotations

from sqlalchemy import Connection, text

_TO_ASK = text(
    """
    SELECT DISTINCT each->>'number' AS number, s.attested_at
    FROM caller_id_pools p CROSS JOIN jsonb_array_elements(p.numbers) AS each
        LEFT JOIN caller_id_states s ON s.number = each->>'number'
    WHERE s.attested_at IS NULL OR s.attested_at < now() - interval '1 day'
    ORDER BY s.attested_at NULLS FIRST, number LIMIT :limit
    """
)
_KEEP = text(
    """
    INSERT INTO caller_id_states (number, attestation, attested_at) VALUES (:number, :attestation, now())
    ON CONFLICT (number) DO UPDATE SET attestation = EXCLUDED.attestation, attested_at = EXCLUDED.attested_at
    """
)


def numbers_to_ask(tx: Connection, *, limit: int) -> list[str]:
    """Return numbers of pools that the carrier was not asked about in the last day."""
    return list(tx.execute(_TO_ASK, {"limit": limit}).scalars())


def keep_attestation(tx: Connection, number: str, attestation: str | None) -> None:
    """Keep what the carrier says of a number; None for one that it does not know."""
    tx.execute(_KEEP, {"number": number, "attestation": attestation})
