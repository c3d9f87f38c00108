"""Campaigns of the version before, and of its engines beside this schema, ask for no consent."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine, text

import orchestrator.store.sql.migrate as migrations
from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.policy.caps import DEFAULT_CAPS
from orchestrator.store.sql.dial_checks import read_facts
from orchestrator.store.sql.migrate import upgrade
from tests.support.old_schema import database_at, downgrade_to

_ROWS = (
    "INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES ('conn', 1, 1)",
    "INSERT INTO campaigns (id, name, connection_id) VALUES ('cmp', 'n', 'conn')",
    "INSERT INTO contacts (id, campaign_id, phone) VALUES ('con', 'cmp', '+12125550123')",
)


def _revision_before() -> str:
    [file] = Path(migrations.__file__).parent.glob("migrations/versions/*_consents.py")
    return f"{int(file.name[:4]) - 1:04d}"


def test_campaigns_of_the_release_before_ask_for_no_consent_and_hang_up_what_rings(
    postgres_server: RunningServer,
) -> None:
    before = _revision_before()
    with database_at(postgres_server.url, before, name="schema_before_consents") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in _ROWS:
                tx.execute(text(statement))

        upgrade(url)

        with engine.begin() as tx:
            tx.execute(text("INSERT INTO campaigns (id, name, connection_id) VALUES ('new', 'n', 'conn')"))
            said = [tuple(row) for row in tx.execute(text("SELECT consent, on_opt_out FROM campaigns")).all()]
            facts = read_facts(tx, ["con"], DEFAULT_CAPS)["con"]
        engine.dispose()
        downgrade_to(url, before)
        upgrade(url)

    assert said == [({}, "hangup")] * 2
    assert (facts["consent_required"], facts["revoked_at"], facts["consented_at"]) == (None, None, None)
