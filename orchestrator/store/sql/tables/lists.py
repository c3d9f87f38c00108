"""Lists of numbers: those that are not dialed, registries, and those that alone are dialed."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from orchestrator.store.sql.tables.columns import NOW, metadata, moment

_NONE = text("'{}'")
_FALSE = text("false")

# What the gate reads of a list is all here: `content` is what is in force, `prefix_lengths` how long its prefixes are.
lists = Table(
    "lists",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # suppress, registry, allow or reassigned
    Column("regions", ARRAY(Text), nullable=False, server_default=_NONE),  # none: everywhere
    Column("purposes", ARRAY(Text), nullable=False, server_default=_NONE),  # none: all
    Column("max_age_s", Integer),  # of a registry, or of the answers on a list of kind reassigned
    Column("owner", Text),
    Column("content", BigInteger, nullable=False),
    Column("version", Integer, nullable=False, server_default=text("0")),
    moment("as_of"),  # NULL: no file was ever imported
    Column("entries", BigInteger, nullable=False, server_default=text("0")),
    Column("prefix_lengths", ARRAY(SmallInteger), nullable=False, server_default=_NONE),
    # Set by every change; contacts that wait for one are released, and then it is false again.
    Column("is_to_release", Boolean, nullable=False, server_default=_FALSE),
    moment("created_at", nullable=False, server_default=NOW),
    moment("updated_at", nullable=False, server_default=NOW),
)
Index("lists_to_release", lists.c.id, postgresql_where=text("is_to_release"))

# One import of a list. Its entries are written before it is in force, and deleted after it has been replaced.
list_contents = Table(
    "list_contents",
    metadata,
    Column("content", BigInteger, Identity(), primary_key=True),
    Column("list_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'loading'")),  # loading in_force replaced failed
    moment("as_of"),
    Column("loaded_by", Text, nullable=False),
    Column("entries", BigInteger, nullable=False, server_default=text("0")),
    Column("prefix_lengths", ARRAY(SmallInteger), nullable=False, server_default=_NONE),
    moment("touched_at", nullable=False, server_default=NOW),
    Column("is_swept", Boolean, nullable=False, server_default=_FALSE),
    Column("swept_to", Text),
    UniqueConstraint("list_id", "version"),
)
Index(
    "list_contents_to_sweep",
    list_contents.c.content,
    postgresql_where=text("status <> 'in_force' AND NOT is_swept"),
)

# By far the largest table there may be (240 million numbers in one registry), so it has one index and short rows.
list_entries = Table(
    "list_entries",
    metadata,
    Column("content", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Text, primary_key=True),  # E.164, or a prefix of it: +1900*
    # Of a list of kind reassigned: what was answered, of the time since when, and when it was asked.
    Column("result", Text),  # yes, no or no_data
    moment("since"),
    moment("checked_at"),
)

# Who added or deleted an entry, imported a content or changed a list, when and why: never changed.
list_changes = Table(
    "list_changes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("list_id", Text, nullable=False),
    Column("action", Text, nullable=False),  # create add delete import change remove
    Column("number", Text),
    Column("version", Integer),
    Column("by", Text, nullable=False),
    Column("because", Text),
    moment("at", nullable=False, server_default=text("clock_timestamp()")),
)
Index("list_changes_by_list", list_changes.c.list_id, list_changes.c.id)
Index("list_changes_since", list_changes.c.list_id, list_changes.c.at, postgresql_where=text("number IS NOT NULL"))
Index("list_changes_by_number", list_changes.c.number, postgresql_where=text("number IS NOT NULL"))
