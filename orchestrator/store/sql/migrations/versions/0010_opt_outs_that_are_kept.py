"""A suppression that was lifted or has expired is kept and says who, when and why; whoever asked for it is kept too.

What is over moves into a table of its own: `suppressions` and its unique key stay what the version before knows, whose
engines and API go on beside this schema.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# What was replaced before is not known any more: what stands is the first word of each.
_FIRST_WORDS = """
    INSERT INTO suppression_requests (suppression_id, asked_by, reason, expires_at, call_id, asked_at)
    SELECT s.id, CASE WHEN s.call_id IS NULL THEN 'api' ELSE 'flow' END, s.reason, s.expires_at, s.call_id, s.created_at
    FROM {rows} s
"""
# The version before writes no words: at the end of its transaction those of the row are taken.
_KEEP_FIRST_WORDS = f"""
    CREATE FUNCTION keep_first_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NOT EXISTS (SELECT 1 FROM suppression_requests r WHERE r.suppression_id = NEW.id) THEN
            {_FIRST_WORDS.format(rows="(SELECT NEW.*)")};
        END IF;
        RETURN NULL;
    END $$
"""  # noqa: S608 built from constants
_WHEN_WRITTEN = (
    "CREATE CONSTRAINT TRIGGER keep_first_words AFTER INSERT ON suppressions "
    "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keep_first_words()"
)
# The version before lifts by deleting. What this one lifts has been moved when the trigger fires.
_KEEP_LIFTED = """
    CREATE FUNCTION keep_lifted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO lifted_suppressions
            (id, phone, scope, reason, call_id, expires_at, created_at, lifted_at, lifted_by)
        VALUES (OLD.id, OLD.phone, OLD.scope, OLD.reason, OLD.call_id, OLD.expires_at, OLD.created_at,
            clock_timestamp(), 'api')
        ON CONFLICT (id) DO NOTHING;
        RETURN NULL;
    END $$
"""
_WHEN_DELETED = "CREATE TRIGGER keep_lifted AFTER DELETE ON suppressions FOR EACH ROW EXECUTE FUNCTION keep_lifted()"


def upgrade() -> None:
    op.create_table(
        "lifted_suppressions",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Text()),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Text(), nullable=False),
        sa.Column("because", sa.Text()),
    )
    op.create_index("lifted_suppressions_by_phone", "lifted_suppressions", ["phone"])
    op.create_table(
        "suppression_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("suppression_id", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("call_id", sa.Text()),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
    )
    op.create_index("suppression_requests_by_suppression", "suppression_requests", ["suppression_id"])
    of_calls = sa.text("call_id IS NOT NULL")
    op.create_index("suppression_requests_by_call", "suppression_requests", ["call_id"], postgresql_where=of_calls)
    # The triggers keep writers out until this is over, so that the words of no row are missed.
    for statement in (_KEEP_FIRST_WORDS, _WHEN_WRITTEN, _KEEP_LIFTED, _WHEN_DELETED):
        op.execute(statement)
    op.execute(f"{_FIRST_WORDS.format(rows='suppressions')} ORDER BY s.id")


def downgrade() -> None:
    for name in ("keep_first_words", "keep_lifted"):
        op.execute(f"DROP TRIGGER {name} ON suppressions")
        op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("suppression_requests")
    op.drop_table("lifted_suppressions")
