"""A campaign says what it calls for, on which subject and in whose voice; the law of a place depends on it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_COLUMNS = ("purpose", "subject", "voice")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("campaigns", sa.Column(name, sa.Text()))


def downgrade() -> None:
    for name in _COLUMNS:
        op.drop_column("campaigns", name)
