"""Campaigns are found by their name without reading the others."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("campaigns_by_name", "campaigns", ["name", "id"])


def downgrade() -> None:
    op.drop_index("campaigns_by_name", table_name="campaigns")
