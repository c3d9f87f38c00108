"""How often a number may be dialed is counted at every claim and send, and a campaign may say it for itself."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_COUNTED = "direction = 'outbound' AND state <> 'withdrawn'"
_INDEXES = {"calls_dials_to_number": "to_number", "calls_dials_from_number": "from_number"}


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("caps", JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")))
    for name, number in _INDEXES.items():
        columns = (number, sa.text("last_sent_at DESC"))
        op.create_index(name, "calls", columns, unique=False, postgresql_where=sa.text(_COUNTED))


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, table_name="calls")
    op.drop_column("campaigns", "caps")
