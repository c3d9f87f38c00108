"""Who opts out while the phone rings is not rung any longer; what was answered goes on."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import redis

from orchestrator.clock import utc_now
from orchestrator.operations.contacts.find_suppressions import lift_suppression
from orchestrator.operations.contacts.hang_up_suppressed import hang_up_suppressed
from orchestrator.operations.contacts.import_suppressions import SuppressionDefaults, suppress_many
from orchestrator.operations.contacts.suppress_number import suppress_number
from orchestrator.operations.dialing.stop_dialing import stop_dialing
from orchestrator.operations.events.restore_live_calls import restore_live_calls
from orchestrator.store.sql.suppressed_calls import SUPPRESSED
from tests.support.carrier_stub import Answer, Asked, CarrierStub, accepted_dial, refusal
from tests.support.incoming import CALLER, answered, inbound, mapped, tell
from tests.support.world import World

RETRY = {"max_attempts": 3, "on": {"canceled": {"after": "1m"}, "no_answer": {"after": "1m"}}}


def ringing_call(world: World, **campaign: Any) -> str:
    call_id = world.dialed_call(**campaign)
    world.hear(call_id, "call.initiated")
    world.work(call_id)
    return call_id


def number_of(world: World, call_id: str) -> str:
    return str(world.call_row(call_id)["to_number"])


def hangups(carrier: CarrierStub) -> list[str]:
    return [asked.path.split("/")[3] for asked in carrier.actions if asked.path.endswith("/hangup")]


def only_written(world: World, phone: str, *, scope: str = "global") -> None:
    """Leave a suppression as a process does that dies right after its commit."""
    world.execute(
        "INSERT INTO suppressions (id, phone, scope, reason) VALUES ('s', :phone, :scope, 'asked')",
        phone=phone,
        scope=scope,
    )


def sweep(world: World) -> list[str]:
    return hang_up_suppressed(world.sql, world.redis, world.keys)


@pytest.mark.parametrize("retry", [{"max_attempts": 1, "on": {}}, RETRY], ids=["no rule", "a rule"])
def test_a_phone_that_rings_is_hung_up_when_its_number_is_suppressed(
    world: World, carrier: CarrierStub, retry: dict[str, Any]
) -> None:
    call_id = ringing_call(world, retry=retry)

    world.run(suppress_number, number_of(world, call_id), reason="asked by mail")
    world.work(call_id)
    world.hang_up(call_id, cause="originator_cancel")

    contact = world.contact_of(call_id)
    assert hangups(carrier) == [f"v3:{call_id}"]
    assert world.call_row(call_id)["disposition"] == "canceled"
    assert (contact["status"], contact["reason"], contact["attempts"]) == ("suppressed", "suppressed", 1)
    told = world.query("SELECT payload->>'note' AS note FROM call_events WHERE type = 'number.suppressed'")
    assert told == [("suppressed before anybody answered",)]


@pytest.mark.parametrize(("on_opt_out", "is_hung_up"), [("hangup", True), ("finish", False)])
def test_the_campaign_says_whether_a_phone_that_rings_is_hung_up(
    world: World, carrier: CarrierStub, on_opt_out: str, is_hung_up: bool
) -> None:
    call_id = ringing_call(world, on_opt_out=on_opt_out)

    world.run(suppress_number, number_of(world, call_id), reason="asked by mail")
    told = sweep(world)
    world.work(call_id)

    assert hangups(carrier) == ([f"v3:{call_id}"] if is_hung_up else [])
    assert told == ([call_id] if is_hung_up else [])


def test_a_file_of_opt_outs_hangs_up_every_phone_that_rings(world: World, carrier: CarrierStub) -> None:
    ringing = [ringing_call(world) for _ in range(14)]
    others = [ringing_call(world) for _ in range(2)]
    rows = "".join(f"{number_of(world, call_id)}\n" for call_id in ringing)

    world.run(suppress_many, BytesIO(f"phone\n{rows}".encode()), SuppressionDefaults())
    world.advance()
    for call_id in ringing + others:
        world.perform(call_id)

    assert sorted(hangups(carrier)) == sorted(f"v3:{call_id}" for call_id in ringing)


def test_a_call_that_was_answered_goes_on(world: World, carrier: CarrierStub) -> None:
    call_id = ringing_call(world)
    world.hear(call_id, "call.answered")
    world.work(call_id)

    world.run(suppress_number, number_of(world, call_id), reason="asked by mail")
    world.work(call_id)
    live = world.live(call_id)

    assert hangups(carrier) == [] and live is not None and (live.step, live.unwanted) == ("greet", False)
    assert sweep(world) == []


def test_who_answers_before_the_hangup_is_sent_is_talked_to(world: World, carrier: CarrierStub) -> None:
    call_id = ringing_call(world)
    world.run(suppress_number, number_of(world, call_id), reason="asked by mail")
    world.advance()  # decided, and not yet sent

    world.hear(call_id, "call.answered")
    world.work(call_id)

    assert hangups(carrier) == []
    assert [asked.path.rsplit("/", 1)[1] for asked in carrier.actions] == ["speak"]


def _suppressed_in_between(world: World) -> Any:
    def dial(asked: Asked) -> Answer:
        only_written(world, asked.body["to"])
        assert len(sweep(world)) == 1
        world.advance()  # the call hears of it before its leg is known
        return accepted_dial(asked)

    return dial


def test_a_leg_that_becomes_known_after_the_opt_out_is_hung_up_at_once(world: World, carrier: CarrierStub) -> None:
    carrier.dial = _suppressed_in_between(world)

    call_id = world.dialed_call()
    woken = world.advance()
    world.perform(call_id)

    assert woken == [call_id]
    assert hangups(carrier) == [f"v3:{call_id}"]


def test_a_webhook_that_names_the_leg_first_has_it_hung_up_too(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda asked: (_suppressed_in_between(world)(asked), (0, {}))[1]

    call_id = world.dialed_call()  # its answer is lost
    world.hear(call_id, "call.initiated")
    world.work(call_id)

    assert hangups(carrier) == [f"v3:{call_id}"]


def test_a_leg_that_is_answered_when_it_becomes_known_is_talked_to(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda asked: (_suppressed_in_between(world)(asked), (0, {}))[1]

    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.work(call_id)

    live = world.live(call_id)
    assert hangups(carrier) == [] and live is not None and live.step == "greet"


def test_what_a_dead_process_left_ringing_is_found_by_the_sweeper(world: World, carrier: CarrierStub) -> None:
    call_id = ringing_call(world)
    only_written(world, number_of(world, call_id))

    told = sweep(world)
    world.work(call_id)

    assert told == [call_id] and hangups(carrier) == [f"v3:{call_id}"]
    assert sweep(world) == []


def test_a_sweep_twice_at_once_hangs_up_once(world: World, carrier: CarrierStub) -> None:
    call_id = ringing_call(world)
    only_written(world, number_of(world, call_id))

    told = [sweep(world), sweep(world)]
    world.work(call_id)

    assert told == [[call_id], [call_id]] and hangups(carrier) == [f"v3:{call_id}"]


def test_a_send_in_the_act_is_not_told_before_it_has_its_state(world: World) -> None:
    call_id = world.claimed_call()
    world.set_call(call_id, state="dialing", send_no=1)
    only_written(world, number_of(world, call_id))

    assert sweep(world) == []
    assert world.live(call_id) is None


def test_a_call_that_valkey_has_lost_is_taken_up_and_hung_up(world: World, carrier: CarrierStub) -> None:
    call_id = world.dialed_call()
    world.advance()
    world.redis.delete(world.keys.call(call_id))
    only_written(world, number_of(world, call_id))

    told = sweep(world)
    world.work(call_id)

    assert told == [call_id] and hangups(carrier) == [f"v3:{call_id}"]


@pytest.mark.parametrize("is_adopted", [False, True], ids=["not yet taken up", "taken up"])
def test_a_call_that_valkey_has_lost_in_the_middle_of_the_talk_goes_on(
    world: World, carrier: CarrierStub, is_adopted: bool
) -> None:
    call_id = ringing_call(world)
    world.hear(call_id, "call.answered")
    world.work(call_id)
    world.redis.delete(world.keys.call(call_id))
    world.execute("UPDATE calls SET last_sent_at = last_sent_at - make_interval(secs => ring_limit_s)")
    if is_adopted:
        restore_live_calls(world.redis, world.sql, world.keys, [call_id])

    world.run(suppress_number, number_of(world, call_id), reason="said on the phone")
    world.work(call_id)

    assert hangups(carrier) == []


@pytest.mark.parametrize("of", ["its own campaign", "another campaign"])
def test_the_opt_out_of_a_campaign_hangs_up_its_calls_alone(world: World, carrier: CarrierStub, of: str) -> None:
    call_id = ringing_call(world)
    own = str(world.call_row(call_id)["campaign_id"])
    scope = own if of == "its own campaign" else world.campaign()

    world.run(suppress_number, number_of(world, call_id), scope=scope, reason="asked")
    world.work(call_id)

    assert hangups(carrier) == ([f"v3:{call_id}"] if scope == own else [])


@pytest.mark.parametrize("over", ["lifted", "expired"])
def test_an_opt_out_that_is_over_hangs_up_nobody(world: World, carrier: CarrierStub, over: str) -> None:
    call_id = ringing_call(world)
    phone = number_of(world, call_id)
    only_written(world, phone)
    if over == "lifted":
        world.run(lift_suppression, {"phone": phone}, by="anna", because=None)
    else:
        world.execute("UPDATE suppressions SET expires_at = :then", then=utc_now() - timedelta(seconds=1))

    assert sweep(world) == []


def test_who_calls_us_is_not_hung_up(world: World, carrier: CarrierStub) -> None:
    mapped(world)
    tell(world)
    world.advance()

    world.run(suppress_number, CALLER, reason="asked")
    world.advance()
    call_id = str(inbound(world)[-1].id)
    answered(world, call_id)
    world.work(call_id)

    assert hangups(carrier) == [] and sweep(world) == []


def test_a_hangup_that_is_refused_is_asked_for_thrice_and_no_oftener(world: World, carrier: CarrierStub) -> None:
    carrier.act = lambda _asked: refusal(422, "90053", title="not now")
    call_id = ringing_call(world)
    world.run(suppress_number, number_of(world, call_id), reason="asked")
    world.work(call_id)

    for due in range(1, 6):
        for timer in world.redis.zrange(world.keys.timers, 0, -1):
            world.redis.zadd(world.keys.timers, {timer: due})
        world.let_due_timers_fire()
        world.work(call_id)

    assert hangups(carrier) == [f"v3:{call_id}"] * 3


@pytest.mark.parametrize("campaign", [{}, {"retry": RETRY}], ids=["no rule", "a rule"])
def test_a_call_that_ends_before_its_hangup_ends_the_contact_as_suppressed(
    world: World, campaign: dict[str, Any]
) -> None:
    call_id = ringing_call(world, **campaign)
    only_written(world, number_of(world, call_id))

    world.hang_up(call_id, cause="timeout")

    assert world.contact_of(call_id)["status"] == "suppressed"


def _without_valkey(world: World) -> None:
    world.services.__dict__["redis"] = redis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2)


def test_an_opt_out_holds_although_valkey_is_away_and_the_hangup_follows(world: World, carrier: CarrierStub) -> None:
    rings, waits = ringing_call(world), world.claimed_call()
    _without_valkey(world)

    done = [world.run(suppress_number, number_of(world, call_id), reason="asked") for call_id in (rings, waits)]

    assert [str(one.change) for one in done] == ["added", "added"]
    assert world.contact_of(waits)["status"] == "suppressed"
    assert sweep(world) == [rings]
    world.work(rings)
    assert hangups(carrier) == [f"v3:{rings}"]


def test_dialing_is_stopped_although_valkey_is_away(world: World, carrier: CarrierStub) -> None:
    call_id = world.claimed_call()
    _without_valkey(world)

    stores = {"sql": world.sql, "client": world.services.redis, "keys": world.keys}
    stop_dialing(**stores, now=utc_now(), reason="everything is wrong")
    world.dialer.dial_call(call_id)

    assert carrier.dials == [] and world.call_row(call_id)["state"] == "withdrawn"


def test_the_sweeper_looks_the_number_of_each_open_call_up_by_an_index(world: World) -> None:
    call_id = ringing_call(world)
    world.execute(
        "INSERT INTO suppressions (id, phone, scope, reason) "
        "SELECT 'sup_' || n, '+1646' || (5550000 + n), 'global', 'x' FROM generate_series(1, 40000) n"
    )
    world.execute("ANALYZE suppressions")
    only_written(world, number_of(world, call_id))

    plan = "\n".join(row[0] for row in world.query(f"EXPLAIN {SUPPRESSED.text}"))

    assert "Index Scan using suppressions_" in plan
    assert "Seq Scan on suppressions" not in plan  # how the one call is found is PostgreSQL's affair
    assert sweep(world) == [call_id]
