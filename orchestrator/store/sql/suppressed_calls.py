"""Finds the calls that still ring at a number that would not be dialed any more: an opt-out or a list says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from orchestrator.model.attempt_state import AttemptState
from orchestrator.policy.consents import OnOptOut
from orchestrator.store.sql.consent_facts import is_revoked
from orchestrator.store.sql.listed_numbers import is_kept_out
from orchestrator.store.sql.opt_outs import IN_FORCE
from orchestrator.store.sql.tables import NUMBER_GUARD

# As a scalar it is looked up by its index for each of the few calls that are open, however many numbers there are.
# After the ring limit nothing rings: a call that Redis has lost is restored as ringing, though it may be answered.
SUPPRESSED = text(
    f"""
    SELECT c.id, c.state, clock_timestamp() AS now
    FROM calls c CROSS JOIN LATERAL (SELECT * FROM campaigns WHERE id = c.campaign_id OFFSET 0) k
    WHERE {NUMBER_GUARD} AND c.state <> '{AttemptState.RESERVED}'
        AND c.last_sent_at > clock_timestamp() - make_interval(secs => c.ring_limit_s)
        AND k.on_opt_out = '{OnOptOut.HANGUP}'
        AND ((SELECT true FROM suppressions s WHERE s.phone = c.to_number AND s.scope IN ('global', k.id)
              AND {IN_FORCE} LIMIT 1) OR {is_revoked("c.number_key")}
            OR {is_kept_out("c.to_number", "k", number_key="c.number_key")})
    """  # noqa: S608 built from constants
)


def ringing_at_suppressed_numbers(tx: Connection) -> Sequence[Row[Any]]:
    """Return id, state and the database's time as `now` of each call that may ring at a number that is kept out."""
    return tx.execute(SUPPRESSED).all()
