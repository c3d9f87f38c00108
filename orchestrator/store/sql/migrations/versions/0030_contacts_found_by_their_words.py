"""Contacts are found by any word of their variables and ids; a sweep writes the words, and deletes none too late."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# The segment of 32,768 contacts comes first; places below zero are of contacts that were there before. As a function in
# SQL it takes twice as long; were it safe in parallel, each look at a segment would start workers, which cost more.
_TRIGRAMS = """
    CREATE FUNCTION contact_trigrams(place bigint, words text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE AS $$
        DECLARE segment text := lpad(to_hex((place >> 15) + 32768), 4, '0');
        BEGIN RETURN (
            SELECT array_agg(segment || substr(word, n, 3))
            FROM string_to_table(words, ' ') word, generate_series(1, length(word) - 2) n
        ); END
    $$
"""
_ADDED = """
    CREATE FUNCTION contact_words_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO contact_words_due (contact_id) SELECT id FROM added
        WHERE variables <> '{}' OR external_id IS NOT NULL;
        RETURN NULL;
    END $$
"""
# What is changed or erased is found no longer from then on; what is said now is found a moment later.
_CHANGED = """
    CREATE FUNCTION contact_words_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO contact_words_due (contact_id) VALUES (NEW.id);
        DELETE FROM contact_words WHERE contact_id = NEW.id;
        RETURN NULL;
    END $$
"""


def upgrade() -> None:
    op.execute("CREATE SEQUENCE contact_words_newer")
    op.execute("CREATE SEQUENCE contact_words_older INCREMENT -1 MAXVALUE -1 START -1")
    op.execute(_TRIGRAMS)
    op.create_table(
        "contact_words",
        sa.Column("contact_id", sa.Text, primary_key=True),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("words", sa.Text(collation="C"), nullable=False),
    )
    op.create_index("contact_words_place", "contact_words", ["place"])
    op.execute(
        "CREATE INDEX contact_words_trigrams ON contact_words USING gin (contact_trigrams(place, words)) "
        "WITH (gin_pending_list_limit = 128)"
    )
    op.create_table(
        "contact_words_due",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("contact_id", sa.Text, nullable=False),
    )
    op.create_table(
        "contact_words_backlog",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("before", sa.Text, nullable=False),
    )
    op.execute("LOCK TABLE contacts IN SHARE ROW EXCLUSIVE MODE")
    op.execute("INSERT INTO contact_words_backlog (id, before) SELECT 1, '~' WHERE EXISTS (SELECT FROM contacts)")
    op.execute(_ADDED)
    op.execute(_CHANGED)
    op.execute(
        "CREATE TRIGGER contact_words_added AFTER INSERT ON contacts REFERENCING NEW TABLE AS added "
        "FOR EACH STATEMENT EXECUTE FUNCTION contact_words_added()"
    )
    op.execute(
        "CREATE TRIGGER contact_words_changed AFTER UPDATE OF variables, external_id ON contacts FOR EACH ROW "
        "WHEN (OLD.variables IS DISTINCT FROM NEW.variables OR OLD.external_id IS DISTINCT FROM NEW.external_id) "
        "EXECUTE FUNCTION contact_words_changed()"
    )


def downgrade() -> None:
    for name in ("added", "changed"):
        op.execute(f"DROP TRIGGER contact_words_{name} ON contacts")
        op.execute(f"DROP FUNCTION contact_words_{name}()")
    for name in ("contact_words_backlog", "contact_words_due", "contact_words"):
        op.drop_table(name)
    op.execute("DROP FUNCTION contact_trigrams(bigint, text)")
    for name in ("newer", "older"):
        op.execute(f"DROP SEQUENCE contact_words_{name}")
