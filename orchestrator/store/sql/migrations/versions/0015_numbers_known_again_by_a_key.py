"""A dial keeps a keyed hash of its number: erasing a person re-opens no cap, and says nothing of who it was.

Engines of the version before write beside this schema: triggers give them the keys. The installation's policy, and
whether a call was abandoned, come with it.
"""

import os

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_COUNTED = "direction = 'outbound' AND state <> 'withdrawn'"
_BLOCK = 64  # bytes that SHA-256 takes at once: RFC 2104 pads the secret to so many

# HMAC-SHA256 of a number: the secret is kept as its two padded keys, for PostgreSQL has no XOR of bytes.
_NUMBER_KEY = """
    CREATE FUNCTION number_key(number text) RETURNS bytea LANGUAGE plpgsql STABLE AS $$ BEGIN
        RETURN (SELECT sha256(number_key_outer || sha256(number_key_inner || convert_to(number, 'UTF8')))
                FROM installation WHERE id = 1);
    END $$
"""
# Where the row is written anew it gets a secret of its own: 64 bytes, of which 244 bits are the server's randomness.
_MAKE_KEYS = f"""
    CREATE FUNCTION make_number_keys() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        secret bytea := sha512(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'));
    BEGIN
        NEW.number_key_inner := secret;
        NEW.number_key_outer := secret;
        FOR n IN 0..{_BLOCK - 1} LOOP
            NEW.number_key_inner := set_byte(NEW.number_key_inner, n, get_byte(secret, n) # {0x36});
            NEW.number_key_outer := set_byte(NEW.number_key_outer, n, get_byte(secret, n) # {0x5C});
        END LOOP;
        RETURN NEW;
    END $$
"""
_WHEN_INSTALLED = (
    "CREATE TRIGGER make_number_keys BEFORE INSERT ON installation FOR EACH ROW "
    "WHEN (NEW.number_key_inner IS NULL OR NEW.number_key_outer IS NULL) EXECUTE FUNCTION make_number_keys()"
)
_FILL = """
    CREATE FUNCTION fill_number_key() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        NEW.number_key := number_key(NEW.to_number);
        IF NEW.number_key IS NULL THEN
            INSERT INTO installation (id) VALUES (1) ON CONFLICT DO NOTHING;
            NEW.number_key := number_key(NEW.to_number);
        END IF;
        RETURN NEW;
    END $$
"""
_IS_DIAL = "direction = 'outbound' AND {row}to_number NOT LIKE 'erased:%'"
_WHEN_DIALED = (
    "CREATE TRIGGER fill_number_key BEFORE INSERT ON calls FOR EACH ROW "
    f"WHEN (NEW.number_key IS NULL AND NEW.{_IS_DIAL.format(row='NEW.')}) EXECUTE FUNCTION fill_number_key()"
)
# An UPDATE would write each row and the entries of all its indexes a second time, one by one, and count it as changed;
# a change of type writes the table once and builds the indexes by sorting.
_BACKFILL = (
    "ALTER TABLE calls ALTER COLUMN number_key TYPE bytea "
    f"USING CASE WHEN {_IS_DIAL.format(row='')} THEN number_key(to_number) END"
)
_INDEXES = {
    "calls_dials_to_number_key": f"calls (number_key, last_sent_at DESC) WHERE {_COUNTED}",
    "calls_conversations": (
        "calls (number_key, ended_at DESC) WHERE disposition IN ('human', 'answered') AND NOT abandoned"
    ),
    "calls_abandoned": "calls (number_key, ended_at DESC) WHERE abandoned",
}


def upgrade() -> None:
    op.add_column("installation", sa.Column("number_key_inner", sa.LargeBinary()))
    op.add_column("installation", sa.Column("number_key_outer", sa.LargeBinary()))
    op.add_column("installation", sa.Column("policy", JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")))
    for statement in (_NUMBER_KEY, _MAKE_KEYS, _WHEN_INSTALLED, _FILL):
        op.execute(statement)
    _make_secret()
    op.add_column("calls", sa.Column("abandoned", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.add_column("calls", sa.Column("number_key", sa.Text()))
    op.drop_index("calls_dials_to_number", table_name="calls")
    op.execute(_BACKFILL)
    op.execute(_WHEN_DIALED)
    for name, columns in _INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {columns}")
    op.create_table(
        "policy_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("changes", JSONB, nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
    )


def _make_secret() -> None:
    secret = os.urandom(_BLOCK)
    keys = {"inner": bytes(byte ^ 0x36 for byte in secret), "outer": bytes(byte ^ 0x5C for byte in secret)}
    write = sa.text(
        "INSERT INTO installation (id, number_key_inner, number_key_outer) VALUES (1, :inner, :outer) "
        "ON CONFLICT (id) DO UPDATE SET number_key_inner = :inner, number_key_outer = :outer"
    )
    op.get_bind().execute(write, keys)


def downgrade() -> None:
    op.drop_table("policy_changes")
    for name in _INDEXES:
        op.drop_index(name, table_name="calls")
    op.execute("DROP TRIGGER fill_number_key ON calls")
    op.drop_column("calls", "number_key")
    op.drop_column("calls", "abandoned")
    columns = ("to_number", sa.text("last_sent_at DESC"))
    op.create_index("calls_dials_to_number", "calls", columns, postgresql_where=sa.text(_COUNTED))
    op.execute("DROP TRIGGER make_number_keys ON installation")
    for name in ("fill_number_key()", "make_number_keys()", "number_key(text)"):
        op.execute(f"DROP FUNCTION {name}")
    for column in ("policy", "number_key_outer", "number_key_inner"):
        op.drop_column("installation", column)
