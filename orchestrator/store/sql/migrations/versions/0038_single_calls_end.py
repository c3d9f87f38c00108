"""A single call that still waits to be dialed ends an hour after its request, as those placed from now on do."""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        UPDATE contacts c SET not_after = c.created_at + interval '1 hour' FROM campaigns k
        WHERE k.kind = 'direct' AND c.campaign_id = k.id AND c.status IN ('waiting', 'held', 'calling')
            AND c.is_single AND c.not_after IS NULL
        """
    )


def downgrade() -> None:
    """Leave the times: what an older version may dial is what would have been dialed by then."""
