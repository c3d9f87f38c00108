"""A contact says where its time zone comes from, and in which region the person is."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_COLUMNS = ("timezone_source", "region")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("contacts", sa.Column(name, sa.Text()))


def downgrade() -> None:
    for name in _COLUMNS:
        op.drop_column("contacts", name)
