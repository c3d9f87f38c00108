"""A person lifts a contact's hold for one more call, or ends the rest of a caller id; who, when and why is kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lifted_holds",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("number_key", sa.LargeBinary(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("holds", JSONB, nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("lifted_holds_by_contact", "lifted_holds", ["contact_id", "id"])
    op.add_column("caller_id_states", sa.Column("rest_ended", JSONB))


def downgrade() -> None:
    op.drop_column("caller_id_states", "rest_ended")
    op.drop_table("lifted_holds")
