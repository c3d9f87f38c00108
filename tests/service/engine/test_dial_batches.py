"""Many attempts dialed at once: each as if it were alone, whatever becomes of the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, repeat
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.clock import boot_seconds
from orchestrator.operations.dialing.dial_call import Dialer
from orchestrator.operations.dialing.permit_dial import TOO_OLD_S
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.timeouts import SqlBounds
from orchestrator.telnyx.answers import Accepted
from tests.support.carrier_stub import Asked, CarrierStub, accepted_dial, refusal
from tests.support.lock_points import in_thread, waits_for_a_lock
from tests.support.poll import eventually
from tests.support.postgres_proxy import postgres_proxy
from tests.support.world import CONNECTION, World

_SOON = SqlBounds(statement_s=3, lock_s=3, idle_s=15)


def claimed(world: World, number: int = 3, **campaign: Any) -> list[str]:
    """Return attempts of one campaign that have been claimed and not sent."""
    campaign_id = world.campaign(**campaign)
    world.contacts(campaign_id, number)
    return world.claim(campaign_id)


def dialer(world: World, **others: Any) -> Dialer:
    """Return a dialer of the world's, with other collaborators."""
    usual = {
        "sql": world.sql,
        "client": world.redis,
        "carrier": world.carrier,
        "flows": world.flows,
        "keys": world.keys,
    }
    return Dialer(**{**usual, **others})


def states(world: World, call_ids: list[str]) -> list[str]:
    return [world.call_row(call_id)["state"] for call_id in call_ids]


def dialed_ids(carrier: CarrierStub) -> list[str]:
    return sorted(accepted_dial(asked)[1]["data"]["call_control_id"].removeprefix("v3:") for asked in carrier.dials)


def answering(answers: dict[str, Any]) -> Callable[[Asked], Any]:
    """Answer the dials of these calls so, and accept the others."""

    def answer(asked: Asked) -> Any:
        accepted = accepted_dial(asked)
        return answers.get(accepted[1]["data"]["call_control_id"].removeprefix("v3:"), accepted)

    return answer


@contextmanager
def lossy_sql(database_url: str, marker: str, *, after: str = "") -> Iterator[Engine]:
    """Yield an engine whose next answer to `marker` is lost."""
    with postgres_proxy(database_url) as proxy:
        sql = open_sql(proxy.url, bounds=_SOON)
        proxy.lose_answer_to(marker, after=after)
        yield sql
        assert proxy.lost == 1
        sql.dispose()


