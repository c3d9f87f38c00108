"""Recordings have rows of their own; those told before keep their links, which are dead by now."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Ids of the row's own form: the moment of the call, and digits that its id and the place in the list always give.
# The carrier's JSON was kept as it came: what is no object holds no links, and what is no time is none.
_TOLD_BEFORE = """
    INSERT INTO recordings (id, call_id, told_as, event_id, told_at, recording_id, leg, channels, started_at, ended_at,
        urls, public_urls, state, due_at, error)
    SELECT 'rec_' || substr(k.id, 6, 10) || upper(substr(md5(k.id || n), 1, 16)), k.id,
        coalesce(r ->> 'recording_id', r ->> 'event_id', n::text), coalesce(r ->> 'event_id', n::text),
        coalesce(k.ended_at, k.reserved_at), r ->> 'recording_id', coalesce(r ->> 'leg', 'A'), r ->> 'channels',
        substring(r ->> 'recording_started_at' FROM '^[0-9]{4}-[0-9-]{5}T[0-9:.]+Z$')::timestamptz,
        substring(r ->> 'recording_ended_at' FROM '^[0-9]{4}-[0-9-]{5}T[0-9:.]+Z$')::timestamptz,
        CASE jsonb_typeof(r -> 'recording_urls') WHEN 'object' THEN jsonb_strip_nulls(r -> 'recording_urls')
            ELSE '{}' END,
        CASE jsonb_typeof(r -> 'public_recording_urls') WHEN 'object'
            THEN jsonb_strip_nulls(r -> 'public_recording_urls') ELSE '{}' END,
        'failed', NULL,
        '{"code": "link_expired", "detail": "the recording was told before recordings were fetched"}'
    FROM calls k, jsonb_array_elements(k.recordings) WITH ORDINALITY AS told(r, n)
    ON CONFLICT (call_id, told_as) DO NOTHING
"""


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("told_as", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recording_id", sa.Text(), nullable=True),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("channels", sa.Text(), nullable=True),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "urls", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "public_urls",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=True),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("tries", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("call_id", "told_as"),
    )
    op.create_index(
        "recordings_due",
        "recordings",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'erased')"),
    )
    op.execute(_TOLD_BEFORE)


def downgrade() -> None:
    op.drop_table("recordings")
