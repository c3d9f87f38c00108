"""Who is calling us now is found at every claim and send."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "calls_calling_us",
        "calls",
        ["from_number"],
        unique=False,
        postgresql_where=sa.text("direction = 'inbound' AND state = 'accepted'"),
    )


def downgrade() -> None:
    op.drop_index("calls_calling_us", table_name="calls")