@contextmanager
def statements(sql: Engine) -> Iterator[list[str]]:
    """Collect what is executed."""
    seen: list[str] = []

    def note(_tx: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(sql, "before_cursor_execute", note)
    yield seen
    event.remove(sql, "before_cursor_execute", note)


def test_r1_a_batch_is_permitted_in_one_transaction_and_each_attempt_is_sent_once(
    world: World, carrier: CarrierStub
) -> None:
    call_ids = claimed(world, 5)

    with statements(world.sql) as seen:
        sent = world.dialer.dial_calls([*call_ids, *call_ids])

    assert (sent, dialed_ids(carrier)) == (5, sorted(call_ids))
    assert set(states(world, call_ids)) == {"accepted"}
    assert len([statement for statement in seen if "SET state = 'dialing'" in statement]) == 1
    world.advance()
    assert [world.live(call_id).call_control_id for call_id in call_ids] == [f"v3:{each}" for each in call_ids]  # type: ignore[union-attr]


def test_a_batch_of_nobody_sends_nothing(world: World, carrier: CarrierStub) -> None:
    assert world.dialer.dial_calls([]) == 0
    assert carrier.dials == []


@pytest.mark.parametrize(
    ("change", "reason", "status"),
    [
        ("UPDATE campaigns SET status = 'paused' WHERE id = :campaign", "campaign_paused", "waiting"),
        ("UPDATE campaigns SET status = 'canceled' WHERE id = :campaign", "campaign_canceled", "canceled"),
        ("UPDATE contacts SET not_after = now() WHERE campaign_id = :campaign", "too_late", "expired"),
        ("INSERT INTO suppressions (id, phone, scope, reason) SELECT 's', phone, 'global', 'x' FROM contacts WHERE campaign_id = :campaign", "suppressed", "suppressed"),  # noqa: E501 one case a line
    ],
)  # fmt: skip
def test_r1_the_gate_is_asked_for_each_of_a_batch(
    world: World, carrier: CarrierStub, change: str, reason: str, status: str
) -> None:
    good, [stopped] = claimed(world), claimed(world, 1)
    world.execute(change, campaign=world.call_row(stopped)["campaign_id"])

    sent = world.dialer.dial_calls([good[0], stopped, *good[1:]])

    row = world.call_row(stopped)
    assert (row["state"], row["withdrawn_reason"], world.contact_of(stopped)["status"]) == ("withdrawn", reason, status)
    assert (sent, dialed_ids(carrier)) == (3, sorted(good))
    assert world.redis.zscore(world.keys.slots(CONNECTION), stopped) is None


def test_r1_two_batches_that_overlap_send_each_attempt_once(world: World, carrier: CarrierStub) -> None:
    call_ids = claimed(world, 12)
    batches = [call_ids[:8], call_ids[4:], call_ids[::-1], call_ids[::2]]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(world.dialer.dial_calls, batches))

    assert dialed_ids(carrier) == sorted(call_ids)
    assert set(states(world, call_ids)) == {"accepted"}


def test_r9_a_pause_that_commits_while_a_batch_waits_for_one_of_its_locks_stops_that_one(
    world: World, carrier: CarrierStub
) -> None:
    [held, *free] = claimed(world)

    with world.sql.begin() as holder:
        holder.exec_driver_sql("SELECT 1 FROM calls WHERE id = %s FOR UPDATE", (held,))
        with in_thread(lambda: world.dialer.dial_calls([held, *free])) as dialing:
            waits_for_a_lock(world, unless=dialing)
            world.execute("UPDATE campaigns SET status = 'paused'")
            holder.commit()

    assert dialed_ids(carrier) == sorted(free)
    assert (world.call_row(held)["state"], world.call_row(held)["withdrawn_reason"]) == ("withdrawn", "campaign_paused")


def test_r1_a_batch_that_stood_still_does_not_thaw_and_dial(world: World, carrier: CarrierStub) -> None:
    call_ids, ticks = claimed(world), chain([100.0], repeat(100.0 + TOO_OLD_S + 0.1))

    sent = dialer(world, age_clock=lambda: next(ticks)).dial_calls(call_ids)

    assert (sent, carrier.dials) == (0, [])
    assert world.query("SELECT DISTINCT state, withdrawn_reason FROM calls") == [("withdrawn", "send_too_old")]
    assert world.query("SELECT DISTINCT status, attempts FROM contacts") == [("waiting", 0)]


def test_r1_a_batch_that_stood_still_behind_its_last_look_does_not_dial(world: World, carrier: CarrierStub) -> None:
    call_ids, began = claimed(world), boot_seconds() - TOO_OLD_S - 1

    dialer(world, age_clock=lambda: began).dial_calls(call_ids)

    assert carrier.dials == []
    assert world.query("SELECT DISTINCT status, attempts FROM contacts") == [("waiting", 0)]


def test_r2_a_batch_whose_process_died_before_its_posts_is_repeated_by_the_sweeper(
    world: World, carrier: CarrierStub
) -> None:
    call_ids = claimed(world)
    world.dialer._permits.permit_first_sends(call_ids)  # and the process dies
    assert set(states(world, call_ids)) == {"dialing"}
    assert world.dialer.dial_calls(call_ids) == 0  # its message comes again, too early
    for call_id in call_ids:
        world.age_send(call_id, 16)

    again = resolve_unanswered_dials(world.sql, world.redis, world.keys)
    sent = world.dialer.dial_calls(again)

    assert (sent, dialed_ids(carrier)) == (3, sorted(call_ids))
    assert world.query("SELECT DISTINCT state, send_no FROM calls") == [("accepted", 2)]


