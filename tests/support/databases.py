"""Databases for tests: copies of a template, and one copy that is emptied after each test."""

from __future__ import annotations

from itertools import count

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.support.poll import eventually

_numbers = count(1)

# Told to wait for their ends, PostgreSQL looks every 100 ms; most are gone after one.
_CLOSE_OTHER_CONNECTIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""

# Deleting a few rows takes a millisecond, truncating every table fifty. The tables share no data with the catalogue.
_DELETE_ROWS = """
DO $$
DECLARE
  filled regclass[] := array(
    SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
  );
  filled_table regclass;
BEGIN
  IF (SELECT sum(pg_relation_size(t)) FROM unnest(filled) t) > 1000000 THEN
    EXECUTE 'TRUNCATE ' || array_to_string(filled, ', ') || ' CASCADE';
  ELSE
    FOREACH filled_table IN ARRAY filled LOOP EXECUTE 'DELETE FROM ' || filled_table; END LOOP;
  END IF;
  PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL;
END $$
"""

# What the planner has learned of the tables, by VACUUM or ANALYZE of its own or a test's.
_SIZES = """
SELECT relname::text, relpages, reltuples FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')
"""
_SET_SIZE = """
SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', %s::text,
                                 'relpages', %s::integer, 'reltuples', %s::real)
"""
_FORGET_VALUES = "DELETE FROM pg_statistic WHERE starelid >= 16384"

# Whatever a statement of a schema changes: the rows of the catalogue carry the transaction that wrote them.
_FINGERPRINT = """
SELECT md5(string_agg(line, ';' ORDER BY line)) FROM (
  SELECT format('class %s %s %s', oid, relname, reloptions) FROM pg_class WHERE oid >= 16384 AND relkind <> 't'
  UNION ALL SELECT format('column %s %s %s', attrelid, attname, xmin) FROM pg_attribute WHERE attrelid >= 16384
  UNION ALL SELECT format('index %s %s', indexrelid, xmin) FROM pg_index WHERE indexrelid >= 16384
  UNION ALL SELECT format('constraint %s %s', oid, xmin) FROM pg_constraint WHERE oid >= 16384
  UNION ALL SELECT format('trigger %s %s', oid, xmin) FROM pg_trigger WHERE oid >= 16384
  UNION ALL SELECT format('function %s %s', oid, xmin) FROM pg_proc WHERE oid >= 16384
  UNION ALL SELECT format('type %s %s', oid, xmin) FROM pg_type WHERE oid >= 16384
  UNION ALL SELECT format('schema %s %s', oid, xmin) FROM pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_'
  UNION ALL SELECT format('revision %s', version_num) FROM alembic_version
  UNION ALL SELECT format('setting %s', setconfig) FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase
    WHERE d.datname = current_database()
) lines (line)
"""


def clone_database(template_url: str, name: str) -> str:
    """Make the database `name` as a copy of the one at `template_url` and return its address."""
    template = make_url(template_url)
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template.database)
    )
    _run(template_url, statement)
    return template.set(database=name).render_as_string(hide_password=False)


def drop_database(url: str) -> None:
    """Remove the database at `url`, whoever is connected to it."""
    _run(url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(make_url(url).database)))


class ReusableDatabase:
    """One copy of a template for many tests: emptying it takes 5 ms, another copy 150 ms.

    After a test that changed the schema, another copy is made.
    """

    def __init__(self, template_url: str) -> None:
        self._template_url = template_url
        self._make()

    def clear(self) -> None:
        """Close everybody's connections to it and undo what they committed."""
        eventually(lambda: not self._connection.execute(_CLOSE_OTHER_CONNECTIONS).fetchall(), every=0.001)
        if self._fingerprint() == self._untouched:
            self.delete_rows()
            self._forget_statistics()
        else:
            self.drop()
            self._make()

    def delete_rows(self) -> None:
        """Delete every row; whoever is connected stays so."""
        self._connection.execute(_DELETE_ROWS)

    def _forget_statistics(self) -> None:
        """Let the planner know as little as it knew of the copy when it was made: plans are the same in any order."""
        for size in set(self._sizes()) - self._sizes_at_first:
            name = size[0]
            self._connection.execute(_SET_SIZE, next(first for first in self._sizes_at_first if first[0] == name))
        self._connection.execute(_FORGET_VALUES)

    def drop(self) -> None:
        """Remove it."""
        self._connection.close()
        drop_database(self.url)

    def _make(self) -> None:
        self.url = clone_database(self._template_url, f"test_{next(_numbers)}")
        self._connection = psycopg.connect(_with_driver_of_psycopg(self.url), autocommit=True)
        self._connection.execute("SET session_replication_role = replica")  # rows go in any order, triggers keep still
        self._untouched = self._fingerprint()
        self._sizes_at_first = frozenset(self._sizes())

    def _sizes(self) -> list[tuple[str, int, float]]:
        return self._connection.execute(_SIZES).fetchall()

    def _fingerprint(self) -> object:
        return self._connection.execute(_FINGERPRINT).fetchone()


def _run(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(_with_driver_of_psycopg(url), dbname="postgres", autocommit=True) as tx:
        tx.execute(statement)


def _with_driver_of_psycopg(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
