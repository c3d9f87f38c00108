"""How other dialers break, one test each: the name says the break, the test that ours holds."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from orchestrator.clock import utc_now
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.campaigns.pause_campaign import pause_campaign
from orchestrator.operations.contacts.suppress_number import suppress_number
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.store.sql.dial_ledger import republish
from tests.support.carrier_stub import Asked, CarrierStub, accepted_dial, refusal
from tests.support.refused_rows import refuse_rows, take_rows
from tests.support.world import CONNECTION, World


def test_open_ews_pausing_leaves_what_is_queued_to_dial(world: World, carrier: CarrierStub) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 40)
    queued = world.claim(campaign_id)

    world.run(pause_campaign, campaign_id)
    for call_id in queued:
        world.dialer.dial_call(call_id)

    assert len(queued) == 40
    assert carrier.dials == []


def test_open_ews_the_dial_stands_inside_the_transaction_so_that_a_lost_commit_dials_again(
    world: World, carrier: CarrierStub
) -> None:
    call_id = world.claimed_call()
    states: list[str] = []

    def look(asked: Asked) -> tuple[int, dict[str, object]]:
        states.append(world.call_row(call_id)["state"])  # what is committed while the carrier is being asked
        return accepted_dial(asked)

    carrier.dial = look
    world.dialer.dial_call(call_id)

    assert states == ["dialing"]


def test_open_ews_an_attempt_lost_in_the_queue_is_never_recovered(world: World, carrier: CarrierStub) -> None:
    call_id = world.claimed_call()  # its message is lost with the broker
    world.execute("UPDATE calls SET published_at = now() - interval '1 minute'")

    with world.sql.begin() as tx:
        [again] = republish(tx, older_than_s=10, limit=10, in_queue=0)
    world.dialer.dial_call(again)

    assert again == call_id
    assert len(carrier.dials) == 1


def test_open_ews_a_throttled_request_counts_as_a_failed_attempt(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: refusal(429, "90103")
    call_id = world.dialed_call()

    contact = world.contact_of(call_id)
    assert (contact["status"], contact["attempts"]) == ("waiting", 0)


def test_open_ews_one_account_that_fails_stops_all_the_others(world: World, carrier: CarrierStub) -> None:
    broken, sound = world.campaign(flow="not: a flow"), world.campaign()
    world.contact(broken)
    world.contact(sound)

    calls = []
    for _ in range(3):
        try:
            calls += world.dispatcher.dispatch_calls()
        except Exception:  # noqa: BLE001 what the loop logs before it goes on
            continue

    assert [world.call_row(call_id)["campaign_id"] for call_id in calls] == [sound]


def test_newfies_a_lost_hangup_strands_the_contact_for_ever(world: World, carrier: CarrierStub) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.work(call_id)
    deadline = world.call_row(call_id)["deadline_at"]

    limits = timedelta(seconds=world.call_row(call_id)["ring_limit_s"] + world.call_row(call_id)["talk_limit_s"])
    assert deadline - utc_now() <= limits + timedelta(seconds=61)


def test_newfies_the_same_number_on_two_lists_rings_twice_at_once(world: World) -> None:
    campaigns = [world.campaign() for _ in range(3)]
    for campaign_id in campaigns:
        world.contact(campaign_id, phone="+13125550142")

    claimed = [call_id for campaign_id in campaigns for call_id in world.claim(campaign_id)]

    assert len(claimed) == 1


def test_newfies_channels_are_counted_by_nobody(world: World) -> None:
    campaign_id = world.campaign(pacing={"max_live_calls": 3})
    world.contacts(campaign_id, 9)

    for _ in range(5):
        world.redis.delete(world.keys.gcra(CONNECTION))
        world.dispatcher.dispatch_calls()

    assert world.query("SELECT count(*) FROM calls") == [(3,)]


def test_dograh_a_claim_whose_worker_was_killed_stays_in_processing(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (0, {})  # the worker dies with the answer
    call_id = world.dialed_call()
    carrier.dial = accepted_dial
    world.age_send(call_id, 16)

    for again in resolve_unanswered_dials(world.sql, world.redis, world.keys):
        world.dialer.dial_call(again)

    assert world.call_row(call_id)["state"] == "accepted"


def test_dograh_a_campaign_closes_as_completed_while_claims_are_open(world: World) -> None:
    world.claimed_call()

    assert complete_campaigns(world.sql) == []


def test_dograh_accepted_by_the_carrier_and_then_marked_failed_because_a_write_failed(
    world: World, carrier: CarrierStub
) -> None:
    call_id = world.claimed_call()
    refuse_rows(world, "calls", "NEW.state = 'accepted'")

    with pytest.raises(DBAPIError):
        world.dialer.dial_call(call_id)
    take_rows(world, "calls")
    assert world.call_row(call_id)["state"] == "dialing"
    assert world.redis.zcard(world.keys.slots(CONNECTION)) == 1

    world.hear(call_id, "call.initiated")
    world.advance()
    world.age_send(call_id, 16)
    assert resolve_unanswered_dials(world.sql, world.redis, world.keys) == []

    assert world.call_row(call_id)["state"] == "accepted"
    assert len(carrier.dials) == 1


def test_dograh_no_free_channel_fails_the_whole_campaign(world: World) -> None:
    campaign_id = world.campaign()
    world.contacts(campaign_id, 3)
    world.execute("UPDATE connections SET max_live_calls = 1")

    for _ in range(3):
        world.redis.delete(world.keys.gcra(CONNECTION))
        world.dispatcher.dispatch_calls()

    assert world.campaign_row(campaign_id)["status"] == "running"
    assert world.query("SELECT status, count(*) FROM contacts GROUP BY 1 ORDER BY 1") == [
        ("calling", 1),
        ("waiting", 2),
    ]


def test_dograh_a_leaked_channel_is_purged_by_age_while_its_call_still_lives(world: World) -> None:
    call_id = world.dialed_call()
    row = world.call_row(call_id)
    expiry_ms = world.redis.zscore(world.keys.slots(CONNECTION), call_id)

    longest = timedelta(seconds=row["ring_limit_s"] + row["talk_limit_s"])
    assert expiry_ms is not None
    assert expiry_ms / 1000 > (row["first_sent_at"] + longest).timestamp()


def test_clairvoyance_stale_snapshots_call_one_person_fifty_one_times(world: World, carrier: CarrierStub) -> None:
    campaign_id = world.campaign()
    world.contact(campaign_id)

    def dispatcher() -> None:
        for _ in range(10):
            for call_id in world.claim(campaign_id):
                for _ in range(3):
                    world.dialer.dial_call(call_id)

    threads = [threading.Thread(target=dispatcher) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(carrier.dials) == 1


def test_quickvoice_an_ambiguous_call_is_dialed_as_new(world: World, carrier: CarrierStub) -> None:
    carrier.dial = lambda _asked: (503, {})
    campaign_id = world.campaign()
    world.contact(campaign_id)
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    world.age_send(call_id, 50)

    resolve_unanswered_dials(world.sql, world.redis, world.keys)

    assert world.claim(campaign_id) == []
    assert world.call_row(call_id)["state"] == "unknown"


def test_telnyx_demos_a_command_without_an_id_is_carried_out_twice(world: World, carrier: CarrierStub) -> None:
    carrier.act = lambda _asked: (500, {})
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.advance()
    for _ in range(3):
        world.perform(call_id)

    assert len({asked.body["command_id"] for asked in carrier.actions}) == 1


def test_telnyx_ai_a_second_initiated_resets_the_call(world: World) -> None:
    call_id = world.dialed_call()
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.advance()

    world.hear(call_id, "call.initiated")
    world.advance()

    live = world.live(call_id)
    assert live is not None and (live.phase, live.step) == ("answered", "greet")


def test_pipecat_a_command_on_an_ended_call_is_an_error_of_the_flow(world: World, carrier: CarrierStub) -> None:
    carrier.act = lambda _asked: refusal(422, "90018")
    call_id = world.dialed_call()
    world.hear(call_id, "call.answered")
    world.work(call_id)
    world.hang_up(call_id)

    assert world.call_row(call_id)["outcome"] != "error"


def test_phonebank_a_person_who_opted_out_is_called_by_the_next_campaign(world: World) -> None:
    world.run(suppress_number, "+13125550142", reason="asked us to stop")
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id, phone="+13125550142")

    assert world.claim(campaign_id) == []
    assert world.contact_row(contact_id)["status"] == "suppressed"


def test_callparty_stop_is_forgotten_by_a_restart(world: World) -> None:
    world.contacts(world.campaign(), 2)
    world.stop_dialing()
    world.redis.flushall()
    world.prepare_again()

    assert world.dispatcher.dispatch_calls() == []
