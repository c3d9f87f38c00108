"""What the outside is told is written with the change, can be read once it is committed, and nothing is passed over."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.store.sql.migrate import upgrade
from orchestrator.store.sql.told_events import forget_events, move_new_events, newest_event, read_events, seq_of
from tests.support.old_schema import database_at, downgrade_to

_BEGIN = """
    INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES ('conn', 1, 1);
    INSERT INTO campaigns (id, name, connection_id, status) VALUES ('cmp', 'n', 'conn', 'running');
    INSERT INTO contacts (id, campaign_id, phone, status, is_single)
        VALUES ('con', 'cmp', '+12125550123', 'calling', false), ('one', 'cmp', '+12125550124', 'calling', true);
    INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, state, command_id,
        ring_limit_s, talk_limit_s) VALUES ('call', 'cmp', 'con', 'conn', 'x', 'y', 1, 'accepted', 'c', 30, 60);
    INSERT INTO recordings (id, call_id, told_as, event_id, told_at, leg)
        VALUES ('rec', 'call', 'a', 'e', now(), 'A');
"""
ANSWERED = "UPDATE calls SET answered_at = '2026-11-29T10:00:00.5Z'"
ENDED = "UPDATE calls SET state = 'ended', disposition = 'human', ended_at = '2026-11-29T10:01:00Z'"
FINISHED = "UPDATE contacts SET status = 'completed', reason = 'outcome', outcome = 'heard'"
PAUSED = (
    """UPDATE campaigns SET status = 'paused', status_reason = '{"code": "guard_spend", "detail": "d", "at": "t"}'"""
)
SUPPRESSED = (
    "INSERT INTO suppressions (id, phone, scope, reason) VALUES ('sup', '+12125550123', 'global', 'said so')"
    " ON CONFLICT (phone, scope) DO UPDATE SET expires_at = NULL"
)


@pytest.fixture
def begun(sql: Engine) -> Engine:
    run(sql, _BEGIN)
    return sql


def run(sql: Engine, *statements: str) -> None:
    with sql.begin() as tx:
        for statement in statements:
            tx.execute(text(statement))


def read(sql: Engine, after: int = 0, *, types: tuple[str, ...] = (), subject: str | None = None) -> list[Any]:
    """Return the events that can be read."""
    with sql.begin() as tx:
        move_new_events(tx)
        return list(read_events(tx, after=after, types=types, subject=subject, limit=100))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (ANSWERED, [("call.answered", "call")]),
        (ENDED, [("call.ended", "call")]),
        (f"{ENDED}, answered_at = now()", [("call.answered", "call"), ("call.ended", "call")]),
        ("UPDATE calls SET state = 'unknown'", []),
        ("UPDATE calls SET state = 'unknown', disposition = 'unknown'", [("call.ended", "call")]),
        ("UPDATE calls SET state = 'withdrawn'", []),
        (FINISHED, [("contact.finished", "con")]),
        ("UPDATE contacts SET status = 'waiting'", []),
        (PAUSED, [("guard.tripped", "cmp"), ("campaign.paused", "cmp")]),
        ("UPDATE campaigns SET status = 'completed'", [("campaign.completed", "cmp")]),
        ("UPDATE campaigns SET status = 'completed', kind = 'direct'", []),
        ("UPDATE recordings SET state = 'fetched'", [("recording.ready", "call")]),
        ("UPDATE recordings SET state = 'failed'", []),
        (SUPPRESSED, [("suppression.added", "sup")]),
    ],
)
def test_a_change_is_told_once_whoever_makes_it(begun: Engine, change: str, told: list[tuple[str, str]]) -> None:
    run(begun, change)
    run(begun, change)

    assert [(event.type, event.subject) for event in read(begun)] == told


def test_what_is_not_committed_is_not_told(begun: Engine) -> None:
    with begun.begin() as tx:
        tx.execute(text(ENDED))
        tx.rollback()

    assert read(begun) == []


def test_an_event_says_how_things_stand_and_nothing_of_the_person(begun: Engine) -> None:
    run(begun, ANSWERED, ENDED, FINISHED, PAUSED, SUPPRESSED)

    told = {event.type: event.data for event in read(begun)}

    assert told["call.ended"] == {
        "call_id": "call", "contact_id": "con", "campaign_id": "cmp", "direction": "outbound", "attempt": 1,
        "answered_at": "2026-11-29T10:00:00.500Z", "ended_at": "2026-11-29T10:01:00.000Z", "disposition": "human",
        "outcome": None, "amd_result": None, "hangup_cause": None,
    }  # fmt: skip
    assert told["contact.finished"] == {
        "contact_id": "con", "campaign_id": "cmp", "status": "completed", "reason": "outcome", "attempts": 0,
        "last_call_id": None, "disposition": None, "outcome": "heard",
    }  # fmt: skip
    assert told["guard.tripped"] == {"campaign_id": "cmp", "guard": "spend"}
    assert told["campaign.paused"] == {"campaign_id": "cmp", "status": "paused", "reason": "guard_spend"}
    assert told["suppression.added"] == {
        "suppression_id": "sup", "scope": "global", "call_id": None, "expires_at": None
    }  # fmt: skip
    assert "+1212" not in repr(told)


def test_an_outcome_that_a_person_wrote_is_not_told(begun: Engine) -> None:
    run(begun, "UPDATE contacts SET status = 'completed', reason = 'by_request', outcome = 'Ann of 5 Elm Street'")

    assert [event.data["outcome"] for event in read(begun)] == [None]


def test_a_longer_suppression_is_not_a_new_one(begun: Engine) -> None:
    run(begun, SUPPRESSED.replace("'sup'", "'sup1'"))
    first = [event.subject for event in read(begun)]

    run(begun, SUPPRESSED.replace("'sup'", "'sup2'"))

    assert (first, len(read(begun))) == (["sup1"], 1)


def test_a_reader_passes_over_nothing_that_is_committed_late(begun: Engine) -> None:
    early, late = begun.connect(), begun.connect()
    slow = early.begin()
    early.execute(text(ENDED))  # takes the lower position, and commits last
    quick = late.begin()
    late.execute(text(PAUSED))
    quick.commit()

    first = read(begun)
    slow.commit()
    second = read(begun, seq_of(first[-1].id))

    assert [event.type for event in first] == ["guard.tripped", "campaign.paused"]
    assert [event.type for event in second] == ["call.ended"]
    early.close()
    late.close()


def test_nobody_reads_behind_an_order_that_is_not_committed(begun: Engine) -> None:
    with begun.begin() as moving:
        with begun.begin() as slow:
            slow.execute(text(ENDED))
            run(begun, PAUSED)
            assert move_new_events(moving, most=1).moved == 1
        with begun.begin() as other:
            other.execute(text("SET LOCAL lock_timeout = 50"))
            with pytest.raises(OperationalError, match="lock timeout"):
                move_new_events(other, most=1)  # it would be read before the one that is being moved
        with begun.connect() as reading:
            assert read_events(reading, after=0, types=(), subject=None, limit=9) == []

    assert [event.type for event in read(begun)] == ["guard.tripped", "call.ended", "campaign.paused"]


def test_events_are_read_by_their_type_and_subject(begun: Engine) -> None:
    run(begun, ANSWERED, ENDED, FINISHED, PAUSED)
    read(begun)

    assert [event.type for event in read(begun, subject="call")] == ["call.answered", "call.ended"]
    assert [event.type for event in read(begun, subject="call", types=("call.ended",))] == ["call.ended"]
    found = read(begun, types=("contact.finished", "call.answered"))
    assert [event.type for event in found] == ["call.answered", "contact.finished"]
    assert read(begun, seq_of(found[0].id), types=("call.answered",)) == []


def test_an_id_names_its_place_and_is_never_given_to_another_event(begun: Engine) -> None:
    run(begun, ENDED)
    first = read(begun)[0].id
    run(begun, "DELETE FROM events", "SELECT setval(pg_get_serial_sequence('events', 'seq'), 1, false)", PAUSED)

    second = read(begun)[0].id

    assert seq_of(first) == seq_of(second) == 1
    assert first != second


def test_events_are_kept_for_thirty_days(begun: Engine) -> None:
    run(begun, ENDED, PAUSED)
    read(begun)
    run(begun, "UPDATE events SET at = now() - interval '31 days' WHERE type = 'call.ended'")

    with begun.begin() as tx:
        assert (forget_events(tx), forget_events(tx)) == (1, 0)
        assert newest_event(tx)
    assert [event.type for event in read(begun)] == ["guard.tripped", "campaign.paused"]


def test_rows_of_the_revision_before_tell_nothing_until_they_change(postgres_server: RunningServer) -> None:
    with database_at(postgres_server.url, "0026", name="schema_0026_events") as url:
        engine = create_engine(url)
        run(engine, _BEGIN, FINISHED)

        upgrade(url)
        assert read(engine) == []
        run(engine, ENDED, FINISHED)
        assert [event.type for event in read(engine)] == ["call.ended"]

        downgrade_to(url, "0026")
        run(engine, "UPDATE calls SET state = 'accepted'", ENDED)
        engine.dispose()
