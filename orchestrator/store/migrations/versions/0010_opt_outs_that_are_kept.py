"""A suppression that is lifted or has expired stays and says who, when and why; whoever asked for it is kept too."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_KEY = "suppressions_phone_scope_key"
# What was replaced before is not known any more: what stands is the first word of each.
_FIRST_WORDS = """
    INSERT INTO suppression_requests (suppression_id, asked_by, reason, expires_at, call_id, asked_at)
    SELECT id, CASE WHEN call_id IS NULL THEN 'api' ELSE 'flow' END, reason, expires_at, call_id, created_at
    FROM suppressions ORDER BY id
"""


def upgrade() -> None:
    op.add_column("suppressions", sa.Column("lifted_at", sa.DateTime(timezone=True)))
    op.add_column("suppressions", sa.Column("lifted_by", sa.Text()))
    op.add_column("suppressions", sa.Column("because", sa.Text()))
    op.drop_constraint(_KEY, "suppressions", type_="unique")
    in_force = sa.text("lifted_at IS NULL")
    op.create_index("suppressions_in_force", "suppressions", ["phone", "scope"], unique=True, postgresql_where=in_force)
    op.create_index("suppressions_by_phone", "suppressions", ["phone"])
    op.create_table(
        "suppression_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("suppression_id", sa.Text(), sa.ForeignKey("suppressions.id"), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("call_id", sa.Text()),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
    )
    op.create_index("suppression_requests_by_suppression", "suppression_requests", ["suppression_id"])
    of_calls = sa.text("call_id IS NOT NULL")
    op.create_index("suppression_requests_by_call", "suppression_requests", ["call_id"], postgresql_where=of_calls)
    op.execute(_FIRST_WORDS)


def downgrade() -> None:
    op.drop_table("suppression_requests")
    op.execute("DELETE FROM suppressions WHERE lifted_at IS NOT NULL")  # else they would count again
    op.drop_index("suppressions_by_phone", "suppressions")
    op.drop_index("suppressions_in_force", "suppressions")
    op.create_unique_constraint(_KEY, "suppressions", ["phone", "scope"])
    for name in ("because", "lifted_by", "lifted_at"):
        op.drop_column("suppressions", name)
