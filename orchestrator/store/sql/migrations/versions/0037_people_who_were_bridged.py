"""Of the people who answered a campaign those are counted who were connected with somebody."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_ACTIONS = ("insert", "update", "delete")
_BEFORE = "('opted_out', k.opted_out)"  # in the functions of 0016, which count what is said of a person
_SINCE = f"{_BEFORE}, ('bridged', k.bridged)"


def _count(old: str, new: str) -> None:
    for action in _ACTIONS:
        name = sa.text(f"SELECT pg_get_functiondef('tally_calls_{action}'::regproc)")
        function = str(op.get_bind().execute(name).scalar_one())
        op.get_bind().exec_driver_sql(function.replace(old, new).replace("%", "%%"))


def upgrade() -> None:
    op.add_column("calls", sa.Column("bridged", sa.Boolean()))
    _count(_BEFORE, _SINCE)


def downgrade() -> None:
    _count(_SINCE, _BEFORE)
    for table in ("tally_changes", "tallies"):
        op.execute(f"DELETE FROM {table} WHERE subject = 'people' AND parts[2] = 'bridged'")  # noqa: S608 a constant
    op.drop_column("calls", "bridged")
