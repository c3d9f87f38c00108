"""An index tells for which reasons the contacts of a campaign wait, and who is next."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX contacts_by_reason ON contacts (campaign_id, status, reason, due_at) INCLUDE (zone) "
        "WHERE status IN ('waiting', 'held') AND reason IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("DROP INDEX contacts_by_reason")
