"""Names that the release before has written as they were said are found however they are written."""

from __future__ import annotations

from sqlalchemy import create_engine, text

from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.operations.contacts.write_words import write_words
from orchestrator.store.sql.migrate import upgrade
from tests.support.old_schema import database_at

_BEFORE = (
    "INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES ('conn', 1, 1)",
    "INSERT INTO campaigns (id, name, connection_id) VALUES ('cmp_1', 'n', 'conn')",
    """INSERT INTO contacts (id, campaign_id, phone, variables) VALUES ('con_1', 'cmp_1', '+1', '{"name": "Łukasz"}'),
        ('con_2', 'cmp_1', '+2', '{"name": "Anna"}'), ('con_3', 'cmp_1', '+3', '{"name": "O’Brien"}')""",
    "TRUNCATE contact_words_due",
    """INSERT INTO contact_words (contact_id, place, words)
        VALUES ('con_1', 1, 'łukasz'), ('con_2', 2, 'anna'), ('con_3', 3, 'o’brien')""",
)


def test_words_of_the_release_before_are_written_again_where_they_are_written_otherwise_now(
    postgres_server: RunningServer,
) -> None:
    with database_at(postgres_server.url, "0040", name="schema_0040_words") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in _BEFORE:
                tx.execute(text(statement))

        upgrade(url)
        with engine.connect() as tx:
            due = tx.execute(text("SELECT contact_id FROM contact_words_due ORDER BY contact_id")).scalars().all()
        write_words(engine)
        with engine.connect() as tx:
            words = tx.execute(text("SELECT words FROM contact_words ORDER BY contact_id")).scalars().all()
        engine.dispose()

    assert (due, words) == (["con_1", "con_3"], ["lukasz", "anna", "o'brien"])
