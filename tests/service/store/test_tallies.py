"""What is kept as rows change is at every moment what counting them would say."""

from __future__ import annotations

import random
import threading
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, create_engine, text

from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.store.sql.migrate import upgrade
from orchestrator.store.sql.tallies import Subject, fold_changes, fold_tallies, largest_answers, read_tally
from tests.support.old_schema import database_at

_COUNTED = {
    "contacts": """
        SELECT ARRAY[status, CASE status WHEN 'held' THEN reason WHEN 'waiting' THEN zone END], count(*)
        FROM contacts WHERE campaign_id = :campaign GROUP BY 1
    """,
    "calls": "SELECT ARRAY[state, disposition, outcome], count(*) FROM calls WHERE campaign_id = :campaign GROUP BY 1",
    "people": """
        SELECT ARRAY[to_char(answered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), what], count(*) FROM calls, LATERAL (VALUES
            ('people', true), ('abandoned', abandoned), ('silent', silent), ('opted_out', opted_out),
            ('bridged', bridged)) x(what, holds)
        WHERE campaign_id = :campaign AND silent IS NOT NULL AND holds GROUP BY 1
    """,
    "spent": """
        SELECT ARRAY[to_char(reserved_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')], sum(spent) * 1000000 FROM calls
        WHERE campaign_id = :campaign AND spent IS NOT NULL AND state <> 'withdrawn' GROUP BY 1 HAVING sum(spent) <> 0
    """,
    "minutes": """
        SELECT ARRAY[to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI'), what, value], count(*)
        FROM calls, LATERAL (
            VALUES ('dial', dialed_at, NULL), ('answer', answered_at, NULL), ('end', ended_at, NULL),
                ('disposition', ended_at, disposition)) x(what, at, value)
        WHERE campaign_id = :campaign AND state = 'ended' AND ended_at IS NOT NULL AND at IS NOT NULL GROUP BY 1
        UNION ALL
        SELECT ARRAY[to_char(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI'), 'outcome', outcome], count(*)
        FROM calls WHERE campaign_id = :campaign AND state = 'ended' AND ended_at IS NOT NULL AND outcome IS NOT NULL
        GROUP BY 1
    """,
}
_BEGIN = (
    "INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES ('conn', 1, 1)",
    "INSERT INTO campaigns (id, name, connection_id) VALUES ('a', 'a', 'conn'), ('b', 'b', 'conn')",
)
_CONTACT = "INSERT INTO contacts (id, campaign_id, phone, zone) VALUES (:id, :campaign, :id, :zone)"
_CALL = """
    INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, command_id,
        ring_limit_s, talk_limit_s)
    SELECT 'call-' || id, campaign_id, id, 'conn', id, 'x', 1, 'c', 30, 60 FROM contacts WHERE id = :id
    ON CONFLICT (id) DO UPDATE SET attempt = calls.attempt
"""
_MOVES = (
    "UPDATE contacts SET status = 'held', reason = :word WHERE id = ANY(:ids)",
    "UPDATE contacts SET status = 'waiting', zone = :word WHERE id = ANY(:ids)",
    "UPDATE contacts SET status = :word WHERE id = ANY(:ids)",
    "UPDATE contacts SET priority = 7 WHERE id = ANY(:ids)",
    "UPDATE contacts SET campaign_id = 'b' WHERE id = ANY(:ids)",
    """
    UPDATE calls SET state = 'ended', disposition = :word, answers = jsonb_build_object('q', CAST(:word AS text))
    WHERE contact_id = ANY(:ids)
    """,
    "UPDATE calls SET state = 'withdrawn', outcome = :word, answers = '{}' WHERE contact_id = ANY(:ids)",
    """
    UPDATE calls SET abandoned = :word = '', silent = :word <> 'busy', opted_out = :word = 'human',
        bridged = :word = 'human', spent = 0.0123, answered_at = '2026-11-29T23:59:59Z' WHERE contact_id = ANY(:ids)
    """,
    """
    UPDATE calls SET abandoned = false, silent = false, answered_at = '2026-11-30T00:00:00Z', state = 'accepted',
        spent = length(:word) * 0.5 WHERE contact_id = ANY(:ids)
    """,
    """
    UPDATE calls SET state = 'ended', outcome = nullif(:word, ''), dialed_at = '2026-11-29T23:58:59Z',
        ended_at = '2026-11-30T00:01:00Z' WHERE contact_id = ANY(:ids)
    """,
    """
    UPDATE calls SET abandoned = false, silent = NULL, opted_out = NULL, bridged = NULL, spent = NULL
    WHERE contact_id = ANY(:ids)
    """,
    "DELETE FROM calls WHERE contact_id = ANY(:ids)",
)
_WORDS = ("busy", "human", "Europe/Berlin", "")


@pytest.fixture
def begun(sql: Engine) -> Engine:
    with sql.begin() as tx:
        for statement in _BEGIN:
            tx.execute(text(statement))
    return sql


def _counted(sql: Engine, subject: str, campaign: str) -> dict[Any, int]:
    with sql.connect() as tx:
        rows = tx.execute(text(_COUNTED[subject]), {"campaign": campaign}).all()
    return {tuple(parts): n for parts, n in rows}


def _kept(sql: Engine, subject: Subject, campaign: str) -> dict[Any, int]:
    with sql.connect() as tx:
        return {tuple(parts): n for parts, n in read_tally(tx, campaign, subject)}


