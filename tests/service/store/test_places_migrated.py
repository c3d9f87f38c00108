"""What earlier releases have stored of places goes on beside what is stored today."""

from __future__ import annotations

from sqlalchemy import create_engine, text

from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.operations.contacts.renew_zones import renew_zones
from orchestrator.policy.caps import DEFAULT_CAPS
from orchestrator.policy.zones.zones_version import zones_version
from orchestrator.store.sql.dial_checks import read_facts
from orchestrator.store.sql.migrate import upgrade
from tests.support.old_schema import database_at, downgrade_to

BEFORE = "0014"  # the last release
_A_CAMPAIGN = (
    "INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES ('conn', 1, 1)",
    "INSERT INTO campaigns (id, name, connection_id) VALUES ('cmp', 'n', 'conn')",
)
_A_CONTACT = text("INSERT INTO contacts (id, campaign_id, phone, timezone) VALUES (:id, 'cmp', :id, 'America/Denver')")


def test_contacts_of_the_release_before_say_nothing_of_a_source_and_one_beside_it_goes_on(
    postgres_server: RunningServer,
) -> None:
    with database_at(postgres_server.url, BEFORE, name="schema_places") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in _A_CAMPAIGN:
                tx.execute(text(statement))
            tx.execute(_A_CONTACT, {"id": "+12065550123"})

        upgrade(url)

        with engine.begin() as tx:
            tx.execute(_A_CONTACT, {"id": "+12065550124"})
            told = tx.execute(text("SELECT timezone, timezone_source, region FROM contacts")).all()
            facts = read_facts(tx, ["+12065550123"], DEFAULT_CAPS)["+12065550123"]
        downgrade_to(url, BEFORE)
        with engine.connect() as tx:
            left = tx.execute(text("SELECT count(*) FROM contacts WHERE timezone = 'America/Denver'")).scalar_one()
        engine.dispose()
    assert [tuple(row) for row in told] == [("America/Denver", None, None)] * 2
    assert (facts["timezone_source"], left) == (None, 2)


def test_zones_of_the_release_before_and_of_an_engine_beside_it_are_derived_anew(
    postgres_server: RunningServer,
) -> None:
    insert = text("INSERT INTO contacts (id, campaign_id, phone, zone) VALUES (:id, 'cmp', :id, 'America/New_York')")
    with database_at(postgres_server.url, BEFORE, name="schema_zones") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in _A_CAMPAIGN:
                tx.execute(text(statement))
            tx.execute(insert, {"id": "+12192002000"})

        upgrade(url)
        first = renew_zones(engine)
        with engine.begin() as tx:
            tx.execute(insert, {"id": "+12192002001"})
        second = renew_zones(engine)

        with engine.connect() as tx:
            zones = tx.execute(text("SELECT DISTINCT zone, zones_version FROM contacts")).all()
        downgrade_to(url, BEFORE)
        engine.dispose()
    assert (first, second) == (1, 1)
    assert [tuple(row) for row in zones] == [("America/Chicago|America/New_York", zones_version().name)]
