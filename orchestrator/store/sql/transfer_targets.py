"""Asks whether a number may be the target of a transfer: it is another person's phone that would ring."""

from __future__ import annotations

from sqlalchemy import Connection, text

from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.consent_facts import is_revoked
from orchestrator.store.sql.listed_numbers import lists_with
from orchestrator.store.sql.opt_outs import IN_FORCE

# A registry lists whom nobody may sell to; an agent may be on it.
_ON_A_LIST = lists_with(
    "CAST(:phone AS text)", where="l.kind = 'suppress' AND jsonb_exists(k.lists->'suppress', l.name)"
)
# Without a campaign (a call that came in), what is suppressed and revoked everywhere. A number of ours is an agent's.
_REFUSED = text(
    f"""
    SELECT EXISTS (SELECT 1 FROM suppressions s WHERE s.phone = :phone AND s.scope IN ('global', k.id) AND {IN_FORCE})
            OR EXISTS (SELECT 1 {_ON_A_LIST}) AS suppressed,
        {is_revoked("number_key(:phone)")} AS revoked
    FROM (SELECT 1) always LEFT JOIN campaigns k ON k.id = :campaign_id
    WHERE NOT EXISTS (SELECT 1 FROM numbers n WHERE n.number = :phone)
    """  # noqa: S608 built from constants
)


def why_not_transferred(tx: Connection, phone: str, *, campaign_id: str | None) -> Reason | None:
    """Return why calls of a campaign are not transferred to a number; None where nothing is against it."""
    row = tx.execute(_REFUSED, {"phone": phone, "campaign_id": campaign_id}).first()
    if row is None:
        return None
    if row.suppressed:
        return Reason.SUPPRESSED
    return Reason.CONSENT_REVOKED if row.revoked else None
