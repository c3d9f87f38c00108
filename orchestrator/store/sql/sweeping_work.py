"""Says in one statement which sweepers have something to do: most of the time most of them have nothing."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Connection, text

from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.store.sql.bulk_changes import IS_INTERRUPTED
from orchestrator.store.sql.campaigns import IS_DUE
from orchestrator.store.sql.dial_ledger import REPEAT_AFTER_S, SENT_IN_THE_FUTURE
from orchestrator.store.sql.due_campaigns import IS_LATE, IS_OVER
from orchestrator.store.sql.ended_campaigns import ENDED
from orchestrator.store.sql.installation_policy import IS_TO_RELEASE as CAPS_HAVE_CHANGED
from orchestrator.store.sql.list_contents import IS_SILENT, TO_SWEEP
from orchestrator.store.sql.list_releases import IS_TO_RELEASE
from orchestrator.store.sql.suppressed_calls import SUPPRESSED


class Work(StrEnum):
    """Something that a sweeper does."""

    SENDS = "sends"
    SUPPRESSED = "suppressed"
    CAMPAIGNS = "campaigns"
    ENDED = "ended"
    TALLIES = "tallies"
    WEBHOOKS = "webhooks"
    LISTS = "lists"
    GUARDS = "guards"
    CHANGES = "changes"
    WORDS = "words"
    POLICY = "policy"


_RUNS = f"status = '{CampaignStatus.RUNNING}' AND kind = 'campaign'"
# For each kind of work, rows that there are if and only if its sweeper may have something to do.
_ROWS = {
    Work.SENDS: f"""
        SELECT FROM calls WHERE state = '{AttemptState.DIALING}'
            AND (last_sent_at < clock_timestamp() - interval '{REPEAT_AFTER_S} seconds' OR {SENT_IN_THE_FUTURE})""",
    Work.SUPPRESSED: SUPPRESSED.text,
    Work.CAMPAIGNS: f"""
        SELECT FROM campaigns WHERE {_RUNS} OR {IS_OVER}
            OR (status = '{CampaignStatus.SCHEDULED}' AND {IS_DUE})
        UNION ALL SELECT FROM contacts WHERE {IS_LATE}""",  # noqa: S608 built from constants
    Work.ENDED: ENDED.text,
    Work.TALLIES: "SELECT FROM tally_changes",
    Work.WEBHOOKS: f"SELECT FROM campaigns WHERE {_RUNS} AND NOT heard_webhooks",
    Work.LISTS: f"""
        SELECT FROM lists WHERE {IS_TO_RELEASE} UNION ALL SELECT FROM list_contents WHERE {TO_SWEEP}
        UNION ALL SELECT FROM list_contents WHERE {IS_SILENT}""",  # noqa: S608 built from constants
    Work.GUARDS: f"SELECT FROM campaigns WHERE {_RUNS}",
    Work.WORDS: "SELECT FROM contact_words_due UNION ALL SELECT FROM contact_words_backlog",
    Work.CHANGES: f"SELECT FROM bulk_changes WHERE {IS_INTERRUPTED}",
    Work.POLICY: f"SELECT FROM installation WHERE {CAPS_HAVE_CHANGED}",
}
_WORK = text("SELECT " + ", ".join(f"EXISTS ({rows}) AS {work}" for work, rows in _ROWS.items()))


def find_work(tx: Connection) -> frozenset[Work]:
    """Return what there is to do."""
    row = tx.execute(_WORK).mappings().one()
    return frozenset(work for work in Work if row[work])
