"""Contacts whose number is of a kind that is never dialed, and has no time zone, end now: no claim would meet them.

All others of that kind end when they are claimed.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Premium and personal area codes of North America, and the codes of no country: satellites, premium, shared cost.
_END = r"""
    UPDATE contacts SET status = 'exhausted', reason = 'number_kind', due_at = NULL, updated_at = now()
    WHERE status IN ('waiting', 'held')
        AND phone ~ '^\+(1(900|5(00|2[1-9]|3[23]|44|66|77|88)|6(22|33))|87|88[1-57-9]|979|808)'
"""


def upgrade() -> None:
    op.execute(_END)


def downgrade() -> None:
    pass  # which status each had is not known, and they may not be dialed by an older release either
