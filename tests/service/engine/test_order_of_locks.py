"""Who locks several rows does so in the order of all the others: they wait for each other, and never in a circle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from io import BytesIO
from typing import Any

import pytest

from orchestrator.clock import utc_now
from orchestrator.errors import Conflict
from orchestrator.ids import new_id
from orchestrator.operations.campaigns.change_campaign import change_campaign
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.campaigns.share_variables import share_values
from orchestrator.operations.contacts.add_contacts import add_contacts
from orchestrator.operations.contacts.bulk_changes import Stores
from orchestrator.operations.contacts.call_back import Callback, call_back
from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.operations.contacts.change_many import ManyContacts, change_contacts
from orchestrator.operations.contacts.erase_person import erase_number
from orchestrator.operations.contacts.import_consents import ConsentDefaults, import_consents
from orchestrator.operations.contacts.import_contacts import ForEverybody, ImportOptions, import_contacts
from orchestrator.operations.contacts.import_suppressions import SuppressionDefaults, suppress_many
from orchestrator.operations.contacts.renew_zones import renew_zones
from orchestrator.operations.contacts.suppress_number import suppress_number
from orchestrator.operations.dialing.pause_refused_campaigns import pause_refused_campaigns
from orchestrator.policy.campaign_rules import CampaignChanges
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.sql import aged_rows, copies
from orchestrator.store.sql.ended_campaigns import end_batch
from orchestrator.telnyx.answers import Refused
from tests.support.caller_id_pools import change, pool, pooled
from tests.support.lock_points import LockPoint, in_thread, meet_behind, waits_for_a_lock
from tests.support.world import CONNECTION, World

RETRY = {"max_attempts": 5, "on": {"no_answer": {"after": "1h"}, "answered": {"after": "1h"}}, "on_outcome": {}}
PHONE = "+13125550142"
HOLD_CONTACT = "SELECT FROM contacts WHERE id = :id FOR UPDATE"
HOLD_CAMPAIGN = "SELECT FROM campaigns WHERE id = :id FOR UPDATE"


def nth(n: int, kind: str = "con") -> str:
    return f"{kind}_{n:026}"


def nth_contacts(world: World, campaign_id: str, *order: int, **columns: Any) -> None:
    """Write contacts, in this order of their rows."""
    for n in order:
        world.contact(campaign_id, id=nth(n), **columns)


def prioritize(world: World, priority: int = 9) -> Any:
    asked = ManyContacts.model_validate({"all": True, "action": "set_priority", "priority": priority})
    stores = Stores(world.sql, world.redis, world.keys)
    return world.run(change_contacts, asked, change_id=new_id("chg"), stores=stores)


def to_record(world: World) -> list[Any]:
    """Return what waits to be recorded."""
    found: list[Any] = world.redis.xreadgroup(GROUP, "test", {world.keys.ended: ">"}, count=100)[0][1]
    return found


def answered(world: World, campaign_id: str) -> list[str]:
    """Claim and dial who is due, one by one, and let each answer; return the calls in the order of their ids."""
    calls = [call_id for one in iter(lambda: world.claim(campaign_id, most=1), []) for call_id in one]
    for call_id in calls:
        world.dialer.dial_call(call_id)
        world.hear(call_id, "call.initiated")
        world.hear(call_id, "call.answered")
    world.advance()
    return calls


# -- calls and contacts ------------------------------------------------------------------------------------------------


def test_a_record_of_two_calls_of_one_person_and_a_callback_asked_for_in_the_second(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    campaign_id = world.campaign(retry=RETRY)
    world.contact(campaign_id)
    [first] = answered(world, campaign_id)
    world.hang_up(first)
    world.execute("UPDATE contacts SET due_at = now() - interval '1 s'")
    [second] = answered(world, campaign_id)
    world.hear(first, "call.cost", total_cost="0.1")
    world.hear(second, "call.recording.saved", recording_id="rec-1", recording_urls={"mp3": "http://x/y.mp3"})
    world.advance()
    late = to_record(world)
    contact_is_next = LockPoint(world.sql, before="FOR UPDATE OF contacts")

    with in_thread(lambda: world.run(call_back, second, Callback(after=timedelta(hours=2)))) as asking:
        contact_is_next.is_reached()
        with in_thread(lambda: world.finalizer.finalize_calls(late)) as recording:
            waits_for_a_lock(world, unless=recording)
            contact_is_next.go_on()

    assert asking.result().contact.callback["call_id"] == second
    assert "could not be recorded" not in caplog.text


def test_a_record_of_several_people_and_a_file_of_their_consents(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    campaign_id = world.campaign(retry=RETRY)
    for n in (1, 2, 3):
        nth_contacts(world, campaign_id, n, priority=n)  # whose calls have ids the other way around
    calls = answered(world, campaign_id)
    for call_id in calls:
        world.hear(call_id, "call.hangup", hangup_cause="normal_clearing")
    world.advance()
    world.let_timers_fire()
    world.advance()
    ended = to_record(world)
    rows = [f"{world.call_row(call_id)['to_number']},written,informational,Yes.,form,2026-03-01" for call_id in calls]
    file = BytesIO("\n".join(("phone,kind,purposes,text,source,at", *rows)).encode())

    recorded, consents = meet_behind(
        world,
        "SELECT FROM calls WHERE id = :id FOR UPDATE",
        lambda: world.finalizer.finalize_calls(ended),
        lambda: world.run(import_consents, file, ConsentDefaults()),
        id=calls[1],
    )

    assert (recorded, consents.added) == (3, 3)
    assert "could not be recorded" not in caplog.text
    assert {world.call_row(call_id)["state"] for call_id in calls} == {"ended"}


# -- contacts ----------------------------------------------------------------------------------------------------------


def prioritized_beside_another_zone(world: World, campaign_id: str) -> Any:
    elsewhere = CampaignChanges(default_timezone="Asia/Tokyo")
    move = partial(world.run, change_campaign, campaign_id, elsewhere)
    many, _ = meet_behind(world, HOLD_CONTACT, lambda: prioritize(world), move, id=nth(2))
    return many


def test_another_default_zone_and_a_change_of_many(world: World) -> None:
    campaign_id = world.campaign(default_timezone="America/New_York")
    nth_contacts(world, campaign_id, 3, status="held", reason="number_gap", priority=5)  # found before those who wait
    nth_contacts(world, campaign_id, 1, 2)

    many = prioritized_beside_another_zone(world, campaign_id)

    assert many.changed == 3
    assert world.query("SELECT DISTINCT zones_version, priority FROM contacts") == [(None, 9)]


def test_another_default_zone_that_releases_people_and_a_change_of_many(world: World) -> None:
    campaign_id = world.campaign(default_timezone="America/New_York")
    nth_contacts(world, campaign_id, 1, zone="Asia/Seoul", status="held", reason="outside_hours")
    nth_contacts(world, campaign_id, 2, zone="Asia/Seoul")
    nth_contacts(world, campaign_id, 3)

    many = prioritized_beside_another_zone(world, campaign_id)

    assert many.changed == 3
    assert world.contact_row(nth(1))["status"] == "waiting"


def test_the_end_of_a_campaign_and_a_change_of_many(world: World) -> None:
    campaign_id = world.campaign(status="canceled")
    nth_contacts(world, campaign_id, 3, status="held", reason="number_gap", priority=5)  # found before those who wait
    nth_contacts(world, campaign_id, 1, 2)

    def end() -> int:
        with world.sql.begin() as tx:
            return end_batch(tx, campaign_id, skip_locked=False)

    _, ended = meet_behind(world, HOLD_CONTACT, lambda: prioritize(world), end, id=nth(2))

    assert ended == 3


def test_words_that_are_kept_no_longer_and_a_redial_of_the_same_people(world: World) -> None:
    campaign_id = world.campaign(status="running")
    over = {"variables": {"name": "Ann"}, "due_at": None}
    nth_contacts(world, campaign_id, 1, 2, status="completed", **over)
    nth_contacts(world, campaign_id, 3, status="canceled", **over)  # found before those who have completed
    filters = {"campaign_id": campaign_id, "statuses": ["canceled", "completed"]}
    asked = ManyContacts.model_validate({"filter": filters, "action": "redial"})
    stores = Stores(world.sql, world.redis, world.keys)

    def clear() -> int:
        with world.sql.begin() as tx:
            return aged_rows.clear_words(tx, [nth(n) for n in (1, 2, 3)], before=utc_now() + timedelta(days=1))

    redialed, cleared = meet_behind(
        world,
        HOLD_CONTACT,
        lambda: world.run(change_contacts, asked, change_id=new_id("chg"), stores=stores),
        clear,
        id=nth(2),
    )

    assert (redialed.changed, cleared) == (3, 0)


def test_a_change_of_a_pool_of_two_campaigns_and_a_change_of_many(world: World) -> None:
    pool_id = pool(world)
    first, second = pooled(world, pool_id), pooled(world, pool_id)
    held = {"status": "held", "reason": "caller_id_quota"}
    nth_contacts(world, second, 1, **held)
    nth_contacts(world, first, 2)
    nth_contacts(world, first, 3, **held)

    many, _ = meet_behind(
        world, HOLD_CONTACT, lambda: prioritize(world), lambda: change(world, pool_id, per_day=50), id=nth(2)
    )

    assert many.changed == 3
    assert world.query("SELECT DISTINCT status FROM contacts") == [("waiting",)]


# -- campaigns ---------------------------------------------------------------------------------------------------------


def refuse(world: World) -> None:
    answer = Refused(code="10010", title="no")
    row = {"connection_id": CONNECTION, "from_number": "+13125550100", "db_now": utc_now()}
    pause_refused_campaigns(world.sql, world.redis, world.keys, row, answer)  # type: ignore[arg-type]  # a row's values


def begin(world: World) -> None:
    complete_campaigns(world.sql)


@pytest.mark.parametrize(("status", "step", "then"), [("running", refuse, "paused"), ("scheduled", begin, "running")])
def test_a_change_of_a_pool_and_a_step_of_all_its_campaigns(
    world: World, status: str, step: Callable[[World], None], then: str
) -> None:
    pool_id = pool(world)
    ids = sorted(pooled(world, pool_id, status=status, keep_open=True) for _ in range(3))
    world.execute("CLUSTER campaigns USING campaigns_pkey")
    for campaign_id in ids[:2]:
        world.execute("UPDATE campaigns SET name = 'its row is the last now' WHERE id = :id", id=campaign_id)

    meet_behind(
        world,
        HOLD_CAMPAIGN,
        lambda: change(world, pool_id, per_day=50),
        lambda: step(world),
        id=ids[1],
    )

    assert world.query("SELECT DISTINCT status FROM campaigns") == [(then,)]


# -- opt-outs ----------------------------------------------------------------------------------------------------------


def test_an_erasure_and_a_file_with_several_opt_outs_of_the_person(world: World) -> None:
    low, middle = sorted(world.campaign() for _ in range(2))
    scopes = ("global", middle, low)
    for scope in scopes[::-1]:
        world.run(suppress_number, PHONE, scope=scope, reason="asked")
    file = BytesIO("\n".join(("phone,scope", *(f"{PHONE},{scope}" for scope in scopes))).encode())

    opt_outs, _ = meet_behind(
        world,
        "SELECT FROM suppressions WHERE scope = :scope FOR UPDATE",
        lambda: world.run(suppress_many, file, SuppressionDefaults()),
        lambda: world.run(erase_number, PHONE),
        scope=middle,
    )

    assert opt_outs.accepted == 3
    assert world.query("SELECT DISTINCT reason FROM suppressions") == [("erased",)]


# -- uploads -----------------------------------------------------------------------------------------------------------


def add(world: World, campaign_id: str, *phones: str) -> list[bool]:
    """Add people; return who was new."""
    added = world.run(add_contacts, campaign_id, [{"phone": phone} for phone in phones])
    return [each.contact_id is not None for each in added]


def bring(world: World, campaign_id: str, *phones: str) -> Any:
    """Import people, with a value that everybody is to have."""
    keep = partial(share_values, campaign_id=campaign_id, values={"city": "Bern"}, flows=world.flows)
    file = BytesIO("\n".join(("phone", *phones)).encode())
    how: dict[str, Any] = {"options": ImportOptions(), "import_id": new_id("imp")}
    return world.run(import_contacts, campaign_id, file, shared=ForEverybody(frozenset(), keep), **how)


def test_an_upload_of_the_first_people_in_a_zone_and_that_zone_as_the_default(world: World) -> None:
    campaign_id = world.campaign()
    zone_is_written = LockPoint(world.sql, before="UPDATE imports SET params")

    with in_thread(lambda: bring(world, campaign_id, "+18085550101")) as upload:
        zone_is_written.is_reached()
        there = CampaignChanges(default_timezone="Pacific/Honolulu")
        with in_thread(lambda: world.run(change_campaign, campaign_id, there)) as changing:
            waits_for_a_lock(world, unless=changing)
            zone_is_written.go_on()

    assert upload.result().status == "completed"
    assert changing.result().default_timezone == "Pacific/Honolulu"


def test_an_upload_of_the_first_people_in_a_zone_and_others_who_are_placed_there_anew(world: World) -> None:
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id, phone="+18085550102")
    zone_is_written = LockPoint(world.sql, before="UPDATE imports SET params")

    with in_thread(lambda: bring(world, campaign_id, "+18085550101")) as upload:
        zone_is_written.is_reached()
        with in_thread(lambda: renew_zones(world.sql)) as renewing:
            waits_for_a_lock(world, unless=renewing)
            zone_is_written.go_on()
    renew_zones(world.sql)

    assert upload.result().status == "completed"
    assert world.contact_row(contact_id)["zone"] == "Pacific/Honolulu"


def test_two_uploads_of_the_same_people_in_another_order(world: World) -> None:
    campaign_id = world.campaign()
    low, middle, high = (f"+1312555010{n}" for n in range(3))
    zone_is_next = LockPoint(world.sql, before="INSERT INTO campaign_zones")

    with in_thread(lambda: add(world, campaign_id, middle)):
        zone_is_next.is_reached()
        with in_thread(lambda: add(world, campaign_id, high, middle, low)) as one:
            waits_for_a_lock(world, unless=one)
            with in_thread(lambda: add(world, campaign_id, low, high)) as other:
                waits_for_a_lock(world, unless=other, beside=1)
                zone_is_next.go_on()

    assert sorted(n.count(True) for n in (one.result(), other.result())) == [0, 2]  # type: ignore[attr-defined]  # lists


def test_of_rows_with_the_same_external_id_the_first_is_kept_whatever_its_number(world: World) -> None:
    campaign_id = world.campaign()
    people = [{"phone": "+13125550102", "external_id": "a"}, {"phone": "+13125550101", "external_id": "a"}]

    world.run(add_contacts, campaign_id, people)

    assert world.query("SELECT phone FROM contacts") == [("+13125550102",)]


def test_a_copy_of_people_and_an_upload_of_the_same_in_another_order(world: World) -> None:
    source, campaign_id = world.campaign(), world.campaign()
    low, middle, high = (f"+1312555010{n}" for n in range(3))
    ids = [world.contact(source, phone=phone) for phone in (high, middle, low)]
    zone_is_next = LockPoint(world.sql, before="INSERT INTO campaign_zones")

    def copy() -> int:
        with world.sql.begin() as tx:
            return len(copies.copy_contacts(tx, ids, to=campaign_id))

    with in_thread(lambda: add(world, campaign_id, middle)):
        zone_is_next.is_reached()
        with in_thread(copy) as copying:
            waits_for_a_lock(world, unless=copying)
            with in_thread(lambda: add(world, campaign_id, low, high)) as adding:
                waits_for_a_lock(world, unless=adding, beside=1)
                zone_is_next.go_on()

    assert (copying.result(), adding.result()) == (2, [False, False])


@pytest.mark.parametrize("again", [{}, {"status": "waiting"}])
def test_an_upload_of_a_number_and_an_edit_that_gives_it_to_somebody_else(world: World, again: dict[str, Any]) -> None:
    campaign_id = world.campaign()
    add(world, campaign_id, "+13125550102")  # so that their zone is known
    [[contact_id]] = world.query("SELECT id FROM contacts")
    world.execute("UPDATE contacts SET status = :status", status="completed" if again else "waiting")
    taken = ContactChange.model_validate({"phone": "+13125550101", **again})
    campaign_is_next = LockPoint(world.sql, before="FOR NO KEY UPDATE")

    def edit() -> None:
        with pytest.raises(Conflict, match="has this number"):
            world.run(change_contact, contact_id, taken)

    with in_thread(lambda: bring(world, campaign_id, "+13125550101")) as upload:
        campaign_is_next.is_reached()
        with in_thread(edit) as editing:
            waits_for_a_lock(world, unless=editing)
            campaign_is_next.go_on()

    assert upload.result().accepted == 1
