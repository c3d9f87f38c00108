"""A connection says which countries it dials, and a campaign which kinds of numbers it dials all the same."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("connections", sa.Column("dial_regions", JSONB()))
    op.add_column(
        "campaigns", sa.Column("allow_number_kinds", JSONB(), nullable=False, server_default=sa.text("'[]'::jsonb"))
    )


def downgrade() -> None:
    op.drop_column("campaigns", "allow_number_kinds")
    op.drop_column("connections", "dial_regions")
