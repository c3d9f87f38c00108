"""A dial's number key: PostgreSQL and this code give the same value, and an engine of the version before writes it."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.store.sql.installation import write_epoch
from orchestrator.store.sql.migrate import upgrade
from tests.support.incoming import mapped, tell
from tests.support.number_keys import NumberKeys, read_number_keys
from tests.support.old_schema import database_at, downgrade_to
from tests.support.world import World

PHONE = "+12125550123"
A_CAMPAIGN = (
    "INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES ('conn', 1, 1)",
    "INSERT INTO campaigns (id, name, connection_id) VALUES ('cmp', 'n', 'conn')",
    f"INSERT INTO contacts (id, campaign_id, phone) VALUES ('con', 'cmp', '{PHONE}')",
)
# As the version before writes it: without the columns that it does not know.
A_DIAL = text(
    "INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, command_id,"
    " ring_limit_s, talk_limit_s, state, direction) VALUES (:id, 'cmp', 'con', 'conn', :to, '+12125550100', :attempt,"
    " 'c', 30, 60, :state, :direction)"
)


def dial(tx: Connection, ident: str, to: str = PHONE, *, attempt: int, direction: str = "outbound") -> None:
    tx.execute(A_DIAL, {"id": ident, "to": to, "attempt": attempt, "state": "ended", "direction": direction})


def stored_keys(tx: Connection) -> dict[str, bytes | None]:
    return {ident: key and bytes(key) for ident, key in tx.execute(text("SELECT id, number_key FROM calls"))}


@pytest.mark.parametrize("number", [PHONE, "+1", "+4915112345678901", "", "é"])
def test_postgresql_gives_a_number_the_key_that_rfc_2104_says(world: World, number: str) -> None:
    with world.sql.connect() as tx:
        keys = read_number_keys(tx)
        by_sql = bytes(tx.execute(text("SELECT number_key(:number)"), {"number": number}).scalar_one())

    assert keys.key_of(number) == by_sql


def test_the_key_is_an_hmac_of_the_number(world: World) -> None:
    with world.sql.connect() as tx:
        keys = read_number_keys(tx)
    secret = bytes(byte ^ 0x36 for byte in keys.inner)

    assert len(secret) == 64 and secret == bytes(byte ^ 0x5C for byte in keys.outer)
    assert keys.key_of(PHONE) == hmac.new(secret, PHONE.encode(), hashlib.sha256).digest()


def test_two_installations_know_a_number_by_different_keys(world: World) -> None:
    def own() -> NumberKeys:
        with world.sql.connect() as tx:
            return read_number_keys(tx)

    before = own()
    world.execute("DELETE FROM installation")
    world.prepare_again()

    assert own().key_of(PHONE) != before.key_of(PHONE)


def test_a_claimed_attempt_has_the_key_of_its_number_and_a_call_that_comes_in_has_none(world: World) -> None:
    call_id = world.claimed_call()
    mapped(world)
    tell(world)
    world.advance()

    with world.sql.connect() as tx:
        keys, there = read_number_keys(tx), stored_keys(tx)
    assert there.pop(call_id) == keys.key_of(world.call_row(call_id)["to_number"])
    assert list(there.values()) == [None]


def test_dials_of_the_version_before_and_of_an_engine_beside_have_their_key(postgres_server: RunningServer) -> None:
    with database_at(postgres_server.url, "0014", name="schema_0014") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in A_CAMPAIGN:
                tx.execute(text(statement))
            dial(tx, "before", attempt=1)
            dial(tx, "erased", "erased:con", attempt=2)
            dial(tx, "came in", attempt=3, direction="inbound")

        upgrade(url)

        with engine.begin() as tx:
            dial(tx, "beside", attempt=4)
            keys, there = read_number_keys(tx), stored_keys(tx)
            abandoned = tx.execute(text("SELECT DISTINCT abandoned FROM calls")).scalars().all()
        engine.dispose()
        downgrade_to(url, "0014")
        upgrade(url)
    known = keys.key_of(PHONE)
    assert there == {"before": known, "erased": None, "came in": None, "beside": known}
    assert abandoned == [False]


def test_a_secret_that_stands_is_not_made_anew(sql: Engine) -> None:
    with sql.begin() as tx:
        write_epoch(tx, "a")
        before = read_number_keys(tx)
        write_epoch(tx, "b")

        assert read_number_keys(tx) == before
