"""A campaign says whether the law of the person's place binds it, and a single call why it ignores the hours."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# What called at any hour goes on as it did; everything else is bound from now on.
_AS_BEFORE = """
    UPDATE campaigns
    SET law = '{"mode": "off", "packs": "auto", "because": "created before the law was enforced"}'
    WHERE calling_hours @> '{"always": true}'
"""


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("law", JSONB()))
    op.add_column("campaigns", sa.Column("always_because", sa.Text()))
    op.add_column("contacts", sa.Column("ignore_hours_because", sa.Text()))
    op.execute(_AS_BEFORE)


def downgrade() -> None:
    op.drop_column("contacts", "ignore_hours_because")
    op.drop_column("campaigns", "always_because")
    op.drop_column("campaigns", "law")
