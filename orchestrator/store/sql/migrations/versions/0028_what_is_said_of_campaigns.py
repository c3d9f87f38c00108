"""Campaigns have values for everybody, tags and a description; indexes find contacts by what became of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_INDEXES = {
    "contacts_of_reason": "(campaign_id, reason, id) WHERE reason IS NOT NULL",
    "contacts_of_disposition": "(campaign_id, disposition, id) WHERE disposition IS NOT NULL",
    "contacts_of_outcome": '(campaign_id, "left"(outcome, 200), id) WHERE outcome IS NOT NULL',
    "contacts_updated": "(updated_at)",
}


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("variables", JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")))
    op.add_column("campaigns", sa.Column("tags", sa.ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("campaigns", sa.Column("description", sa.Text))
    for name, columns in _INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON contacts {columns}")


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, "contacts")
    for name in ("description", "tags", "variables"):
        op.drop_column("campaigns", name)
