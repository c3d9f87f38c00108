"""A recording says whose campaign it is of, and what is rare is found by an index here too."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# An engine of the version before, that still runs beside this one, does not write it.
_FILL = """
    CREATE FUNCTION fill_recording_campaign() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        NEW.campaign_id := (SELECT campaign_id FROM calls WHERE id = NEW.call_id);
        RETURN NEW;
    END $$
"""
_WHEN = (
    "CREATE TRIGGER fill_recording_campaign BEFORE INSERT ON recordings "
    "FOR EACH ROW EXECUTE FUNCTION fill_recording_campaign()"
)
_INDEXES = {
    "recordings_by_state": "recordings (state, id)",
    "recordings_by_campaign": "recordings (campaign_id, id)",
    "recordings_of_state": "recordings (campaign_id, state, id)",
    "calls_unknown": "calls (campaign_id, id) WHERE state = 'unknown'",
}


def upgrade() -> None:
    op.add_column("recordings", sa.Column("campaign_id", sa.Text()))
    op.execute(_FILL)
    op.execute(_WHEN)
    op.execute("UPDATE recordings r SET campaign_id = k.campaign_id FROM calls k WHERE k.id = r.call_id")
    op.alter_column("recordings", "campaign_id", nullable=False)
    for name, columns in _INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {columns}")


def downgrade() -> None:
    for name in _INDEXES:
        op.execute(f"DROP INDEX {name}")
    op.execute("DROP TRIGGER fill_recording_campaign ON recordings")
    op.execute("DROP FUNCTION fill_recording_campaign()")
    op.drop_column("recordings", "campaign_id")
