"""What the outside is told: triggers write an event in the transaction of each change, also of engines before this."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_NOW, _EMPTY, _ZERO = sa.text("now()"), sa.text("'{}'::jsonb"), sa.text("0")
_FINAL = "('completed', 'exhausted', 'suppressed', 'canceled', 'expired', 'unknown')"


def _utc(column: str) -> str:
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


# Whose campaign is one of the hidden ones belongs to none.
_CAMPAIGN = "(SELECT g.id FROM campaigns g WHERE g.id = n.campaign_id AND g.kind = 'campaign')"
_OF_CALL = f"""
    'call_id', n.id, 'contact_id', n.contact_id, 'campaign_id', {_CAMPAIGN}, 'direction', n.direction,
    'attempt', n.attempt, 'answered_at', {_utc("n.answered_at")}"""
_AT_ITS_END = f"""
    'disposition', n.disposition, 'outcome', n.outcome, 'amd_result', n.amd_result, 'hangup_cause', n.hangup_cause,
    'ended_at', {_utc("n.ended_at")}"""

# What each statement asks first is whether any of its rows may tell something: most do not, and are not compared.
_TOLD = {
    ("calls", "UPDATE"): (
        "answered_at IS NOT NULL OR disposition IS NOT NULL",
        f"""
        SELECT t.type, t.id, t.data FROM (
            SELECT 1 AS n, 'call.answered' AS type, n.id, jsonb_build_object({_OF_CALL}) AS data
            FROM added n JOIN removed o ON o.id = n.id WHERE o.answered_at IS NULL AND n.answered_at IS NOT NULL
            UNION ALL
            SELECT 2, 'call.ended', n.id, jsonb_build_object({_OF_CALL}, {_AT_ITS_END})
            FROM added n JOIN removed o ON o.id = n.id
            WHERE (n.state = 'ended' AND o.state <> 'ended')
                OR (n.state = 'unknown' AND n.disposition IS NOT NULL AND o.disposition IS NULL)
        ) t ORDER BY t.n""",  # noqa: S608 texts of this file
    ),
    ("contacts", "UPDATE"): (
        f"status IN {_FINAL} AND NOT is_single",
        f"""
        SELECT 'contact.finished', n.id, jsonb_build_object('contact_id', n.id, 'campaign_id', n.campaign_id,
            'status', n.status, 'reason', n.reason, 'attempts', n.attempts, 'last_call_id', n.last_call_id,
            'disposition', n.disposition,
            'outcome', CASE WHEN n.reason IS DISTINCT FROM 'by_request' THEN n.outcome END)
        FROM added n JOIN removed o ON o.id = n.id
        WHERE n.status IN {_FINAL} AND NOT n.is_single AND o.status <> n.status""",  # noqa: S608 texts of this file
    ),
    ("campaigns", "UPDATE"): (
        "status IN ('paused', 'completed') AND kind = 'campaign'",
        """
        SELECT t.type, n.id, jsonb_build_object('campaign_id', n.id) || t.data
        FROM added n JOIN removed o ON o.id = n.id CROSS JOIN LATERAL (
            SELECT 1 AS n, 'guard.tripped' AS type,
                jsonb_build_object('guard', substr(n.status_reason->>'code', 7)) AS data
            WHERE n.status = 'paused' AND n.status_reason->>'code' LIKE 'guard\\_%'
            UNION ALL
            SELECT 2, 'campaign.' || n.status, jsonb_build_object('status', n.status, 'reason',
                CASE WHEN n.status = 'paused' THEN n.status_reason->>'code' END)
        ) t
        WHERE n.status IN ('paused', 'completed') AND n.kind = 'campaign' AND o.status <> n.status ORDER BY t.n""",
    ),
    ("recordings", "UPDATE"): (
        "state IN ('fetched', 'incomplete', 'stored_elsewhere')",
        """
        SELECT 'recording.ready', n.call_id, jsonb_build_object('recording_id', n.id, 'call_id', n.call_id,
            'campaign_id', (SELECT g.id FROM campaigns g WHERE g.id = n.campaign_id AND g.kind = 'campaign'),
            'status', n.state, 'format', n.format, 'channels', n.channels, 'size_bytes', n.size_bytes)
        FROM added n JOIN removed o ON o.id = n.id
        WHERE n.state IN ('fetched', 'incomplete', 'stored_elsewhere') AND o.state <> n.state""",
    ),
    ("suppressions", "INSERT"): (
        "true",
        f"""
        SELECT 'suppression.added', n.id, jsonb_build_object('suppression_id', n.id, 'scope', n.scope,
            'call_id', n.call_id, 'expires_at', {_utc("n.expires_at")})
        FROM added n""",  # noqa: S608 texts of this file
    ),
}
_TABLES = {"INSERT": "NEW TABLE AS added", "UPDATE": "OLD TABLE AS removed NEW TABLE AS added"}


def _moment(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), **options)


def _tell(table: str, action: str) -> None:
    may_tell, rows = _TOLD[table, action]
    insert = f"INSERT INTO new_events (type, subject, data) {rows};"
    body = f"IF EXISTS (SELECT FROM added WHERE {may_tell}) THEN {insert} END IF;"
    name = f"tell_{table}_{action.lower()}"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$")
    op.execute(
        f"CREATE TRIGGER {name} AFTER {action} ON {table} REFERENCING {_TABLES[action]} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def _create_events() -> None:
    op.create_table(
        "new_events",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        _moment("at", nullable=False, server_default=sa.text("clock_timestamp()")),
        sa.Column("data", JSONB, nullable=False, server_default=_EMPTY),
    )
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        _moment("at", nullable=False),
        sa.Column("data", JSONB, nullable=False),
    )
    op.create_index("events_by_subject", "events", ["subject", "seq"])
    op.create_index("events_by_type", "events", ["type", "seq"])


def _create_endpoints() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("previous_secret", sa.Text()),
        _moment("previous_until"),
        _moment("disabled_at"),
        sa.Column("disabled_reason", sa.Text()),
        sa.Column("failures", sa.Integer(), nullable=False, server_default=_ZERO),
        _moment("rest_until"),
        _moment("heard_at", nullable=False, server_default=_NOW),
        _moment("deleted_at"),
        _moment("created_at", nullable=False, server_default=_NOW),
        _moment("updated_at", nullable=False, server_default=_NOW),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("endpoint_id", sa.Text(), primary_key=True),
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False, server_default=sa.text("'pending'")),
        _moment("due_at"),
        sa.Column("lease", sa.Text()),
        sa.Column("tries", sa.SmallInteger(), nullable=False, server_default=_ZERO),
        _moment("first_tried_at"),
        _moment("tried_at"),
        sa.Column("answered", sa.SmallInteger()),
        sa.Column("error", sa.Text()),
        _moment("created_at", nullable=False, server_default=_NOW),
    )
    of_table = {
        "webhook_deliveries_due": (["endpoint_id", "due_at", "seq"], "status = 'pending' AND due_at IS NOT NULL"),
        "webhook_deliveries_of_subject": (["endpoint_id", "subject", "seq"], "status = 'pending'"),
        "webhook_deliveries_open": (["endpoint_id", "status", "seq"], "status <> 'delivered'"),
    }
    for name, (columns, where) in of_table.items():
        op.create_index(name, "webhook_deliveries", columns, postgresql_where=sa.text(where))


def upgrade() -> None:
    _create_events()
    _create_endpoints()
    for table, action in _TOLD:
        _tell(table, action)


def downgrade() -> None:
    for table, action in _TOLD:
        op.execute(f"DROP TRIGGER tell_{table}_{action.lower()} ON {table}")
        op.execute(f"DROP FUNCTION tell_{table}_{action.lower()}()")
    for name in ("webhook_deliveries", "webhook_endpoints", "events", "new_events"):
        op.drop_table(name)
