"""The target of a transfer is somebody's phone: who must not be called is not called by a flow either."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import create_engine

from orchestrator.clock import utc_now
from orchestrator.errors import Conflict
from orchestrator.ids import new_id
from orchestrator.operations.calls.request_command import ACTIONS
from orchestrator.operations.calls.send_commands import CommandSender
from orchestrator.operations.contacts.record_consent import Revocation, record_revocation
from orchestrator.operations.contacts.suppress_number import suppress_number
from orchestrator.operations.lists.change_entries import add_entries
from orchestrator.operations.lists.manage_lists import create_list
from orchestrator.policy.lists.list_fields import NewList
from orchestrator.store.redis.live_calls import read_log
from tests.support.carrier_stub import CarrierStub
from tests.support.incoming import answered, inbound, mapped, tell
from tests.support.world import GREETING, World

TARGET = "+13125550151"
FORWARDS = f"""
name: forwards
outcomes: [connected, busy, nobody]
start: pass_on
steps:
  pass_on:
    transfer: {{to: "{TARGET}", timeout_secs: 15}}
    on:
      target.call.bridged: {{outcome: connected, goto: talk}}
      target.call.hangup: {{outcome: busy, goto: bye}}
      command.failed: {{outcome: nobody, goto: sorry}}
  talk: {{wait_for: target.call.hangup, goto: bye}}
  sorry: {{speak: {{payload: "Nobody is free.", voice: female}}, on: {{call.speak.ended: bye}}}}
  bye: {{hangup: {{}}}}
