"""Engines and APIs of the version before (0009) go on beside today's schema: their own statements write opt-outs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.clock import utc_now
from orchestrator.operations.contacts.find_suppressions import Found, lift_suppression, list_suppressions
from orchestrator.operations.contacts.suppress_number import suppress_number
from orchestrator.store.sql.opt_outs import Asked, write_opt_outs
from tests.support.world import World

PHONE, OTHER = "+13125550177", "+13125550178"

OLDER_FLOW = text(
    """
    INSERT INTO suppressions (id, phone, scope, reason, call_id)
    SELECT id, phone, scope, reason, call_id
    FROM jsonb_to_recordset(:rows) AS r(id text, phone text, scope text, reason text, call_id text)
    ON CONFLICT (phone, scope) DO UPDATE SET expires_at = NULL WHERE suppressions.expires_at IS NOT NULL
    """
).bindparams(bindparam("rows", type_=JSONB))
OLDER_FILE = text(
    """
    INSERT INTO suppressions (id, phone, scope, reason, expires_at)
    SELECT id, phone, scope, reason, expires_at
    FROM jsonb_to_recordset(:rows) AS r(id text, phone text, scope text, reason text, expires_at timestamptz)
    ORDER BY phone, scope
    ON CONFLICT (phone, scope) DO UPDATE SET reason = excluded.reason, expires_at = excluded.expires_at
    RETURNING id
    """
).bindparams(bindparam("rows", type_=JSONB))
OLDER_POST = text(
    """
    INSERT INTO suppressions (id, phone, scope, reason, expires_at)
    SELECT id, phone, scope, reason, NULL
    FROM jsonb_to_recordset(:rows) AS r(id text, phone text, scope text, reason text)
    ON CONFLICT (phone, scope) DO UPDATE SET reason = excluded.reason, expires_at = excluded.expires_at
    """
).bindparams(bindparam("rows", type_=JSONB))
OLDER_GATE = """
    SELECT EXISTS (SELECT 1 FROM suppressions s WHERE s.phone = :phone AND s.scope IN ('global', 'cmp_1')
            AND (s.expires_at IS NULL OR s.expires_at > clock_timestamp())) AS suppressed
"""
OLDER_LIFT = "DELETE FROM suppressions WHERE suppressions.phone = :phone AND suppressions.scope = 'global'"

WRITERS = {"a flow": OLDER_FLOW, "a file": OLDER_FILE, "a request": OLDER_POST}


def older_writes(world: World, statement: object, phone: str = PHONE) -> None:
    row = {"id": "sup_" + "9" * 26, "phone": phone, "scope": "global", "reason": "pressed 9", "call_id": "call_1"}
    with world.sql.begin() as tx:
        tx.execute(statement, {"rows": [row]})  # type: ignore[call-overload]  # a text of this file


def older_gate_refuses(world: World, phone: str = PHONE) -> bool:
    return bool(world.query(OLDER_GATE, phone=phone)[0].suppressed)


def today_refuses(world: World, phone: str = PHONE) -> bool:
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id, phone=phone)
    return world.claim(campaign_id) == [] and world.contact_row(contact_id)["status"] == "suppressed"


def lift(world: World, phone: str = PHONE) -> None:
    world.run(lift_suppression, {"phone": phone, "scope": "global"}, by="anna", because="asked to be called")


def expire(world: World) -> None:
    world.execute("UPDATE suppressions SET expires_at = now() - interval '1 minute' WHERE phone = :phone", phone=PHONE)


def everything(world: World, phone: str = PHONE) -> list[Found]:
    return world.run(list_suppressions, {"phone": phone}, past_too=True, after=None, limit=50)


def told(world: World, phone: str = PHONE) -> list[tuple[str, str | None, list[tuple[str, str]]]]:
    return [
        (found.row.status, found.row.lifted_by, [(line.asked_by, line.reason) for line in found.requests])
        for found in everything(world, phone)
    ]


@pytest.mark.parametrize("before", ["nothing", "for a while", "for ever", "expired", "lifted", "lifted twice"])
@pytest.mark.parametrize("writer", WRITERS)
def test_an_opt_out_that_an_older_version_writes_is_taken_and_holds(world: World, writer: str, before: str) -> None:
    until = None if before == "for ever" else utc_now() + timedelta(days=9)
    if before != "nothing":
        world.run(suppress_number, PHONE, reason="on holiday", expires_at=until)
    if before == "expired":
        expire(world)
    if before.startswith("lifted"):
        lift(world)
    if before == "lifted twice":
        world.run(suppress_number, PHONE, reason="again")
        lift(world)

    older_writes(world, WRITERS[writer])

    assert older_gate_refuses(world) and today_refuses(world)
    assert everything(world)[0].row.expires_at is None


@pytest.mark.parametrize("times", [1, 3])
def test_an_opt_out_that_was_lifted_does_not_count_for_an_older_version_however_often(world: World, times: int) -> None:
    for _ in range(times):
        world.run(suppress_number, PHONE, reason="asked by mail")
        lift(world)

    assert not older_gate_refuses(world)
    assert len(everything(world)) == times


def test_an_opt_out_that_has_expired_and_one_after_it_count_once_for_an_older_version(world: World) -> None:
    world.run(suppress_number, PHONE, reason="for a while", expires_at=utc_now() + timedelta(days=9))
    expire(world)
    between = older_gate_refuses(world)

    world.run(suppress_number, PHONE, reason="asked again")

    assert (between, older_gate_refuses(world)) == (False, True)
    assert told(world) == [
        ("in_force", None, [("api", "asked again")]),
        ("expired", "expiry", [("api", "for a while")]),
    ]


def test_what_an_older_version_lifts_is_kept_as_lifted(world: World) -> None:
    world.run(suppress_number, PHONE, reason="asked by mail", by="anna")

    world.execute(OLDER_LIFT, phone=PHONE)

    assert not older_gate_refuses(world)
    assert told(world) == [("lifted", "api", [("anna", "asked by mail")])]


@pytest.mark.parametrize(("writer", "by"), [("a flow", "flow"), ("a file", "api"), ("a request", "api")])
def test_the_first_words_of_an_older_version_are_in_the_history_and_so_are_those_after(
    world: World, writer: str, by: str
) -> None:
    older_writes(world, WRITERS[writer])
    first = told(world)
    world.run(suppress_number, PHONE, reason="list 7", by="anna")

    assert first == [("in_force", None, [(by, "pressed 9")])]
    assert told(world) == [("in_force", None, [(by, "pressed 9"), ("anna", "list 7")])]


def test_what_an_older_engine_wrote_and_a_person_lifted_is_not_brought_back_by_a_late_word_of_its_call(
    world: World,
) -> None:
    older_writes(world, OLDER_FLOW)
    lift(world)

    with world.sql.begin() as tx:
        again = write_opt_outs(tx, [Asked(PHONE, "global", "pressed 9", asked_by="flow", call_id="call_1")])

    assert again == {} and not older_gate_refuses(world)
    assert told(world) == [("lifted", "anna", [("flow", "pressed 9")])]


def test_todays_own_words_are_kept_once(world: World) -> None:
    world.run(suppress_number, PHONE, reason="asked by mail", by="anna")
    world.run(suppress_number, OTHER, reason="asked by mail", by="anna")

    assert told(world) == told(world, OTHER) == [("in_force", None, [("anna", "asked by mail")])]
