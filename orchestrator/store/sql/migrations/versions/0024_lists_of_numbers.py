"""Lists of numbers: those not to be dialed, registries, and those that alone are dialed; campaigns say which hold."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_NONE, _FALSE, _NOW = sa.text("'{}'"), sa.text("false"), sa.text("now()")
_WAITS = "status = 'held' AND reason IN ('list_stale', 'not_on_allow_list')"


def _moment(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), **options)


def upgrade() -> None:
    op.create_table(
        "lists",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("regions", sa.ARRAY(sa.Text()), nullable=False, server_default=_NONE),
        sa.Column("purposes", sa.ARRAY(sa.Text()), nullable=False, server_default=_NONE),
        sa.Column("max_age_s", sa.Integer()),
        sa.Column("owner", sa.Text()),
        sa.Column("content", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("0")),
        _moment("as_of"),
        sa.Column("entries", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("prefix_lengths", sa.ARRAY(sa.SmallInteger()), nullable=False, server_default=_NONE),
        sa.Column("is_to_release", sa.Boolean(), nullable=False, server_default=_FALSE),
        _moment("created_at", nullable=False, server_default=_NOW),
        _moment("updated_at", nullable=False, server_default=_NOW),
    )
    op.create_index("lists_to_release", "lists", ["id"], postgresql_where=sa.text("is_to_release"))
    op.create_table(
        "list_contents",
        sa.Column("content", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False, server_default=sa.text("'loading'")),
        _moment("as_of"),
        sa.Column("loaded_by", sa.Text(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("prefix_lengths", sa.ARRAY(sa.SmallInteger()), nullable=False, server_default=_NONE),
        _moment("touched_at", nullable=False, server_default=_NOW),
        sa.Column("is_swept", sa.Boolean(), nullable=False, server_default=_FALSE),
        sa.Column("swept_to", sa.Text()),
        sa.UniqueConstraint("list_id", "version"),
    )
    to_sweep = sa.text("status <> 'in_force' AND NOT is_swept")
    op.create_index("list_contents_to_sweep", "list_contents", ["content"], postgresql_where=to_sweep)
    op.create_table(
        "list_entries",
        sa.Column("content", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.Text(), primary_key=True),
    )
    op.create_table(
        "list_changes",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("number", sa.Text()),
        sa.Column("version", sa.Integer()),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("because", sa.Text()),
        _moment("at", nullable=False, server_default=sa.text("clock_timestamp()")),
    )
    op.create_index("list_changes_by_list", "list_changes", ["list_id", "id"])
    of_entries = sa.text("number IS NOT NULL")
    op.create_index("list_changes_since", "list_changes", ["list_id", "at"], postgresql_where=of_entries)
    op.create_index("list_changes_by_number", "list_changes", ["number"], postgresql_where=of_entries)
    op.add_column("campaigns", sa.Column("lists", JSONB))
    op.create_index("contacts_wait_for_list", "contacts", ["campaign_id", "id"], postgresql_where=sa.text(_WAITS))


def downgrade() -> None:
    op.drop_index("contacts_wait_for_list", "contacts")
    op.drop_column("campaigns", "lists")
    for name in ("list_changes", "list_entries", "list_contents", "lists"):
        op.drop_table(name)
