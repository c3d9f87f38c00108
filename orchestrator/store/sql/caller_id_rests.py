"""Queries on the rest of one caller id: how it stands, and its end before its time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.model.campaign_status import FINAL_CAMPAIGN
from orchestrator.store.sql.state_lists import one_of

_HOLDS_IT = "p.numbers @> jsonb_build_array(jsonb_build_object('number', n.number))"
_FIND = text(
    f"""
    SELECT n.number, s.rest_ended, s.attestation,
        CASE WHEN s.resting_until > clock_timestamp() THEN s.resting_until END AS resting_until,
        CASE WHEN s.resting_until > clock_timestamp() THEN s.rested_for END AS rested_for
    FROM (SELECT CAST(:number AS text) AS number) n LEFT JOIN caller_id_states s ON s.number = n.number
    WHERE s.number IS NOT NULL OR EXISTS (SELECT 1 FROM caller_id_pools p WHERE {_HOLDS_IT})
    """  # noqa: S608 built from constants
)
_CAMPAIGNS = text(
    f"""
    SELECT k.id FROM (SELECT CAST(:number AS text) AS number) n, campaigns k
        JOIN caller_id_pools p ON p.id = k.caller_id_pool
    WHERE {_HOLDS_IT} AND k.status NOT IN {one_of(sorted(FINAL_CAMPAIGN))} ORDER BY k.id
    """  # noqa: S608 built from constants
)
_END = text(
    """
    UPDATE caller_id_states SET resting_until = clock_timestamp(),
        rest_ended = CAST(:words AS jsonb) || jsonb_build_object('at', clock_timestamp())
    WHERE number = :number AND resting_until > clock_timestamp()
    """
).bindparams(bindparam("words", type_=JSONB))


def find_caller_id(tx: Connection, number: str) -> Row[Any] | None:
    """Return a caller id that is in a pool, or of which something is known; its rest is None where that is over."""
    return tx.execute(_FIND, {"number": number}).first()


def campaigns_with(tx: Connection, number: str) -> list[str]:
    """Return the campaigns that are not over and dial from a pool with this number, in the order of their ids."""
    return list(tx.execute(_CAMPAIGNS, {"number": number}).scalars())


def end_rest(tx: Connection, number: str, words: Mapping[str, Any]) -> None:
    """End the rest of a number, if it rests, and keep who has ended it, when and why."""
    tx.execute(_END, {"number": number, "words": dict(words)})