def _agree(sql: Engine) -> None:
    for campaign in ("a", "b"):
        assert _kept(sql, "contacts", campaign) == _counted(sql, "contacts", campaign)
        assert _kept(sql, "calls", campaign) == _counted(sql, "calls", campaign)
        assert _kept(sql, "people", campaign) == _counted(sql, "people", campaign)
        assert _kept(sql, "spent", campaign) == _counted(sql, "spent", campaign)
        assert _kept(sql, "minutes", campaign) == _counted(sql, "minutes", campaign)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_statements_do_the_tallies_are_what_counting_says(begun: Engine, seed: int) -> None:
    rng = random.Random(seed)
    with begun.begin() as tx:
        for n in range(30):
            tx.execute(text(_CONTACT), {"id": f"c{n:02}", "campaign": "a", "zone": rng.choice(_WORDS)})
    for _ in range(60):
        ids = rng.sample([f"c{n:02}" for n in range(30)], rng.randint(0, 12))
        with begun.begin() as tx:
            if rng.random() < 0.3:
                for ident in ids:
                    tx.execute(text(_CALL), {"id": ident})
            tx.execute(text(rng.choice(_MOVES)), {"ids": ids, "word": rng.choice(_WORDS)})
            if rng.random() < 0.2:
                fold_changes(tx)
            if rng.random() < 0.2:
                tx.rollback()

    _agree(begun)
    while fold_tallies(begun):
        pass
    _agree(begun)


def test_tallies_that_are_folded_while_others_write_lose_and_double_nothing(begun: Engine) -> None:
    stop = threading.Event()

    def fold() -> None:
        while not stop.is_set():
            fold_tallies(begun)

    def write(worker: int) -> None:
        for n in range(60):
            with begun.begin() as tx:
                tx.execute(text(_CONTACT), {"id": f"{worker}-{n}", "campaign": "a", "zone": ""})
                tx.execute(text(_MOVES[2]), {"ids": [f"{worker}-{n}"], "word": "completed"})

    folders = [threading.Thread(target=fold) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(worker,)) for worker in range(3)]
    for thread in (*folders, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in folders:
        thread.join()

    assert _kept(begun, "contacts", "a") == {("completed", None): 180}
    _agree(begun)


def test_a_fold_that_another_does_is_left_to_it(begun: Engine) -> None:
    with begun.begin() as tx:
        tx.execute(text(_CONTACT), {"id": "c", "campaign": "a", "zone": ""})

    with begun.begin() as first, begun.begin() as second:
        assert (fold_changes(first), fold_changes(second)) == (1, 0)


def test_a_tally_that_came_to_nothing_leaves_no_row(begun: Engine) -> None:
    with begun.begin() as tx:
        tx.execute(text(_CONTACT), {"id": "c", "campaign": "a", "zone": ""})
        fold_changes(tx)
        tx.execute(text(_CALL), {"id": "c"})
        tx.execute(text(_MOVES[5]), {"ids": ["c"], "word": "a secret"})
        fold_changes(tx)
        tx.execute(text(_MOVES[6]), {"ids": ["c"], "word": None})
        fold_changes(tx)

    with begun.connect() as tx:
        left = tx.execute(text("SELECT parts FROM tallies UNION SELECT parts FROM tally_changes")).scalars()
        assert sorted(left) == [["waiting", ""], ["withdrawn", "a secret", None]]


def test_the_most_frequent_answers_count_those_that_were_not_folded_yet(begun: Engine) -> None:
    answers = {"c1": "1", "c2": "1", "c3": "2", "c4": "x" * 5_000, "c5": "2", "c6": "2"}
    with begun.begin() as tx:
        for ident, word in answers.items():
            tx.execute(text(_CONTACT), {"id": ident, "campaign": "a", "zone": ""})
            tx.execute(text(_CALL), {"id": ident})
            tx.execute(text(_MOVES[5]), {"ids": [ident], "word": word})
            if ident == "c4":
                fold_changes(tx)
        two = largest_answers(tx, "a", most=2)
        [*_, longest] = largest_answers(tx, "a", most=9)

    assert [(parts, n) for parts, n in two] == [(["q", "2"], 3), (["q", "1"], 2)]
    assert longest.n == 1
    assert str(longest.parts[1]).startswith("x" * 200 + "…")


def test_names_outcomes_and_answers_of_any_length_are_counted_and_folded(begun: Engine) -> None:
    longest = "".join(chr(0x4E00 + n % 20_000) for n in range(9_000))  # compresses badly
    with begun.begin() as tx:
        tx.execute(text(_CONTACT), {"id": "c", "campaign": "a", "zone": ""})
        tx.execute(text(_CALL), {"id": "c"})
        answers = orjson.dumps({longest: longest}).decode()
        changed = text("UPDATE calls SET outcome = :long, answers = CAST(:answers AS jsonb)")
        tx.execute(changed, {"long": longest, "answers": answers})

    assert fold_tallies(begun) > 0

    with begun.connect() as tx:
        [([name, value], n)] = largest_answers(tx, "a", most=9)
        [([_, _, outcome], _)] = read_tally(tx, "a", "calls")
    assert n == 1
    assert {str(part)[:201] for part in (name, value, outcome)} == {longest[:200] + "…"}


def test_the_rows_of_the_release_before_are_counted_too(postgres_server: RunningServer) -> None:
    with database_at(postgres_server.url, "0008", name="schema_0008_counted") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in _BEGIN:
                tx.execute(text(statement))
            for n in range(5):
                tx.execute(text(_CONTACT), {"id": f"c{n}", "campaign": "a", "zone": ""})
                tx.execute(text(_CALL), {"id": f"c{n}"})
            tx.execute(text(_MOVES[5]), {"ids": ["c1", "c2"], "word": "busy"})
            tx.execute(
                text("UPDATE calls SET dialed_at = now(), ended_at = now(), outcome = 'x' WHERE state = 'ended'")
            )

        upgrade(url)

        _agree(engine)
        with engine.connect() as tx:
            assert [tuple(row) for row in largest_answers(tx, "a", most=9)] == [(["q", "busy"], 2)]
        engine.dispose()
