"""Contacts that an older version wrote are found after the upgrade, the newest first, and as they are by then."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.operations.contacts.write_words import write_some, write_words
from orchestrator.store.sql import contact_words
from orchestrator.store.sql.contact_words import find_by_words, is_behind
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.sql.migrate import upgrade
from tests.support.old_schema import database_at
from tests.support.poll import eventually

_BEFORE = (
    "INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES ('conn', 1, 1)",
    "INSERT INTO campaigns (id, name, connection_id) VALUES ('cmp', 'n', 'conn')",
    (
        "INSERT INTO contacts (id, campaign_id, phone, variables) SELECT 'con_' || lpad(n::text, 26, '0'), 'cmp',"
        " '+1' || n, jsonb_build_object('name', 'Maria', 'n', 'number-' || n) FROM generate_series(1, 50) n"
    ),
)
_NEW = "INSERT INTO contacts (id, campaign_id, phone, variables) VALUES ('con_9', 'cmp', '+9', '{\"name\": \"Maria\"}')"


def _find(sql: Engine, *words: str, after: str | None = None, limit: int = 100) -> list[str]:
    with sql.connect() as tx:
        return find_by_words(tx, words, (), after=after, limit=limit).ids


def test_contacts_of_the_release_before_are_found_once_the_sweep_has_come_to_them(
    postgres_server: RunningServer,
) -> None:
    old = [f"con_{n:026}" for n in range(50, 0, -1)]
    with database_at(postgres_server.url, "0029", name="schema_0029_words") as url:
        sql = open_sql(url)
        with sql.begin() as tx:
            for statement in _BEFORE:
                tx.execute(text(statement))
        upgrade(url)
        with sql.begin() as tx:
            assert write_some(tx, most=20) == 20
        assert _find(sql, "maria") == old[:20]

        with sql.begin() as tx:
            tx.execute(text(_NEW))
            tx.execute(text('UPDATE contacts SET variables = \'{"name": "Anna"}\' WHERE id = :id'), {"id": old[40]})
            assert is_behind(tx)
        while write_words(sql):
            pass

        assert _find(sql, "maria") == ["con_9", *(each for each in old if each != old[40])]
        assert _find(sql, "maria", after=old[45], limit=2) == old[46:49]
        assert _find(sql, "anna") == [old[40]]
        with sql.connect() as tx:
            assert not is_behind(tx)
        sql.dispose()


_NAMED = (
    """INSERT INTO contacts (id, campaign_id, phone, variables) VALUES ('con_1', 'cmp', '+1', '{"name": "Łukasz"}'),
        ('con_2', 'cmp', '+2', '{"name": "Anna"}'), ('con_3', 'cmp', '+3', '{"name": "O’Brien"}')""",
    "TRUNCATE contact_words_due",
    """INSERT INTO contact_words (contact_id, place, words)
        VALUES ('con_1', 1, 'łukasz'), ('con_2', 2, 'anna'), ('con_3', 3, 'o’brien')""",
)


def test_words_of_the_release_before_are_written_again_where_they_are_written_otherwise_now(
    postgres_server: RunningServer,
) -> None:
    with database_at(postgres_server.url, "0040", name="schema_0040_words") as url:
        sql = open_sql(url)
        with sql.begin() as tx:
            for statement in (*_BEFORE[:2], *_NAMED):
                tx.execute(text(statement))
        upgrade(url)
        with sql.connect() as tx:
            due = tx.execute(text("SELECT contact_id FROM contact_words_due ORDER BY contact_id")).scalars().all()
        write_words(sql)
        with sql.connect() as tx:
            words = tx.execute(text("SELECT words FROM contact_words ORDER BY contact_id")).scalars().all()
        sql.dispose()

    assert (due, words) == (["con_1", "con_3"], ["lukasz", "anna", "o'brien"])


def test_words_are_written_by_one_at_a_time(sql: Engine) -> None:
    with sql.begin() as tx:
        for statement in _BEFORE:
            tx.execute(text(statement))

    with sql.begin() as one, sql.begin() as other:
        assert (write_some(one, most=10), write_some(other, most=10)) == (10, 0)


def _room(sql: Engine) -> int:
    with sql.connect() as tx:
        return int(tx.execute(text("SELECT pg_relation_size('contact_words_due')")).scalar_one())


def test_a_queue_that_is_done_takes_no_room(sql: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_words, "_ROOM", 0)
    with sql.begin() as tx:
        for statement in _BEFORE:
            tx.execute(text(statement))
    assert _room(sql) > 0

    eventually(lambda: write_words(sql) == 0 and _room(sql) == 0)

    assert len(_find(sql, "maria")) == 50


def test_who_is_added_while_a_queue_is_done_is_waited_for_by_nobody_and_found_later(
    sql: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_words, "_ROOM", 0)
    with sql.begin() as tx:
        for statement in _BEFORE:
            tx.execute(text(statement))

    with sql.begin() as adding:
        adding.execute(text(_NEW))
        while write_words(sql):
            pass
        assert _room(sql) > 0
    with sql.begin() as tx:
        contact_words.give_room_back(tx)
    write_words(sql)

    assert _find(sql, "maria")[0] == "con_9"
