"""A connection says which countries it dials, and a campaign which kinds of numbers it dials all the same.

A connection goes on dialing the countries of the contacts that still wait for a call on it: without this, those abroad
would end for ever at the first dial after the upgrade.
"""

import json
from collections import defaultdict

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.policy.phone.number_region import number_regions, regions_of_caller_ids

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# One number of each beginning, which is long enough to tell the countries of +1, +44 or +7 apart.
_TO_CALL = sa.text(
    """
    SELECT k.connection_id, min(c.phone) FROM contacts c JOIN campaigns k ON k.id = c.campaign_id
    WHERE c.status IN ('waiting', 'held', 'calling') GROUP BY k.connection_id, left(c.phone, 8)
    """
)
_CALLER_IDS = sa.text(
    "SELECT connection_id, number FROM campaigns CROSS JOIN LATERAL jsonb_array_elements_text(caller_ids) AS n(number)"
)
_KEEP = sa.text("UPDATE connections SET dial_regions = CAST(:regions AS jsonb) WHERE id = :id")


def upgrade() -> None:
    op.add_column("connections", sa.Column("dial_regions", JSONB()))
    op.add_column(
        "campaigns", sa.Column("allow_number_kinds", JSONB(), nullable=False, server_default=sa.text("'[]'::jsonb"))
    )
    _keep_dialing_abroad(op.get_bind())


def _keep_dialing_abroad(tx: sa.Connection) -> None:
    to_call: dict[str, set[str]] = defaultdict(set)
    caller_ids: dict[str, set[str]] = defaultdict(set)
    for connection_id, phone in tx.execute(_TO_CALL):
        to_call[connection_id] |= number_regions(phone)
    for connection_id, number in tx.execute(_CALLER_IDS):
        caller_ids[connection_id].add(number)
    for connection_id, regions in to_call.items():
        of_caller_ids = regions_of_caller_ids(caller_ids[connection_id])
        if not regions <= of_caller_ids:
            tx.execute(_KEEP, {"id": connection_id, "regions": json.dumps(sorted(regions | of_caller_ids))})


def downgrade() -> None:
    op.drop_column("campaigns", "allow_number_kinds")
    op.drop_column("connections", "dial_regions")
