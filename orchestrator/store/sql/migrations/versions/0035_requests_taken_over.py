"""A request that failed under its Idempotency-Key is taken over by its repeat, with the ids of the first."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    taken_at = sa.Column("taken_at", sa.DateTime(timezone=True), server_default=sa.text("now()"))
    op.add_column("idempotency_keys", taken_at)


def downgrade() -> None:
    op.drop_column("idempotency_keys", "taken_at")
