"""Commits that were made and whose answer never came: what is written again then must set, never add."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.clock import boot_seconds
from orchestrator.operations.calls.finalize_calls import CallFinalizer
from orchestrator.operations.dialing.claim_contacts import Claimer, RateLimits
from orchestrator.operations.dialing.dial_call import Dialer
from orchestrator.operations.dialing.permit_dial import TOO_OLD_S
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.redis.rate_limiter import RateLimit
from orchestrator.store.sql.dial_ledger import Send
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.timeouts import SqlBounds
from tests.support.carrier_stub import Asked, CarrierStub, refusal
from tests.support.postgres_proxy import PostgresProxy, postgres_proxy
from tests.support.world import CONNECTION, ZONE, World

_NOWHERE = "http://127.0.0.1:1/v2"
_SOON = SqlBounds(statement_s=3, lock_s=3, idle_s=15)  # an answer that is lost is waited for no longer than need be


@pytest.fixture
def proxy(database_url: str) -> Iterator[PostgresProxy]:
    with postgres_proxy(database_url) as proxy:
        yield proxy


@pytest.fixture
def through_proxy(proxy: PostgresProxy) -> Iterator[Engine]:
    engine = open_sql(proxy.url, bounds=_SOON)
    yield engine
    engine.dispose()


def dial(world: World, sql: Engine, call_id: str) -> None:
    Dialer(sql=sql, client=world.redis, carrier=world.carrier, flows=world.flows, keys=world.keys).dial_call(call_id)


@pytest.mark.parametrize(
    "answer",
    [refusal(429, "90103"), refusal(403, "10010", detail="D3"), refusal(401, "10009"), None],
    ids=["busy", "capacity", "refused", "unavailable"],
)
def test_r4_a_no_whose_commit_was_not_confirmed_puts_the_contact_back_once(
    world: World, carrier: CarrierStub, proxy: PostgresProxy, through_proxy: Engine, answer: Any
) -> None:
    carrier.dial = lambda _asked: answer
    if answer is None:
        world.use_carrier(_NOWHERE)
    call_id = world.claimed_call()
    proxy.lose_answer_to("COMMIT", after="SET unsent")

    dial(world, through_proxy, call_id)

    contact = world.contact_of(call_id)
    assert proxy.lost == 1
    assert world.call_row(call_id)["state"] == "withdrawn"
    assert (contact["status"], contact["attempts"], contact["unspent_tries"]) == ("waiting", 0, 1)


@pytest.mark.parametrize(
    "answer",
    [refusal(429, "90103"), refusal(401, "10009"), refusal(422, "10016"), None],
    ids=["busy", "refused", "rejected", "unavailable"],
)
def test_r3_a_repeat_that_dialed_nobody_says_nothing_of_the_first_send_however_often_it_is_written(
    world: World, carrier: CarrierStub, proxy: PostgresProxy, through_proxy: Engine, answer: Any
) -> None:
    carrier.dial = lambda _asked: (0, {})  # it may be ringing
    call_id = world.dialed_call()
    world.age_send(call_id, 16)
    carrier.dial = lambda _asked: answer
    if answer is None:
        world.use_carrier(_NOWHERE)
    [again] = resolve_unanswered_dials(world.sql, world.redis, world.keys)
    proxy.lose_answer_to("COMMIT", after="SET unsent")

    dial(world, through_proxy, again)
    world.advance()

    assert proxy.lost == 1
    assert (world.call_row(call_id)["state"], world.call_row(call_id)["send_no"]) == ("dialing", 2)
    assert world.contact_of(call_id)["status"] == "calling"


def test_an_accepted_dial_whose_write_was_not_confirmed_is_accepted(
    world: World, proxy: PostgresProxy, through_proxy: Engine
) -> None:
    call_id = world.claimed_call()
    proxy.lose_answer_to("SET state = 'accepted'")

    dial(world, through_proxy, call_id)
    world.advance()

    live = world.live(call_id)
    assert proxy.lost == 1
    assert (world.call_row(call_id)["state"], world.call_row(call_id)["send_no"]) == ("accepted", 1)
    assert live is not None
    assert live.call_control_id == f"v3:{call_id}"


def test_a_rejected_number_whose_write_was_not_confirmed_ends_the_attempt(
    world: World, carrier: CarrierStub, proxy: PostgresProxy, through_proxy: Engine
) -> None:
    carrier.dial = lambda _asked: refusal(403, "10010", title="Not allowed", detail="Country not allowed D13")
    call_id = world.claimed_call()
    proxy.lose_answer_to("COMMIT", after="SET unsent")

    dial(world, through_proxy, call_id)
    world.advance()
    world.settle()

    assert proxy.lost == 1
    assert (world.call_row(call_id)["state"], world.call_row(call_id)["error"]["code"]) == ("ended", "D13")
    assert world.contact_of(call_id)["attempts"] == 1


def test_r3_two_sends_that_were_both_refused_put_the_contact_back(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: refusal(429, "90103")
    call_id = world.claimed_call()
    # The first answer could not be written for so long that the sweeper had the dial repeated.
    world.execute(
        "UPDATE calls SET state = 'dialing', send_no = 1, unsent = 1, first_sent_at = now(), last_sent_at = now()"
    )
    world.age_send(call_id, 16)

    world.dialer.dial_call(resolve_unanswered_dials(world.sql, world.redis, world.keys)[0])

    assert world.call_row(call_id)["state"] == "withdrawn"
    assert world.contact_of(call_id)["status"] == "waiting"


def test_a_late_no_to_the_first_send_is_one_fact_however_often_it_is_written(
    world: World, proxy: PostgresProxy, through_proxy: Engine
) -> None:
    call_id = world.claimed_call()
    world.execute("UPDATE calls SET state = 'dialing', send_no = 2, first_sent_at = now(), last_sent_at = now()")
    first, second = (Send(call_id, n, world.call_row(call_id)) for n in (1, 2))  # type: ignore[arg-type]  # a row it is
    dialer = Dialer(sql=through_proxy, client=world.redis, carrier=world.carrier, flows=world.flows, keys=world.keys)
    proxy.lose_answer_to("COMMIT", after="SET unsent")

    dialer._settler.release(first, Reason.CARRIER_BUSY)
    noted = world.call_row(call_id)
    dialer._settler.release(second, Reason.CARRIER_UNAVAILABLE)

    assert (proxy.lost, noted["state"], noted["unsent"]) == (1, "dialing", 1)
    assert world.call_row(call_id)["state"] == "withdrawn"
    assert world.contact_of(call_id)["status"] == "waiting"


def test_r8_a_claim_whose_commit_was_not_confirmed_keeps_the_channels_of_its_attempts(
    world: World, proxy: PostgresProxy, through_proxy: Engine
) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 2)
    claimer = Claimer(sql=through_proxy, client=world.redis, flows=world.flows, webhook_url=None, keys=world.keys)
    rate_limits = RateLimits(RateLimit(CONNECTION, 1000.0, 1000.0, 500), RateLimit(campaign_id))
    proxy.lose_answer_to("COMMIT", after="INSERT INTO calls")

    with pytest.raises(SQLAlchemyError):
        claimer.claim_contacts(campaign_id, rate_limits, zones=[ZONE], most=2)

    assert proxy.lost == 1
    assert world.query("SELECT count(*) FROM calls WHERE state = 'reserved'") == [(2,)]
    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 2


def test_r18_a_record_whose_commit_was_not_confirmed_is_written_again_and_counted_once(
    world: World, proxy: PostgresProxy, through_proxy: Engine
) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.hangup", hangup_cause="user_busy", hangup_source="callee")
    world.advance()
    world.let_timers_fire()
    world.advance()
    finalizer = CallFinalizer(sql=through_proxy, client=world.redis, keys=world.keys)
    [(_, entries)] = world.redis.xreadgroup(GROUP, "test", {world.keys.ended: ">"}, count=100)
    proxy.lose_answer_to("COMMIT", after="UPDATE contacts")

    first_ends = finalizer.finalize_calls(entries)  # PostgreSQL answers, so the record is written once more, alone

    contact = world.contact_of(call_id)
    assert (proxy.lost, first_ends) == (1, 0)
    assert (world.call_row(call_id)["disposition"], contact["attempts"]) == ("busy", 1)
    assert contact["tally"]["disposition:busy"] == 1
    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 0


@pytest.mark.parametrize("stopped", [False, True], ids=["the carrier is busy", "the send is too old"])
def test_r4_a_no_that_meets_a_full_pool_is_written_once_there_is_room(
    world: World, carrier: CarrierStub, database_url: str, stopped: bool
) -> None:
    pool = create_engine(database_url, pool_size=1, max_overflow=0, pool_timeout=0.01)

    def fill_the_pool() -> None:
        threading.Timer(1.0, pool.connect().close).start()

    def busy(_asked: Asked) -> tuple[int, dict[str, object]]:
        fill_the_pool()
        return refusal(429, "90103")

    def tick() -> float:
        ticks.append(boot_seconds())
        if not stopped or len(ticks) < 3:
            return ticks[-1]
        fill_the_pool()
        return ticks[-1] + TOO_OLD_S + 1

    carrier.dial, ticks, call_id = busy, list[float](), world.claimed_call()

    Dialer(
        sql=pool, client=world.redis, carrier=world.carrier, flows=world.flows, age_clock=tick, keys=world.keys
    ).dial_call(call_id)

    pool.dispose()
    assert len(carrier.dials) == int(not stopped)
    assert world.call_row(call_id)["state"] == "withdrawn"
    assert world.contact_of(call_id)["status"] == "waiting"
