"""Names with letters and signs that are now written in one way are found by those: their words are written again."""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

# Apostrophes, hyphens, letters that have no accent to Unicode, and what has no width.
_OTHERWISE = (
    "[\u2018\u2019\u201b\u02bc\u02b9\u2032\uff07\u2010-\u2015\u2212łøđðħŧ\u0131æœþ"
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]"
)


def upgrade() -> None:
    op.execute(
        f"INSERT INTO contact_words_due (contact_id) SELECT contact_id FROM contact_words WHERE words ~ '{_OTHERWISE}'"  # noqa: S608 built from constants
    )


def downgrade() -> None:
    pass
