"""Single calls that the version before has placed, and that still wait, end an hour after their request."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine, text

import orchestrator.store.sql.migrate as migrations
from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.store.sql.migrate import upgrade
from tests.support.old_schema import database_at

_CONTACT = "INSERT INTO contacts (id, campaign_id, phone, status, is_single) VALUES "
_ROWS = (
    "INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES ('conn', 1, 1)",
    "INSERT INTO campaigns (id, name, connection_id, kind) VALUES ('cmp', 'n', 'conn', 'campaign')",
    "INSERT INTO campaigns (id, name, connection_id, kind) VALUES ('dir', 'n', 'conn', 'direct')",
    _CONTACT + "('con', 'cmp', '+12125550123', 'waiting', false)",
    _CONTACT + "('held', 'dir', '+12125550124', 'held', true)",
    _CONTACT + "('over', 'dir', '+12125550125', 'completed', true)",
)


def test_single_calls_that_wait_have_an_end_after_the_upgrade(postgres_server: RunningServer) -> None:
    [file] = Path(migrations.__file__).parent.glob("migrations/versions/*_single_calls_end.py")
    with database_at(postgres_server.url, f"{int(file.name[:4]) - 1:04d}", name="schema_before_ends") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in _ROWS:
                tx.execute(text(statement))

        upgrade(url)

        with engine.begin() as tx:
            found = tx.execute(
                text("SELECT id, not_after = created_at + interval '1 hour' FROM contacts ORDER BY id")
            ).all()
        engine.dispose()

    assert [tuple(row) for row in found] == [("con", None), ("held", True), ("over", None)]
