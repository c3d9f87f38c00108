"""Between two steps of an attempt: races, crashes and lost answers that broke something once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from orchestrator.ids import new_id
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.campaigns.pause_campaign import pause_campaign
from orchestrator.operations.campaigns.start_campaign import resume_campaign
from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.operations.dialing.claim_contacts import Claim, Claimer
from orchestrator.operations.dialing.place_call import NewCall, place_call
from orchestrator.operations.dialing.stop_dialing import resume_dialing
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.redis.rate_limiter import read_health
from orchestrator.store.sql.dial_ledger import Send
from orchestrator.telnyx.client_state import ClientState
from tests.support.carrier_stub import Asked, CarrierStub, accepted_dial, refusal
from tests.support.poll import eventually
from tests.support.unknown_calls import active_legs, match_again, unknown_call
from tests.support.world import CONNECTION, World


def judge(world: World) -> list[str]:
    return resolve_unanswered_dials(world.sql, world.redis, world.keys)


def look(world: World) -> Any:
    state = world.dispatcher._read_state()
    assert state is not None
    health = read_health(world.redis, world.keys, CONNECTION)
    view = world.dispatcher._read_view(state, state.campaigns, health, in_queue=0)
    assert view is not None
    return view


def test_r9_a_claim_that_meets_a_pause_leaves_its_contacts_waiting_for_the_resume(world: World) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 3)
    view = look(world)
    world.run(pause_campaign, campaign_id)

    assert world.dispatcher._claim(view) == []
    world.run(resume_campaign, campaign_id)
    world.execute("UPDATE campaigns SET heard_webhooks = true")

    assert eventually(world.dispatcher.dispatch_calls)


def test_r9_a_claim_that_meets_the_stop_of_all_dialing_loses_nobody(world: World) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 3)
    view = look(world)
    world.stop_dialing()

    world.dispatcher._claim(view)
    resume_dialing(world.sql)

    assert complete_campaigns(world.sql) == []
    assert eventually(world.dispatcher.dispatch_calls)


def test_five_rejected_numbers_at_the_head_of_a_list_do_not_stop_its_campaign(
    world: World, carrier: CarrierStub
) -> None:
    carrier.dial = lambda _asked: refusal(422, "10016", pointer="/to")
    campaign_id = world.campaign(heard_webhooks=False)
    world.contacts(campaign_id, 8)

    def all_dialed() -> bool:
        for call_id in world.dispatcher.dispatch_calls():
            world.dialer.dial_call(call_id)
        world.advance()
        world.settle()
        return len(carrier.dials) == 8

    assert eventually(all_dialed)


def test_five_first_calls_and_no_more_beside_an_idle_campaign(world: World) -> None:
    world.execute("UPDATE connections SET calls_per_second = 60")
    world.contacts(world.campaign(heard_webhooks=False), 30)
    world.campaign()

    assert len(world.dispatcher.dispatch_calls()) == 5


def test_a_store_error_in_one_campaigns_claim_loses_nothing_that_was_claimed(
    world: World,
) -> None:
    class Failing(Claimer):
        def claim_contacts(self, campaign_id: str, *args: Any, **kwargs: Any) -> Claim:
            if campaign_id == broken:
                raise OperationalError("SELECT", {}, Exception("deadlock detected"))
            return super().claim_contacts(campaign_id, *args, **kwargs)

    sound, broken = world.campaign(), world.campaign()
    world.contacts(sound, 2)
    world.contacts(broken, 2)
    stores = {"sql": world.sql, "client": world.redis, "flows": world.flows, "keys": world.keys}
    world.claimer = Failing(**stores, webhook_url=None)  # type: ignore[arg-type]  # names match

    assert len(world.dispatcher.dispatch_calls()) == 2


def test_r4_a_no_that_postgresql_could_not_write_at_once_burns_no_contact(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: refusal(429, "90103")
    call_id = world.claimed_call()
    failures = iter([True, True])

    def restarting(_tx: object, _cursor: object, statement: str, *_: object) -> None:
        if "SET unsent" in statement and next(failures, False):
            raise OperationalError("UPDATE", {}, Exception("the database system is shutting down"))

    event.listen(world.sql, "before_cursor_execute", restarting)
    world.dialer.dial_call(call_id)

    assert world.call_row(call_id)["state"] == "withdrawn"
    assert world.contact_of(call_id)["status"] == "waiting"


def test_two_sends_that_both_never_left_withdraw_the_attempt(world: World) -> None:
    call_id = world.claimed_call()
    world.use_carrier("http://127.0.0.1:1/v2")
    world.execute("UPDATE calls SET state = 'dialing', send_no = 1, first_sent_at = now(), last_sent_at = now()")
    world.age_send(call_id, 16)  # the first look-up of the carrier's name is still waiting for its answer
    [again] = judge(world)
    world.dialer.dial_call(again)
    assert world.call_row(call_id)["state"] == "dialing"

    first = Send(call_id, 1, world.call_row(call_id))  # type: ignore[arg-type]  # and now it has failed, too
    world.dialer._settler.release(first, Reason.CARRIER_UNAVAILABLE)

    assert world.call_row(call_id)["state"] == "withdrawn"
    assert world.contact_of(call_id)["status"] == "waiting"


def test_a_number_whose_attempt_may_be_ringing_is_not_dialed_again(world: World, carrier: CarrierStub) -> None:
    first = unknown_call(world, carrier)
    carrier.dial = accepted_dial
    phone = world.call_row(first)["to_number"]
    wanted = NewCall.model_validate({"to": phone, "from": "+13125550100", "ignore_hours": True, "because": "a test"})

    with pytest.raises(Exception, match="under way"):
        world.run(place_call, wanted, contact_id=new_id("con"))

    assert len(carrier.dials) == 1


def test_r21_an_unknown_attempt_whose_contact_a_person_closed_is_judged_all_the_same(
    world: World, carrier: CarrierStub
) -> None:
    call_id = unknown_call(world, carrier, age_s=3000)
    world.run(change_contact, world.call_row(call_id)["contact_id"], ContactChange(status="canceled"))
    carrier.get = lambda _asked: (200, active_legs())

    for _ in range(3):
        match_again(world)

    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 0
    assert world.contact_of(call_id)["status"] == "canceled"


def test_r21_a_transfers_target_is_never_taken_for_the_call_itself(world: World, carrier: CarrierStub) -> None:
    call_id = unknown_call(world, carrier)
    state = ClientState(call=call_id, role="B", user=None).encode()
    carrier.get = lambda _asked: (200, active_legs(call_id, state_of={call_id: state}))

    world.reconciler.reconcile_unknown_calls(CONNECTION)

    assert world.call_row(call_id)["state"] == "unknown"


def test_r21_nobody_is_given_up_while_the_carriers_log_cannot_be_read(world: World, carrier: CarrierStub) -> None:
    call_id = unknown_call(world, carrier, age_s=5000)
    carrier.get = lambda asked: (500, {}) if "call_events" in asked.path else (200, active_legs())

    for _ in range(3):
        match_again(world)

    assert world.contact_of(call_id)["status"] == "calling"


def test_r21_an_attempt_is_not_judged_while_its_webhook_waits_in_the_stream(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.age_send(call_id, 41)
    world.redis.xadd(world.keys.events, {"raw": b"{}"}, id="1-1")

    assert judge(world) == []
    assert world.call_row(call_id)["state"] == "dialing"


def test_in_flight_counts_no_attempt_that_was_given_up(world: World, carrier: CarrierStub) -> None:
    call_id = unknown_call(world, carrier, age_s=5000)
    carrier.get = lambda _asked: (200, active_legs())
    for _ in range(3):
        match_again(world)
    assert world.contact_of(call_id)["status"] == "unknown"

    assert world.run(pause_campaign, world.call_row(call_id)["campaign_id"])[1] == 0


def test_r20_the_channels_of_young_calls_are_rebuilt(world: World) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 4)
    world.execute("UPDATE connections SET max_live_calls = 2")
    for call_id in world.claim(campaign_id, most=2):
        world.dialer.dial_call(call_id)

    world.redis.flushall()
    world.prepare_again()

    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 2
    assert world.dispatcher.dispatch_calls() == []


@pytest.mark.parametrize(
    ("answer", "state"), [(refusal(429, "90103"), "withdrawn"), (refusal(422, "10016", pointer="/to"), "ended")]
)
def test_r20_a_send_in_flight_during_a_rebuild_is_settled_by_its_answer(
    world: World, carrier: CarrierStub, answer: tuple[int, dict[str, object]], state: str
) -> None:
    arrived, go = threading.Event(), threading.Event()

    def slow(_asked: Asked) -> tuple[int, dict[str, object]]:
        arrived.set()
        go.wait(10)
        return answer

    carrier.dial = slow
    call_id = world.claimed_call()
    sending = threading.Thread(target=world.dialer.dial_call, args=(call_id,))
    sending.start()
    assert arrived.wait(10)
    world.redis.flushall()
    world.prepare_again()
    go.set()
    sending.join()
    world.advance()
    world.settle()

    assert world.call_row(call_id)["state"] == state


def test_r20_an_unanswered_send_is_not_taken_for_accepted_by_a_rebuild(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call()
    world.redis.flushall()
    world.prepare_again()
    world.age_send(call_id, 16)

    assert judge(world) == [call_id]
    assert world.call_row(call_id)["state"] == "dialing"
