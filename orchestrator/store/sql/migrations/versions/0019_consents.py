"""Consents and revocations are on record, and a campaign says which consent it asks for and what an opt-out ends."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Words and the number may be erased, all at once; nothing else changes, and no row goes.
_NEVER_CHANGED = """
    CREATE FUNCTION keep_consent_events() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE words text[] := '{phone,text,source,evidence_url,words,digest}';
    BEGIN
        IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - words = to_jsonb(OLD) - words AND
            num_nonnulls(NEW.phone, NEW.text, NEW.source, NEW.evidence_url, NEW.words, NEW.digest) = 0
        THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a consent or a revocation is never changed'
            USING HINT = 'record another; an erasure of the person clears its words';
    END $$
"""
_WHEN_TOUCHED = (
    "CREATE TRIGGER keep_consent_events BEFORE UPDATE OR DELETE ON consent_events "
    "FOR EACH ROW EXECUTE FUNCTION keep_consent_events()"
)


def upgrade() -> None:
    op.create_table(
        "consent_events",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("number_key", sa.LargeBinary(), nullable=False),
        sa.Column("phone", sa.Text()),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("purposes", postgresql.JSONB()),
        sa.Column("text", sa.Text()),
        sa.Column("source", sa.Text()),
        sa.Column("evidence_url", sa.Text()),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("scope", sa.Text()),
        sa.Column("subject", sa.Text()),
        sa.Column("channel", sa.Text()),
        sa.Column("words", sa.Text()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("digest", sa.Text()),
    )
    op.create_index("consent_events_by_number", "consent_events", ["number_key", sa.text("at DESC")])
    op.create_index("consent_events_once", "consent_events", ["digest"], unique=True)
    op.execute(_NEVER_CHANGED)
    op.execute(_WHEN_TOUCHED)
    op.add_column(
        "campaigns",
        sa.Column("consent", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'::jsonb")),
    )
    op.add_column("campaigns", sa.Column("on_opt_out", sa.Text(), nullable=False, server_default=sa.text("'hangup'")))


def downgrade() -> None:
    op.drop_column("campaigns", "on_opt_out")
    op.drop_column("campaigns", "consent")
    op.drop_table("consent_events")
    op.execute("DROP FUNCTION keep_consent_events()")
