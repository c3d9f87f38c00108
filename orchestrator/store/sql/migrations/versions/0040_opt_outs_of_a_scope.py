"""The opt-outs of one campaign, and those lifted, are listed without reading those of all others."""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_TABLES = ("suppressions", "lifted_suppressions")


def upgrade() -> None:
    for table in _TABLES:
        op.create_index(f"{table}_of_scope", table, ["scope", "id"])


def downgrade() -> None:
    for table in _TABLES:
        op.drop_index(f"{table}_of_scope", table_name=table)
