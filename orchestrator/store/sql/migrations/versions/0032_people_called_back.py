"""People are called back at the time they were told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contacts", sa.Column("callback", JSONB))


def downgrade() -> None:
    op.drop_column("contacts", "callback")
