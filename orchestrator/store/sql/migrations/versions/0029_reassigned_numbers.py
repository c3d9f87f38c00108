"""Lists may hold answers on numbers that went to somebody else: what was answered, since when, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_COLUMNS = ("result", "since", "checked_at")


def upgrade() -> None:
    for name in _COLUMNS:
        kind = sa.Text() if name == "result" else sa.DateTime(timezone=True)
        op.add_column("list_entries", sa.Column(name, kind))


def downgrade() -> None:
    # Engines of the version before would keep numbers from being dialed for any answer.
    op.execute("DELETE FROM lists WHERE kind = 'reassigned'")
    for name in _COLUMNS:
        op.drop_column("list_entries", name)
