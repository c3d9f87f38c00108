"""An external id is written in one way (NFC): those of before are rewritten, where no other contact has that id."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SINGLE = """
    UPDATE contacts SET external_id = normalize(external_id, NFC)
    WHERE is_single AND external_id IS NOT NFC NORMALIZED
"""
# Of several that become the same id the oldest gets it; a contact that cannot have it keeps its own.
_OTHERS = """
    UPDATE contacts c SET external_id = n.ident
    FROM (
        SELECT DISTINCT ON (campaign_id, ident) id, campaign_id, ident
        FROM (
            SELECT id, campaign_id, normalize(external_id, NFC) AS ident
            FROM contacts WHERE NOT is_single AND external_id IS NOT NFC NORMALIZED
        ) odd
        ORDER BY campaign_id, ident, id
    ) n
    WHERE c.id = n.id AND NOT EXISTS (
        SELECT 1 FROM contacts o
        WHERE o.campaign_id = n.campaign_id AND o.external_id = n.ident AND NOT o.is_single
    )
"""


def upgrade() -> None:
    op.execute(sa.text(_SINGLE))
    op.execute(sa.text(_OTHERS))


def downgrade() -> None:
    """Leave the ids as they are: the release before reads them."""
