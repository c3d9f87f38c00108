"""Ends contacts that are still open in campaigns that have ended, where they would never be dialed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from orchestrator.model.campaign_status import FINAL_CAMPAIGN, CampaignStatus
from orchestrator.model.contact_status import CLAIMABLE, ContactStatus
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql.state_changes import sources_of
from orchestrator.store.sql.state_lists import IS_CLAIMABLE, one_of

BATCH = 200  # some 20 ms: several indexes are written for each

# The index of claims holds open contacts alone: one probe for each campaign that has any, whatever ever ended.
ENDED = text(
    f"""
    WITH RECURSIVE open (id) AS (
        SELECT min(campaign_id) FROM contacts WHERE {IS_CLAIMABLE}
        UNION ALL
        SELECT (SELECT min(campaign_id) FROM contacts WHERE {IS_CLAIMABLE} AND campaign_id > open.id)
        FROM open WHERE open.id IS NOT NULL
    )
    SELECT g.id FROM open JOIN campaigns g ON g.id = open.id
    WHERE g.status IN {one_of(FINAL_CAMPAIGN)} AND g.kind = 'campaign'
    """  # noqa: S608 built from constants
)
_MAY_END = sources_of(ContactStatus.CANCELED, ContactStatus.EXHAUSTED, ContactStatus.EXPIRED, among=CLAIMABLE)
_END = f"""
    UPDATE contacts c SET updated_at = now(), due_at = NULL,
        status = CASE WHEN g.status = '{CampaignStatus.CANCELED}' THEN '{ContactStatus.CANCELED}'
                      WHEN c.due_at IS NULL THEN '{ContactStatus.EXHAUSTED}' ELSE '{ContactStatus.EXPIRED}' END,
        reason = CASE WHEN g.status = '{CampaignStatus.CANCELED}' THEN '{Reason.CAMPAIGN_CANCELED}'
                      WHEN c.due_at IS NULL THEN c.reason ELSE '{Reason.CAMPAIGN_ENDED}' END
    FROM campaigns g WHERE g.id = c.campaign_id AND g.status IN {one_of(FINAL_CAMPAIGN)} AND c.id IN (
        SELECT id FROM contacts WHERE campaign_id = :campaign_id AND status IN {_MAY_END}
        {{order}} LIMIT :most FOR UPDATE {{skip}})
"""  # noqa: S608 built from constants
_END_FREE = text(_END.format(order="", skip="SKIP LOCKED"))
_END_ALL = text(_END.format(order="ORDER BY id", skip=""))  # who waits locks in the order of all
_CALLING = text(
    f"SELECT 1 FROM contacts WHERE campaign_id = :campaign_id AND status = '{ContactStatus.CALLING}' "  # noqa: S608
    "ORDER BY id FOR SHARE"
)


def ended_with_open_contacts(tx: Connection) -> Sequence[str]:
    """Return the campaigns that have ended and still have contacts that wait or are held."""
    return tx.execute(ENDED).scalars().all()


def end_batch(tx: Connection, campaign_id: str, *, skip_locked: bool = True) -> int:
    """End up to a batch of the open contacts of a campaign that has ended; return how many.

    With `skip_locked` those that another transaction has locked are left out, else they are waited for.
    """
    statement = _END_FREE if skip_locked else _END_ALL
    return tx.execute(statement, {"campaign_id": campaign_id, "most": BATCH}).rowcount


def wait_for_moves(tx: Connection, campaign_id: str) -> None:
    """Wait for each transaction that is finishing a call of a contact; later ones see that the campaign has ended."""
    tx.execute(_CALLING, {"campaign_id": campaign_id})