def test_r2_a_batch_whose_commit_was_not_confirmed_is_sent_by_the_sweeper_alone(
    world: World, carrier: CarrierStub, database_url: str
) -> None:
    call_ids = claimed(world)

    with lossy_sql(database_url, "COMMIT", after="SET state = 'dialing'") as sql, pytest.raises(SQLAlchemyError):
        dialer(world, sql=sql).dial_calls(call_ids)

    assert (set(states(world, call_ids)), carrier.dials) == ({"dialing"}, [])
    for call_id in call_ids:
        world.age_send(call_id, 16)
    world.dialer.dial_calls(resolve_unanswered_dials(world.sql, world.redis, world.keys))
    assert dialed_ids(carrier) == sorted(call_ids)


def test_a_batch_that_finds_redis_away_spends_nothing(world: World, carrier: CarrierStub) -> None:
    call_ids = claimed(world)
    away = redis.Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))

    with pytest.raises(ExceptionGroup):  # the channels are freed by the sweeper
        dialer(world, client=away).dial_calls(call_ids)

    assert carrier.dials == []
    assert world.query("SELECT DISTINCT state, withdrawn_reason FROM calls") == [("withdrawn", "redis")]
    assert world.query("SELECT DISTINCT status, attempts FROM contacts") == [("waiting", 0)]


def test_r20_no_batch_is_dialed_while_redis_does_not_know_the_epoch(world: World, carrier: CarrierStub) -> None:
    call_ids = claimed(world)
    world.redis.delete(world.keys.epoch)

    world.dialer.dial_calls(call_ids)

    assert carrier.dials == []
    assert world.query("SELECT DISTINCT status, attempts FROM contacts") == [("waiting", 0)]


def test_r7_the_sends_of_one_batch_count_for_the_law(world: World, carrier: CarrierStub) -> None:
    world.execute("UPDATE connections SET calls_per_second = 1")

    sent = world.dialer.dial_calls(claimed(world, 7))

    assert (sent, len(carrier.dials)) == (5, 5)
    assert world.query("SELECT count(*) FROM calls WHERE withdrawn_reason = 'rate'") == [(2,)]
    assert world.query("SELECT count(*) FROM contacts WHERE status = 'waiting' AND attempts = 0") == [(2,)]


def test_r3_an_answer_within_a_batch_speaks_only_for_its_own_send(world: World, carrier: CarrierStub) -> None:
    call_ids = claimed(world, 5)
    busy, rejected, silent, *_ = call_ids
    carrier.dial = answering({busy: refusal(429, "90103"), rejected: refusal(422, "10016"), silent: (0, {})})

    sent = world.dialer.dial_calls(call_ids)
    world.advance()
    world.settle()

    assert sent == 5
    assert states(world, call_ids) == ["withdrawn", "ended", "dialing", "accepted", "accepted"]
    assert world.contact_of(busy)["status"] == "waiting"


@pytest.mark.parametrize("cap", [1, 2, 3])
def test_a_batch_sends_no_more_than_its_caller_id_has_left(world: World, carrier: CarrierStub, cap: int) -> None:
    call_ids = claimed(world, 3)
    world.set_caps(per_caller_id_24h=cap)  # tightened behind the claim

    for _ in range(2):
        world.dialer.dial_calls(call_ids)

    held = 3 - len(carrier.dials)
    assert len(carrier.dials) <= cap
    assert len(carrier.dials) == 3 or cap < 3
    assert world.query("SELECT count(*) FROM contacts WHERE reason = 'caller_id_quota' AND attempts = 0") == [(held,)]


