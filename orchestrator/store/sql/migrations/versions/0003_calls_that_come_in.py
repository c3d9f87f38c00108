"""Numbers of ours take calls; a timeline says which leg of a call it speaks of."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LIVE = "state IN ('reserved', 'dialing', 'accepted') OR (state = 'unknown' AND disposition IS NULL)"


def upgrade() -> None:
    op.create_table(
        "numbers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("flow_id", sa.Text(), nullable=False),
        sa.Column("home_id", sa.Text(), nullable=False),
        sa.Column("join_days", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"]),
        sa.ForeignKeyConstraint(["home_id"], ["campaigns.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.add_column("call_events", sa.Column("leg", sa.Text(), server_default=sa.text("'A'"), nullable=False))
    op.add_column("calls", sa.Column("joined_contact_id", sa.Text(), nullable=True))
    op.create_foreign_key(None, "calls", "contacts", ["joined_contact_id"], ["id"])
    op.create_index(
        "calls_by_joined_contact",
        "calls",
        ["joined_contact_id"],
        unique=False,
        postgresql_where=sa.text("joined_contact_id IS NOT NULL"),
    )
    op.create_index(
        "calls_inbound_leg",
        "calls",
        ["call_control_id"],
        unique=True,
        postgresql_where=sa.text("direction = 'inbound'"),
    )
    op.drop_index("calls_number_guard", table_name="calls")
    op.create_index(
        "calls_number_guard",
        "calls",
        ["to_number"],
        unique=True,
        postgresql_where=sa.text(f"direction = 'outbound' AND ({_LIVE})"),
    )


def downgrade() -> None:
    op.drop_index("calls_number_guard", table_name="calls")
    op.create_index("calls_number_guard", "calls", ["to_number"], unique=True, postgresql_where=sa.text(f"{_LIVE}"))
    op.drop_index("calls_inbound_leg", table_name="calls")
    op.drop_index("calls_by_joined_contact", table_name="calls")
    op.drop_column("calls", "joined_contact_id")
    op.drop_column("call_events", "leg")
    op.drop_table("numbers")
