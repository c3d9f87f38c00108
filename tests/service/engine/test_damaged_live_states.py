"""A live state that nobody can read counts as lost: the call is restored from its row, and ends stated (R20, R21)."""

from __future__ import annotations

import orjson
import pytest

from orchestrator.errors import Conflict
from orchestrator.operations.contacts.hang_up_suppressed import hang_up_suppressed
from orchestrator.operations.recovery.reconcile_unknown_calls import GIVE_UP_AFTER_S
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.store.redis.live_calls import KEEP_LEG_S, find_calls_over
from orchestrator.store.redis.personal_keys import erase_keys
from orchestrator.store.sql.personal_columns import Person
from orchestrator.telnyx.commands import COMMANDS
from tests.support.carrier_stub import CarrierStub
from tests.support.unknown_calls import active_legs, match_again, unknown_call
from tests.support.world import World

DAMAGES = {
    "another shape": {"s": "{}"},
    "no JSON": {"s": '{"schema_no": 5, "call_id": "cal'},
    "no object": {"s": "[]"},
    "an impossible value": {"s": '{"call_id": "call_1", "phase": "away"}'},
    "no state": {"s": ""},
    "a version that is none": {"v": "none"},
}
NOT_JSON = {"s": "\xff"}


def damage(world: World, call_id: str, fields: dict[str, str]) -> None:
    """Damage a live state; no engine has it in memory."""
    world.redis.hset(world.keys.call(call_id), mapping=fields)
    for name in ("processor", "unmatched_processor"):
        world.__dict__.pop(name, None)


def answered_call(world: World) -> str:
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.work(call_id)
    return call_id


def end_at_deadline(world: World, carrier: CarrierStub) -> None:
    """Let the deadline of every call pass and the carrier have none of them."""
    carrier.get = lambda _asked: (404, {"errors": [{"code": "10005", "title": "Resource not found"}]})
    world.end_overdue_calls()


@pytest.mark.parametrize("fields", DAMAGES.values(), ids=DAMAGES)
def test_r20_a_call_whose_state_is_damaged_ends_as_the_carrier_tells(
    world: World, caplog: pytest.LogCaptureFixture, fields: dict[str, str]
) -> None:
    call_id, other = answered_call(world), answered_call(world)
    damage(world, call_id, fields)

    for each in (call_id, other):
        world.hang_up(each)

    for each in (call_id, other):
        assert world.call_row(each)["state"] == "ended"
    assert [world.contact_of(each)["status"] for each in (call_id, other)] == ["waiting", "completed"]
    assert world.redis.xlen(world.keys.dead) == 0
    assert "a live state cannot be read and counts as lost" in caplog.text


def test_r21_a_call_whose_state_is_damaged_ends_at_its_deadline(world: World, carrier: CarrierStub) -> None:
    call_id = answered_call(world)
    damage(world, call_id, NOT_JSON)
    world.set_call(call_id, call_control_id=None)  # else nobody asks the live state

    end_at_deadline(world, carrier)

    assert (world.call_row(call_id)["state"], world.contact_of(call_id)["status"]) == ("ended", "unknown")


def test_r21_a_call_whose_state_was_damaged_before_its_record_was_written_ends_at_its_deadline(
    world: World, carrier: CarrierStub
) -> None:
    call_id, other = answered_call(world), answered_call(world)
    for each in (call_id, other):
        world.hear(each, "call.hangup", hangup_cause="normal_clearing")
    world.advance()
    world.let_timers_fire()
    world.advance()
    damage(world, call_id, NOT_JSON)

    world.settle()
    assert [world.call_row(each)["state"] for each in (call_id, other)] == ["accepted", "ended"]
    assert (world.redis.xlen(world.keys.ended), world.redis.xlen(world.keys.dead)) == (0, 0)
    end_at_deadline(world, carrier)

    assert (world.call_row(call_id)["state"], world.contact_of(call_id)["status"]) == ("ended", "unknown")


def test_r3_an_unanswered_dial_whose_state_is_damaged_is_not_repeated_and_becomes_unknown(
    world: World, carrier: CarrierStub
) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id, other = world.dialed_call(), world.dialed_call()
    damage(world, call_id, NOT_JSON)  # perhaps it told of a webhook
    for each in (call_id, other):
        world.age_send(each, 16)

    for each in resolve_unanswered_dials(world.sql, world.redis, world.keys):
        world.dialer.dial_call(each)
    assert [world.call_row(each)["send_no"] for each in (call_id, other)] == [1, 2]
    for each in (call_id, other):
        world.age_send(each, 41)
    resolve_unanswered_dials(world.sql, world.redis, world.keys)

    assert [world.call_row(each)["state"] for each in (call_id, other)] == ["unknown", "unknown"]


def test_r21_an_unknown_attempt_whose_state_is_damaged_is_found_by_its_leg(world: World, carrier: CarrierStub) -> None:
    call_id = unknown_call(world, carrier)
    damage(world, call_id, NOT_JSON)

    carrier.get = lambda _asked: (200, active_legs(call_id))
    match_again(world)
    world.hang_up(call_id)

    assert world.call_row(call_id)["state"] == "ended"


def test_r21_an_unknown_attempt_whose_state_is_damaged_is_given_up_and_its_state_goes(
    world: World, carrier: CarrierStub
) -> None:
    carrier.get = lambda _asked: (200, active_legs())
    call_id = unknown_call(world, carrier, age_s=GIVE_UP_AFTER_S + 700)
    damage(world, call_id, NOT_JSON)

    match_again(world)
    match_again(world)

    assert world.contact_of(call_id)["status"] == "unknown"
    assert 0 < world.redis.ttl(world.keys.call(call_id)) <= KEEP_LEG_S


def test_a_damaged_state_hides_no_other_call_and_the_call_takes_no_command(world: World) -> None:
    call_id, other = answered_call(world), world.dialed_call()
    damage(world, call_id, NOT_JSON)

    with pytest.raises(Conflict) as refused:
        world.request_command(call_id, COMMANDS["hangup"].model_validate({}), request_id="r1")
    over = find_calls_over(world.redis, world.keys, [call_id, "call_of_none"], now=world.services.clock(), grace_s=0)

    assert refused.value.code == "call_not_live"
    assert world.find_call(call_id).live is None
    assert world.find_call(other).live is not None
    assert over == {"call_of_none"}


def test_a_call_at_a_suppressed_number_is_hung_up_though_its_state_is_damaged(
    world: World, carrier: CarrierStub
) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.initiated")
    world.advance()
    damage(world, call_id, NOT_JSON)
    world.execute("INSERT INTO suppressions (id, phone, scope, reason) SELECT 's', phone, 'global', 'x' FROM contacts")

    assert hang_up_suppressed(world.sql, world.redis, world.keys) == [call_id]
    world.work(call_id)

    assert [asked.path.rpartition("/")[2] for asked in carrier.actions] == ["hangup"]


def test_a_damaged_state_of_an_erased_person_goes(world: World) -> None:
    call_id = answered_call(world)
    damage(world, call_id, {"s": orjson.dumps({"to": "+13125550123", "phase": 7}).decode()})

    erase_keys(world.redis, world.keys, Person((), (call_id,), (), (), (), None))

    assert world.redis.exists(world.keys.call(call_id)) == 0


def test_a_call_is_restored_where_only_what_stands_beside_its_state_is_left(world: World) -> None:
    call_id = answered_call(world)
    world.redis.hdel(world.keys.call(call_id), "v", "s")
    damage(world, call_id, {"c:a-command": "1"})

    world.hang_up(call_id)

    assert world.call_row(call_id)["state"] == "ended"
