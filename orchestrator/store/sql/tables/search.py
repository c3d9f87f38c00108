"""What contacts are found by: the words of their variables and ids, apart from rows that change with every call."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, SmallInteger, Table, Text, func

from orchestrator.store.sql.tables.columns import metadata

contact_words = Table(
    "contact_words",
    metadata,
    Column("contact_id", Text, primary_key=True),
    # Later ones stand higher; contacts that were there before they could be found stand below zero.
    Column("place", BigInteger, nullable=False),
    Column("words", Text(collation="C"), nullable=False),  # folded, each once, with blanks between them
)
Index("contact_words_place", contact_words.c.place)
# The trigrams of every 32,768 contacts stand together, so that the newest are found without looking at all.
Index(
    "contact_words_trigrams",
    func.contact_trigrams(contact_words.c.place, contact_words.c.words),
    postgresql_using="gin",
    postgresql_with={"gin_pending_list_limit": 128},  # kB, which every look at a segment reads
)

# Contacts whose words are to be written (again); triggers of `contacts` put them here (migration 0030).
contact_words_due = Table(
    "contact_words_due",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("contact_id", Text, nullable=False),
)

# How far contacts that an older version wrote are done, from the newest to the oldest; no row when all are.
contact_words_backlog = Table(
    "contact_words_backlog",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("before", Text, nullable=False),
)
