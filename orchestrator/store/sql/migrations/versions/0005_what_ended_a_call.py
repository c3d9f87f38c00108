"""What ended a call is kept as the carrier said it: the SIP status, its own error, and whether it was its fault."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("sip_hangup_cause", sa.Text(), nullable=True))
    op.add_column("calls", sa.Column("telnyx_error", postgresql.JSONB(none_as_null=True), nullable=True))
    op.add_column("calls", sa.Column("fault", sa.Text(), nullable=True))


def downgrade() -> None:
    for name in ("fault", "telnyx_error", "sip_hangup_cause"):
        op.drop_column("calls", name)
