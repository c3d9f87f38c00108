"""Contacts of the version before, and of its engines beside this schema, have the attempts that the rules allow."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine, text

import orchestrator.store.sql.migrate as migrations
from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.policy.caps import DEFAULT_CAPS
from orchestrator.store.sql.dial_checks import gate_facts, read_facts
from orchestrator.store.sql.dial_counts import Dials
from orchestrator.store.sql.migrate import upgrade
from tests.support.old_schema import database_at, downgrade_to

_ROWS = (
    "INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES ('conn', 1, 1)",
    """INSERT INTO campaigns (id, name, connection_id, retry) VALUES ('cmp', 'n', 'conn', '{"max_attempts": 7}')""",
    "INSERT INTO contacts (id, campaign_id, phone) VALUES ('con', 'cmp', '+12125550123')",
)


def test_contacts_of_the_release_before_have_the_attempts_that_the_rules_allow(postgres_server: RunningServer) -> None:
    [file] = Path(migrations.__file__).parent.glob("migrations/versions/*_contacts_called_again.py")
    before = f"{int(file.name[:4]) - 1:04d}"
    with database_at(postgres_server.url, before, name="schema_before_redials") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in _ROWS:
                tx.execute(text(statement))

        upgrade(url)

        with engine.begin() as tx:
            row = read_facts(tx, ["con"], DEFAULT_CAPS)["con"]
        engine.dispose()
        downgrade_to(url, before)
        upgrade(url)

    assert gate_facts(row, contact_status_ok=True, from_caller_id=Dials()).max_attempts == 7