def test_a_row_that_cannot_be_judged_keeps_no_other_from_being_dialed(world: World, carrier: CarrierStub) -> None:
    good, [broken] = claimed(world), claimed(world, 1)
    campaign_id = world.call_row(broken)["campaign_id"]
    world.execute("""UPDATE campaigns SET retry = '{"max_attempts": "x"}' WHERE id = :id""", id=campaign_id)

    with pytest.raises(ExceptionGroup):
        world.dialer.dial_calls([broken, *good])

    assert dialed_ids(carrier) == sorted(good)
    assert states(world, [broken, *good]) == ["reserved", "accepted", "accepted", "accepted"]


def test_a_flow_that_cannot_be_read_keeps_no_other_from_being_dialed(world: World, carrier: CarrierStub) -> None:
    good, [broken] = claimed(world), claimed(world, 1)
    world.execute("UPDATE flows SET source = 'steps: 7' WHERE id = :id", id=world.call_row(broken)["flow_id"])
    world.flows.get.cache_clear()

    with pytest.raises(ExceptionGroup):
        world.dialer.dial_calls([broken, *good])

    assert dialed_ids(carrier) == sorted(good)
    assert states(world, good) == ["accepted"] * 3


def test_what_comes_of_a_batch_together_is_written_by_one_statement(world: World) -> None:
    permits = world.dialer._permits.permit_first_sends(claimed(world))
    accepted = [(each, Accepted(call_control_id=f"v3:{each.send.call_id}")) for each in permits]

    with statements(world.sql) as seen:
        world.dialer._settler.settle_accepted(accepted)

    assert len(seen) == 1
    assert world.query("SELECT DISTINCT state FROM calls") == [("accepted",)]


def test_the_accepted_dials_of_a_batch_whose_write_was_not_confirmed_are_accepted(
    world: World, database_url: str
) -> None:
    call_ids = claimed(world)

    with lossy_sql(database_url, "SET state = 'accepted'") as sql:
        dialer(world, sql=sql).dial_calls(call_ids)
    world.advance()

    assert states(world, call_ids) == ["accepted"] * 3
    assert [world.live(call_id).call_control_id for call_id in call_ids] == [f"v3:{each}" for each in call_ids]  # type: ignore[union-attr]


def test_ids_that_cannot_be_written_keep_none_beside_them_from_being_written(world: World) -> None:
    call_ids = claimed(world)
    permits = world.dialer._permits.permit_first_sends(call_ids)
    ids = ["v3:\0", "v3:second", "v3:third"]
    accepted = [(permit, Accepted(call_control_id=one)) for permit, one in zip(permits, ids, strict=True)]

    with pytest.raises(ExceptionGroup):
        world.dialer._settle_accepted(accepted)

    by_id = {permit.send.call_id: world.call_row(permit.send.call_id)["state"] for permit in permits}
    assert list(by_id.values()) == ["dialing", "accepted", "accepted"]


def test_an_answer_waits_for_no_other_of_its_batch(world: World, carrier: CarrierStub) -> None:
    call_ids = claimed(world)
    slow, others, go = call_ids[0], call_ids[1:], threading.Event()

    def answer(asked: Asked) -> Any:
        accepted = accepted_dial(asked)
        if accepted[1]["data"]["call_control_id"] == f"v3:{slow}":
            go.wait(10)
        return accepted

    carrier.dial = answer
    with in_thread(lambda: world.dialer.dial_calls(call_ids)) as dialing:
        eventually(lambda: states(world, others) == ["accepted"] * 2)
        assert (world.call_row(slow)["state"], dialing.done()) == ("dialing", False)
        go.set()

    assert states(world, call_ids) == ["accepted"] * 3


def test_the_facts_of_a_send_are_planned_once_per_connection(world: World, database_url: str) -> None:
    sql = open_sql(database_url, pool_size=1)
    one_connection, call_ids = dialer(world, sql=sql), claimed(world, 8)

    for call_id in call_ids:
        one_connection.dial_call(call_id)
    with sql.connect() as tx:
        kept = (
            "SELECT generic_plans > 0, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%number_gap_s%'"
        )
        plans = tx.execute(text(kept)).all()

    sql.dispose()
    assert plans == [(True, 0)]
