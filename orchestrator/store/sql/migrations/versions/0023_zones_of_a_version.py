"""A contact's zone says by what data it was derived; those that stand there now say nothing, and are derived anew."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contacts", sa.Column("zones_version", sa.Text(collation="C")))
    op.execute("CREATE INDEX contacts_zones_version ON contacts (zones_version) WHERE status IN ('waiting', 'held')")


def downgrade() -> None:
    op.drop_index("contacts_zones_version", "contacts")
    op.drop_column("contacts", "zones_version")
