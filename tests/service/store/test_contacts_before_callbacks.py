"""Contacts of the version before, and those of its engines beside this schema, are called back by nobody."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine, text

import orchestrator.store.sql.migrate as migrations
from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.store.sql.migrate import upgrade
from tests.support.old_schema import database_at, downgrade_to

_CONTACT = "INSERT INTO contacts (id, campaign_id, phone, priority) VALUES (:id, 'cmp', :id, 1000)"
_ROWS = (
    "INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES ('conn', 1, 1)",
    "INSERT INTO campaigns (id, name, connection_id) VALUES ('cmp', 'n', 'conn')",
)


def test_contacts_of_the_release_before_wait_for_no_callback(postgres_server: RunningServer) -> None:
    [file] = Path(migrations.__file__).parent.glob("migrations/versions/*_people_called_back.py")
    before = f"{int(file.name[:4]) - 1:04d}"
    with database_at(postgres_server.url, before, name="schema_before_callbacks") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in _ROWS:
                tx.execute(text(statement))
            tx.execute(text(_CONTACT), {"id": "before"})

        upgrade(url)

        with engine.begin() as tx:
            tx.execute(text(_CONTACT), {"id": "beside"})
            rows = tx.execute(text("SELECT id, priority, callback FROM contacts ORDER BY id")).all()
        engine.dispose()
        downgrade_to(url, before)
        upgrade(url)

    assert [tuple(row) for row in rows] == [("before", 1000, None), ("beside", 1000, None)]
