"""Rates, channels and weights set before they had bounds are brought within them, and a send knows that it is over."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_CAMPAIGNS = """
    UPDATE campaigns SET pacing = jsonb_set(pacing, '{calls_per_second}', '0.01')
    WHERE (pacing->>'calls_per_second')::float < 0.01
"""
_CONNECTIONS = """
    UPDATE connections SET calls_per_second = least(greatest(calls_per_second, 0.01), 1000),
        max_live_calls = least(greatest(max_live_calls, 1), 100000)
"""


def upgrade() -> None:
    op.execute(_CAMPAIGNS)
    op.execute(_CONNECTIONS)
    op.add_column("calls", sa.Column("send_over", sa.SmallInteger(), nullable=False, server_default=sa.text("0")))


def downgrade() -> None:
    op.drop_column("calls", "send_over")
