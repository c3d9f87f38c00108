"""Connections that die while nobody uses them."""

from __future__ import annotations

from sqlalchemy import Engine, text

from orchestrator.store.connect import open_sql


def test_a_connection_that_died_while_it_rested_is_replaced_unnoticed(sql: Engine, database_url: str) -> None:
    ours = open_sql(database_url, ping_after_s=0)
    with ours.connect() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with sql.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    with ours.begin() as connection:
        answer = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()

    ours.dispose()
    assert answer != pid
