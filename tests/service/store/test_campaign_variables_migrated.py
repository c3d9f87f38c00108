"""Campaigns of the release before have no values for everybody, and dial as they did."""

from __future__ import annotations

from sqlalchemy import create_engine, text

from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.store.sql.migrate import upgrade
from tests.support.old_schema import database_at

_BEFORE = (
    "INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES ('conn', 1, 1)",
    "INSERT INTO campaigns (id, name, connection_id) VALUES ('{ident}', 'n', 'conn')",
    "INSERT INTO contacts (id, campaign_id, phone, outcome) VALUES ('{ident}', '{ident}', '+1', 'heard')",
)


def test_campaigns_of_the_release_before_say_nothing_for_everybody(postgres_server: RunningServer) -> None:
    with database_at(postgres_server.url, "0027", name="schema_0027_variables") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in _BEFORE:
                tx.execute(text(statement.format(ident="old")))

        upgrade(url)
        with engine.begin() as tx:  # an engine of the release before runs beside
            for statement in _BEFORE[1:]:
                tx.execute(text(statement.format(ident="beside")))

        with engine.connect() as tx:
            rows = tx.execute(text("SELECT variables, tags, description FROM campaigns")).all()
        engine.dispose()

    assert rows == [({}, [], None)] * 2