"""


def suppress(world: World, phone: str = TARGET, **more: Any) -> None:
    world.run(suppress_number, phone, reason="asked", **more)


def revoke(world: World, phone: str = TARGET, **more: Any) -> None:
    document = {"phone": phone, "channel": "sms", "words": "STOP", "at": utc_now(), **more}
    world.run(record_revocation, Revocation.model_validate(document))


def answer(world: World, **campaign: Any) -> str:
    """Let a call be answered whose flow begins with a transfer."""
    call_id = world.dialed_call(**{"flow": FORWARDS, **campaign})
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.work(call_id)
    return call_id


def sent(carrier: CarrierStub) -> list[str]:
    return [asked.path.rsplit("/", 1)[1] for asked in carrier.actions]


@pytest.mark.parametrize(("refuse", "code"), [(suppress, "suppressed"), (revoke, "consent_revoked")])
def test_who_must_not_be_called_is_not_called_and_the_flow_goes_its_way(
    world: World, carrier: CarrierStub, refuse: Any, code: str
) -> None:
    refuse(world)

    call_id = answer(world)

    live = world.live(call_id)
    assert live is not None and (live.step, live.outcome) == ("sorry", "nobody")
    assert sent(carrier) == ["speak"]
    [failed] = [line for line in read_log(world.redis, world.keys, call_id) if line["type"] == "command.failed"]
    assert failed["payload"]["code"] == code and failed["note"].startswith(f"transfer failed: {code}")


@pytest.mark.parametrize(("refuse", "code"), [(suppress, "suppressed"), (revoke, "consent_revoked")])
def test_a_flow_that_knows_targets_which_hang_up_alone_takes_that_way(
    world: World, carrier: CarrierStub, refuse: Any, code: str
) -> None:
    refuse(world)
    branch, other = "      command.failed: {outcome: nobody, goto: sorry}\n", "{outcome: busy, goto: bye}"
    ours = f"[{{match: {{hangup_cause: {code}}}, outcome: busy, goto: sorry}}, {other}]"
    flow = FORWARDS.replace(branch, "").replace(other, ours, 1)

    call_id = answer(world, flow=flow)

    live = world.live(call_id)
    assert live is not None and (live.step, live.outcome) == ("sorry", "busy")
    assert sent(carrier) == ["speak"]


def test_who_may_be_called_is_called(world: World, carrier: CarrierStub) -> None:
    suppress(world, "+13125550152")

    answer(world)

    assert sent(carrier) == ["transfer"]


@pytest.mark.parametrize("is_own", [True, False], ids=["its own campaign", "another campaign"])
def test_the_suppression_of_a_campaign_holds_for_its_transfers_alone(
    world: World, carrier: CarrierStub, is_own: bool
) -> None:
    own, other = world.campaign(flow=FORWARDS), world.campaign()
    suppress(world, scope=own if is_own else other)
    world.contact(own)
    [call_id] = world.claim(own)
    world.dialer.dial_call(call_id)
    world.hear(call_id, "call.answered")

    world.work(call_id)

    assert sent(carrier) == (["speak"] if is_own else ["transfer"])


@pytest.mark.parametrize(("subject", "action"), [("parcels", "speak"), ("offers", "transfer")])
def test_the_revocation_of_a_subject_holds_for_transfers_about_it(
    world: World, carrier: CarrierStub, subject: str, action: str
) -> None:
    revoke(world, scope="subject", subject="parcels")

    answer(world, subject=subject)

    assert sent(carrier) == [action]


@pytest.mark.parametrize(
    ("kind", "asked", "action"),
    [
        ("suppress", ["global", "internal"], "speak"),
        ("suppress", ["global"], "transfer"),
        ("registry", ["global"], "transfer"),
    ],
    ids=["a list of the campaign", "a list of others", "a registry, on which an agent may be"],
)
def test_who_is_on_a_suppress_list_of_the_campaign_is_not_called(
    world: World, carrier: CarrierStub, kind: str, asked: list[str], action: str
) -> None:
    list_id, lists = new_id("lst"), {"suppress": asked, "registry": "auto", "allow": None, "because": None}
    call_id = world.dialed_call(flow=FORWARDS, lists=lists)
    world.run(create_list, NewList.model_validate({"name": "internal", "kind": kind}), list_id=list_id)
    world.run(add_entries, list_id, [TARGET])
    world.hear(call_id, "call.answered")

    world.work(call_id)

    assert sent(carrier) == [action]


def test_a_number_of_ours_is_an_agents(world: World, carrier: CarrierStub) -> None:
    suppress(world)
    mapped(world)
    world.execute("UPDATE numbers SET number = :ours", ours=TARGET)

    answer(world)

    assert sent(carrier) == ["transfer"]


def test_a_call_that_came_in_is_not_passed_on_to_who_must_not_be_called(world: World, carrier: CarrierStub) -> None:
    suppress(world)
    mapped(world, FORWARDS)
    tell(world)
    world.advance()
    call_id = str(inbound(world)[-1].id)
    world.perform(call_id)
    answered(world, call_id)

    world.work(call_id)

    assert "transfer" not in sent(carrier) and "speak" in sent(carrier)


def test_a_transfer_from_outside_is_refused_at_once(world: World, carrier: CarrierStub) -> None:
    call_id = answer(world, flow=GREETING)
    suppress(world, "+13125550159")

    with pytest.raises(Conflict) as refused:
        world.request_command(call_id, ACTIONS["transfer"].model_validate({"to": "+13125550159"}), request_id="r")

    assert refused.value.code == "suppressed" and sent(carrier) == ["speak"]


def test_who_is_suppressed_while_a_transfer_from_outside_waits_its_turn_is_not_called(
    world: World, carrier: CarrierStub
) -> None:
    call_id = answer(world, flow=GREETING)
    world.request_command(call_id, ACTIONS["transfer"].model_validate({"to": TARGET}), request_id="r")
    suppress(world)

    world.work(call_id)

    live = world.live(call_id)
    assert sent(carrier)[0] == "speak" and "transfer" not in sent(carrier)
    assert live is not None and not live.paused


def test_while_postgresql_is_away_nobody_is_called_unasked(world: World, carrier: CarrierStub) -> None:
    suppress(world)
    call_id = world.dialed_call(flow=FORWARDS)
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.advance()
    away = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", connect_args={"connect_timeout": 1})
    sender = CommandSender(sql=away, client=world.redis, carrier=world.carrier, keys=world.keys)

    assert sender.send_commands(call_id, token=new_id("req")) == 0
    world.work(call_id)

    assert sent(carrier) == ["speak"]
