"""Campaigns dial from pools of caller ids: how often from each number is a pool's own rule, and numbers rest."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def _moment(name: str, **options: object) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), **options)  # type: ignore[arg-type]  # options are Column's own


def upgrade() -> None:
    now = sa.text("now()")
    op.create_table(
        "caller_id_pools",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("numbers", JSONB, nullable=False),
        sa.Column("choose", sa.Text(), nullable=False),
        sa.Column("per_day", sa.Integer(), nullable=False),
        sa.Column("per_hour", sa.Integer(), nullable=False),
        sa.Column("rest_s", sa.Integer(), nullable=False),
        sa.Column("health", JSONB, nullable=False),
        _moment("created_at", nullable=False, server_default=now),
        _moment("updated_at", nullable=False, server_default=now),
    )
    op.create_table(
        "caller_id_states",
        sa.Column("number", sa.Text(), primary_key=True),
        _moment("resting_until"),
        sa.Column("rested_for", JSONB),
        sa.Column("attestation", sa.Text()),
        _moment("attested_at"),
    )
    op.add_column("campaigns", sa.Column("caller_id_pool", sa.Text(), sa.ForeignKey("caller_id_pools.id")))
    op.create_index(
        "campaigns_of_pool",
        "campaigns",
        ["caller_id_pool"],
        unique=False,
        postgresql_where=sa.text("caller_id_pool IS NOT NULL"),
    )


def downgrade() -> None:
    # A version without pools dials from the numbers that a campaign names itself.
    op.execute(
        "UPDATE campaigns SET caller_ids = (SELECT jsonb_agg(each->>'number') FROM caller_id_pools p,"
        " jsonb_array_elements(p.numbers) AS each WHERE p.id = campaigns.caller_id_pool)"
        " WHERE caller_id_pool IS NOT NULL"
    )
    op.drop_index("campaigns_of_pool", table_name="campaigns")
    op.drop_column("campaigns", "caller_id_pool")
    op.drop_table("caller_id_states")
    op.drop_table("caller_id_pools")
