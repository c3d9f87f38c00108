"""Which of an attempt's sends surely dialed nobody is a bit for each, no longer a count."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Of two sends a count of one does not say which: neither is taken for unsent, and the attempt is looked up instead.
_TO_BITS = """
    UPDATE calls SET unsent = CASE WHEN unsent >= 2 THEN 3 ELSE 0 END
    WHERE state = 'dialing' AND send_no = 2 AND unsent > 0
"""
_TO_COUNTS = """
    UPDATE calls SET unsent = CASE unsent WHEN 3 THEN 2 ELSE 0 END
    WHERE state = 'dialing' AND send_no = 2 AND unsent > 0
"""


def upgrade() -> None:
    op.execute(_TO_BITS)


def downgrade() -> None:
    op.execute(_TO_COUNTS)
