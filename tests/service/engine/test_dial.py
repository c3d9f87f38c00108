"""Dialing one attempt: what each answer, each death and each delay makes of it."""

from __future__ import annotations

import json
import threading
from itertools import chain, repeat

import pytest
from sqlalchemy.exc import DBAPIError

from orchestrator.clock import boot_seconds, utc_now
from orchestrator.counts import SUM, take_counts
from orchestrator.model.metric import Metric
from orchestrator.operations.dialing.dial_call import Dialer
from orchestrator.operations.dialing.dial_request import with_webhook_retries
from orchestrator.operations.dialing.permit_dial import TOO_OLD_S
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.policy.pacing import LAW_PERMITS_FOR_S
from orchestrator.store.redis.rate_limiter import close_dispatch, open_dispatch
from tests.support.carrier_stub import Asked, CarrierStub, accepted_dial, refusal
from tests.support.poll import eventually
from tests.support.world import CONNECTION, GREETING, World

# A transaction that changes a contact fails at its very end.
NO_COMMIT = (
    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$",
    (
        "CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON contacts DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION refuse()"
    ),
)


def judge(world: World) -> list[str]:
    return resolve_unanswered_dials(world.sql, world.redis, world.keys)


def test_an_accepted_dial_is_the_carriers_with_its_ids(world: World, carrier: CarrierStub) -> None:
    call_id = world.dialed_call()

    row = world.call_row(call_id)
    assert (row["state"], row["call_control_id"], row["send_no"]) == ("accepted", f"v3:{call_id}", 1)
    assert carrier.dials[0].body == with_webhook_retries(row["request"])


@pytest.mark.proves("flow", "dial")
def test_a_dial_goes_out_as_its_flow_says(world: World, carrier: CarrierStub) -> None:
    said = {"timeout_secs": 20, "time_limit_secs": 90, "from_display_name": "Elm Clinic"}

    world.dialed_call(flow=f"dial: {json.dumps(said)}\n{GREETING}")

    [asked] = carrier.dials
    assert asked.body.items() >= said.items()


