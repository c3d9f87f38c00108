"""Contacts are called again when somebody asks for it, and many are changed at once, in batches."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contacts", sa.Column("attempts_limit", sa.Integer()))
    op.add_column("contacts", sa.Column("redialed_after", sa.Text()))
    now, nothing = sa.text("now()"), sa.text("'{}'")
    op.create_table(
        "bulk_changes",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), sa.ForeignKey("campaigns.id")),
        sa.Column("status", sa.Text(), nullable=False, server_default=sa.text("'running'")),
        sa.Column("filter", JSONB, nullable=False, server_default=nothing),
        sa.Column("wanted", JSONB, nullable=False, server_default=nothing),
        sa.Column("upto", sa.Text(), nullable=False),
        sa.Column("done_to", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("matched", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("changed", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("error", JSONB),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
    )
    op.create_index(
        "bulk_changes_running", "bulk_changes", ["campaign_id"], postgresql_where=sa.text("status = 'running'")
    )


def downgrade() -> None:
    op.drop_table("bulk_changes")
    op.drop_column("contacts", "redialed_after")
    op.drop_column("contacts", "attempts_limit")