def test_r1_two_workers_on_one_attempt_send_one_request(world: World, carrier: CarrierStub) -> None:
    call_id = world.claimed_call()

    threads = [threading.Thread(target=world.dialer.dial_call, args=(call_id,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(carrier.dials) == 1


@pytest.mark.parametrize(
    ("change", "reason", "status"),
    [
        ("UPDATE campaigns SET status = 'paused'", "campaign_paused", "waiting"),
        ("UPDATE campaigns SET status = 'canceled'", "campaign_canceled", "canceled"),
        ("UPDATE installation SET dialing_stopped = '{}'", "dialing_stopped", "waiting"),
        ("UPDATE contacts SET not_after = now()", "too_late", "expired"),
        ("INSERT INTO suppressions (id, phone, scope, reason) SELECT 's', phone, 'global', 'x' FROM contacts", "suppressed", "suppressed"),  # noqa: E501 one case a line
    ],
)  # fmt: skip
def test_r1_the_gate_is_asked_at_the_last_moment(
    world: World, carrier: CarrierStub, change: str, reason: str, status: str
) -> None:
    call_id = world.claimed_call()
    world.execute(change)

    world.dialer.dial_call(call_id)

    row = world.call_row(call_id)
    assert (row["state"], row["withdrawn_reason"]) == ("withdrawn", reason)
    assert world.contact_of(call_id)["status"] == status
    assert carrier.dials == []
    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 0


def test_r1_a_process_that_stood_still_does_not_thaw_and_dial(world: World, carrier: CarrierStub) -> None:
    ticks = chain([100.0], repeat(100.0 + TOO_OLD_S + 0.1))
    frozen = Dialer(
        sql=world.sql,
        client=world.redis,
        carrier=world.carrier,
        flows=world.flows,
        age_clock=lambda: next(ticks),
        keys=world.keys,
    )
    call_id = world.claimed_call()

    frozen.dial_call(call_id)

    assert carrier.dials == []
    assert world.call_row(call_id)["withdrawn_reason"] == "send_too_old"
    assert world.contact_of(call_id)["status"] == "waiting"


def test_r1_a_process_that_stood_still_behind_its_last_look_does_not_dial(world: World, carrier: CarrierStub) -> None:
    began = boot_seconds() - TOO_OLD_S - 1  # by its own clock no time has passed until the socket
    frozen = Dialer(
        sql=world.sql,
        client=world.redis,
        carrier=world.carrier,
        flows=world.flows,
        age_clock=lambda: began,
        keys=world.keys,
    )
    call_id = world.claimed_call()

    frozen.dial_call(call_id)

    assert carrier.dials == []
    assert world.contact_of(call_id)["status"] == "waiting"


@pytest.mark.parametrize(("sends_of_others", "dialed"), [(149, 1), (150, 0)])
def test_r7_a_send_that_leaves_late_is_counted_from_then(
    world: World, carrier: CarrierStub, sends_of_others: int, dialed: int
) -> None:
    sends, began = world.keys.sends(CONNECTION), boot_seconds()

    def clock() -> float:
        if not world.redis.exists(sends):
            return began
        # Between the law's permission and the socket others send what it allows in five seconds.
        server_s, micros = world.redis.time()
        world.redis.zadd(sends, {f"other-{n}": server_s * 1000 + micros / 1000 for n in range(sends_of_others)})
        return began + 2 * LAW_PERMITS_FOR_S

    late = Dialer(
        sql=world.sql, client=world.redis, carrier=world.carrier, flows=world.flows, age_clock=clock, keys=world.keys
    )
    call_id = world.claimed_call()
    world.execute("UPDATE connections SET calls_per_second = 30")
    late.dial_call(call_id)

    assert len(carrier.dials) == dialed
    assert world.call_row(call_id)["withdrawn_reason"] == (None if dialed else "rate")


@pytest.mark.parametrize("answer", [refusal(429, "90103"), refusal(401, "10009"), refusal(422, "10016")])
def test_r3_a_no_for_a_call_that_webhooks_came_for_frees_nobody_to_be_dialed_again(
    world: World, carrier: CarrierStub, answer: tuple[int, dict[str, object]]
) -> None:
    def ring_and_refuse(asked: Asked) -> tuple[int, dict[str, object]]:
        world.hear(call_id, "call.initiated")
        world.advance()
        return answer

    call_id, carrier.dial = world.claimed_call(), ring_and_refuse

    world.dialer.dial_call(call_id)
    world.age_send(call_id, 16)

    assert judge(world) == []
    assert world.call_row(call_id)["state"] == "accepted"
    assert world.contact_of(call_id)["status"] == "calling"


def test_a_channel_is_given_back_only_once_the_withdrawal_stands(world: World) -> None:
    call_id = world.claimed_call()
    world.execute("UPDATE campaigns SET status = 'paused'")
    for statement in NO_COMMIT:
        world.execute(statement)

    with pytest.raises(DBAPIError):
        world.dialer.dial_call(call_id)

    assert world.call_row(call_id)["state"] == "reserved"
    assert world.redis.zscore(world.keys.slots(CONNECTION), call_id) is not None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(refusal(429, "90103"), "carrier_busy"), (refusal(403, "10010", detail="D3"), "carrier_busy")],
)
def test_r4_a_busy_carrier_spends_nothing_of_the_contact(
    world: World, carrier: CarrierStub, answer: tuple[int, dict[str, object]], reason: str
) -> None:
    carrier.dial = lambda _asked: answer
    call_id = world.dialed_call()

    contact = world.contact_of(call_id)
    assert (world.call_row(call_id)["state"], world.call_row(call_id)["withdrawn_reason"]) == ("withdrawn", reason)
    assert (contact["status"], contact["attempts"], contact["unspent_tries"]) == ("waiting", 0, 1)
    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 0
    assert world.live(call_id) is None


def test_r4_a_carrier_that_cannot_be_reached_spends_nothing(world: World) -> None:
    world.use_carrier("http://127.0.0.1:1/v2")
    call_id = world.dialed_call()

    assert world.call_row(call_id)["withdrawn_reason"] == "carrier_unavailable"
    assert world.contact_of(call_id)["status"] == "waiting"


def test_r4_a_withdrawn_contact_gets_a_new_attempt_with_a_new_command_id(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: refusal(429, "90103")
    campaign_id = world.campaign()
    world.contact(campaign_id)
    [first] = world.claim(campaign_id)
    world.dialer.dial_call(first)

    [second] = world.claim(campaign_id)

    assert world.call_row(second)["command_id"] != world.call_row(first)["command_id"]
    assert world.call_row(second)["attempt"] == world.call_row(first)["attempt"] == 1


def test_r4_after_five_unspent_tries_in_a_row_the_contact_is_held_for_a_while(
    world: World, carrier: CarrierStub
) -> None:
    carrier.dial = lambda _asked: refusal(429, "90103")
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id)

    for _ in range(5):
        [call_id] = world.claim(campaign_id)
        world.dialer.dial_call(call_id)

    contact = world.contact_row(contact_id)
    assert (contact["status"], contact["reason"], contact["attempts"]) == ("held", "carrier_busy", 0)
    assert contact["due_at"] > utc_now()


def test_r5_a_wrong_key_pauses_the_campaigns_and_says_why_and_burns_no_contact(
    world: World, carrier: CarrierStub
) -> None:
    carrier.dial = lambda _asked: refusal(401, "10009", title="Authentication failed")
    campaign_id = world.campaign()
    world.contacts(campaign_id, 3)
    first, *rest = world.claim(campaign_id)

    world.dialer.dial_call(first)

    campaign = world.campaign_row(campaign_id)
    assert campaign["status"] == "paused"
    assert campaign["status_reason"]["code"] == "carrier_refused"
    assert "Authentication failed" in campaign["status_reason"]["detail"]
    assert {world.call_row(call_id)["state"] for call_id in (first, *rest)} == {"withdrawn"}
    assert world.query("SELECT DISTINCT status, attempts FROM contacts") == [("waiting", 0)]


def test_r5_a_refused_caller_id_pauses_only_the_campaigns_that_use_it(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: refusal(403, "10010", detail="Caller ID not yours D36")
    bad, good = world.campaign(), world.campaign(caller_ids=["+13125550199"])
    world.contact(bad)

    world.dialer.dial_call(world.claim(bad)[0])

    assert (world.campaign_row(bad)["status"], world.campaign_row(good)["status"]) == ("paused", "running")


def test_r5_a_rejected_number_ends_the_attempt_with_its_error(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: refusal(403, "10010", title="Not allowed", detail="Country not allowed D13")
    call_id = world.dialed_call()
    world.advance()
    world.settle()

    row, contact = world.call_row(call_id), world.contact_of(call_id)
    assert (row["state"], row["disposition"], row["error"]["code"]) == ("ended", "failed", "D13")
    assert (contact["status"], contact["attempts"]) == ("exhausted", 1)
    assert judge(world) == []


def test_r5_a_rejection_that_redis_never_heard_of_is_told_again(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: refusal(422, "10016", pointer="/to")
    call_id = world.dialed_call()
    world.redis.xtrim(world.keys.events, maxlen=0)  # the worker died before its event was on disk
    world.age_send(call_id, 16)

    assert judge(world) == []
    world.advance()
    world.settle()

    assert world.call_row(call_id)["state"] == "ended"
    assert len(carrier.dials) == 1


def test_r7_the_law_is_asked_before_the_socket_and_a_refusal_spends_nothing(world: World, carrier: CarrierStub) -> None:
    world.execute("UPDATE connections SET calls_per_second = 1")
    campaign_id = world.campaign()
    world.contacts(campaign_id, 7)

    for call_id in world.claim(campaign_id):
        world.dialer.dial_call(call_id)

    assert len(carrier.dials) == 5
    assert world.query("SELECT count(*) FROM calls WHERE withdrawn_reason = 'rate'") == [(2,)]
    assert world.query("SELECT count(*) FROM contacts WHERE status = 'waiting' AND attempts = 0") == [(2,)]


def test_r7_a_repeat_needs_a_place_in_the_law_too(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.age_send(call_id, 16)
    world.execute("UPDATE connections SET calls_per_second = 0.2")  # one send in five seconds

    world.dialer.dial_call(judge(world)[0])

    assert len(carrier.dials) == 1
    assert world.call_row(call_id)["state"] == "dialing"


@pytest.mark.parametrize("reason", ["carrier_unavailable", "clock_skew"])
def test_r7_who_was_claimed_before_dispatch_was_shut_is_not_dialed_and_waits(
    world: World, carrier: CarrierStub, reason: str
) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 3)
    alone, *together = world.claim(campaign_id)
    close_dispatch(world.redis, world.keys, CONNECTION, reason=reason)

    world.dialer.dial_call(alone)
    world.dialer.dial_calls(together)

    assert carrier.dials == []
    for call_id in (alone, *together):
        row, contact = world.call_row(call_id), world.contact_of(call_id)
        assert (row["state"], row["withdrawn_reason"]) == ("withdrawn", "carrier_unavailable")
        assert (contact["status"], contact["attempts"]) == ("waiting", 0)
        assert world.redis.exists(world.keys.call(call_id)) == 0
    open_dispatch(world.redis, world.keys, CONNECTION)
    again = world.claim(campaign_id)
    world.dialer.dial_calls(again)
    assert (len(again), len(carrier.dials)) == (3, 3)


def test_r2_a_repeat_leaves_while_dispatch_is_shut(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.age_send(call_id, 16)
    close_dispatch(world.redis, world.keys, CONNECTION, reason="carrier_unavailable")
    resolve_unanswered_dials(world.sql, world.redis, world.keys)

    world.dialer.dial_call(call_id)

    assert [asked.body["command_id"] for asked in carrier.dials] == [world.call_row(call_id)["command_id"]] * 2


def test_r20_nothing_is_dialed_while_redis_does_not_know_the_epoch(world: World, carrier: CarrierStub) -> None:
    call_id = world.claimed_call()
    world.redis.delete(world.keys.epoch)

    world.dialer.dial_call(call_id)

    assert carrier.dials == []
    assert world.contact_of(call_id)["status"] == "waiting"


def test_r9_a_pause_waits_for_the_send_in_the_act_and_nothing_is_sent_after_it(
    world: World, carrier: CarrierStub
) -> None:
    from orchestrator.operations.campaigns.pause_campaign import pause_campaign

    arrived, answer = threading.Event(), threading.Event()

    def slow(asked: Asked) -> tuple[int, dict[str, object]]:
        arrived.set()
        answer.wait(10)
        return accepted_dial(asked)

    carrier.dial = slow
    campaign_id = world.campaign()
    world.contacts(campaign_id, 3)
    first, *rest = world.claim(campaign_id)
    sending = threading.Thread(target=world.dialer.dial_call, args=(first,))
    sending.start()
    assert arrived.wait(10)
    in_flight: list[int] = []
    pausing = threading.Thread(target=lambda: in_flight.append(world.run(pause_campaign, campaign_id)[1]))
    pausing.start()
    eventually(lambda: world.campaign_row(campaign_id)["status"] == "paused")
    assert pausing.is_alive()

    answer.set()
    sending.join()
    pausing.join()
    for call_id in rest:
        world.dialer.dial_call(call_id)

    assert in_flight == [1]
    assert len(carrier.dials) == 1
    assert world.query("SELECT count(*) FROM contacts WHERE status = 'waiting'") == [(2,)]


def test_a_redis_that_refuses_what_it_is_asked_is_not_taken_for_one_that_is_away(
    world: World, carrier: CarrierStub, caplog: pytest.LogCaptureFixture
) -> None:
    call_id = world.claimed_call()
    world.redis.set(world.keys.sends(CONNECTION), "of another type")

    world.dialer.dial_call(call_id)

    contact = world.contact_of(call_id)
    assert (carrier.dials, contact["status"], contact["reason"]) == ([], "waiting", "redis")
    assert "refuses what it is asked" in caplog.text and "WRONGTYPE" in caplog.text


def test_the_transaction_that_permits_a_dial_is_timed_once(world: World) -> None:
    call_id = world.claimed_call()
    take_counts()

    world.dialer.dial_call(call_id)

    timed = {name: n for name, n in take_counts().items() if name.startswith(Metric.DIAL_PERMIT_S)}
    assert sum(n for name, n in timed.items() if not name.endswith(SUM)) == 1
