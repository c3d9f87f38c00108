"""Lists at the gate: who is on one is not dialed, who waits for one is released, and an import is whole or nothing."""

from __future__ import annotations

import io
import threading
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from orchestrator.clock import utc_now
from orchestrator.errors import Conflict, NotFound
from orchestrator.ids import new_id
from orchestrator.operations.campaigns.change_campaign import change_campaign
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.operations.contacts.hang_up_suppressed import hang_up_suppressed
from orchestrator.operations.lists import import_content as importing
from orchestrator.operations.lists.change_entries import add_entries, delete_entry
from orchestrator.operations.lists.import_content import ImportedContent, ListFile, import_content
from orchestrator.operations.lists.manage_lists import change_list, create_list, delete_list, find_list, look_up
from orchestrator.operations.lists.sweep_lists import sweep_lists
from orchestrator.policy.campaign_rules import CampaignChanges
from orchestrator.policy.lists.list_fields import ListChanges, NewList
from orchestrator.store.sql.contact_transitions import lock_dialing_rules
from orchestrator.store.sql.sweeping_work import Work, find_work
from tests.support.carrier_stub import Asked, CarrierStub, accepted_dial
from tests.support.poll import eventually, stays
from tests.support.world import World

PHONE, OTHER = "+13125550142", "+13125550143"
NAMED = {"suppress": ["global", "internal"], "registry": "auto", "allow": None, "because": None}
ALLOWING = {"suppress": ["global"], "registry": "auto", "allow": "agreed", "because": None}


def make(world: World, name: str = "internal", kind: str = "suppress", **fields: Any) -> str:
    list_id = new_id("lst")
    world.run(create_list, NewList(name=name, kind=kind, **fields), list_id=list_id)  # type: ignore[arg-type]  # pydantic's
    return list_id


def add(world: World, list_id: str, *entries: str) -> None:
    world.run(add_entries, list_id, entries)


def load(world: World, list_id: str, *entries: str, **options: Any) -> ImportedContent:
    return load_file(world, list_id, io.BytesIO("\n".join(("phone", *entries)).encode()), **options)


def load_file(world: World, list_id: str, file: Any, **options: Any) -> ImportedContent:
    return world.run(import_content, list_id, file, ListFile(**{"accept_smaller": True, **options}))


def days_ago(days: float) -> Any:
    return utc_now() - timedelta(days=days)


def status(world: World, contact_id: str) -> tuple[str, str | None]:
    row = world.contact_row(contact_id)
    return row["status"], row["reason"]


def holds(world: World, phone: str) -> list[str]:
    return [row.entry for row in world.run(look_up, phone).lists]


# -- who is on a list ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", [PHONE, "+1312*", "+1*", PHONE + "*"])
def test_who_is_on_a_list_of_the_campaign_is_never_dialed(world: World, entry: str) -> None:
    add(world, make(world), entry)
    campaign_id = world.campaign(lists=NAMED)
    contact = world.contact(campaign_id, phone=PHONE)

    assert world.claim(campaign_id) == []
    assert status(world, contact) == ("suppressed", "suppressed")


@pytest.mark.parametrize("entry", [OTHER, "+1313*", "+131255501421*", "+44*"])
def test_who_is_not_on_it_is_dialed(world: World, entry: str) -> None:
    add(world, make(world), entry)
    campaign_id = world.campaign(lists=NAMED)
    world.contact(campaign_id, phone=PHONE)

    assert len(world.claim(campaign_id)) == 1


def test_a_list_holds_for_the_campaigns_that_name_it_alone(world: World) -> None:
    add(world, make(world), PHONE)
    campaign_id = world.campaign()
    world.contact(campaign_id, phone=PHONE)

    assert len(world.claim(campaign_id)) == 1


@pytest.mark.parametrize(
    ("lists", "purpose", "purposes", "is_dialed"),
    [
        (None, None, [], False),
        (None, "sales", ["sales"], False),
        (None, None, ["informational"], False),
        (None, None, ["sales"], True),
        ({"registry": "auto"}, "survey", ["sales", "survey"], False),
        ({"registry": "auto"}, "debt", ["sales", "survey"], True),
        ({"registry": ["national"]}, "debt", ["sales"], False),
        ({"registry": ["other"]}, "sales", ["sales"], True),
        ({"registry": "off", "because": "x"}, "sales", [], True),
    ],
)
def test_a_registry_holds_where_it_covers_the_purpose_or_is_named(
    world: World, lists: Any, purpose: str | None, purposes: list[str], is_dialed: bool
) -> None:
    load(world, make(world, "national", "registry", purposes=purposes), PHONE)
    load(world, make(world, "other", "registry", purposes=["charity"]), OTHER)
    campaign_id = world.campaign(lists=lists, purpose=purpose)
    contact = world.contact(campaign_id, phone=PHONE)

    assert len(world.claim(campaign_id)) == is_dialed
    assert is_dialed or status(world, contact) == ("suppressed", "suppressed")


def test_an_entry_that_was_deleted_does_not_count(world: World) -> None:
    list_id = make(world)
    add(world, list_id, PHONE, "+1312*")
    world.run(delete_entry, list_id, PHONE, because="wrong number")
    with pytest.raises(NotFound):
        world.run(delete_entry, list_id, PHONE, because="wrong number")
    world.run(delete_entry, list_id, "+1312*", because="wrong number")
    campaign_id = world.campaign(lists=NAMED)
    world.contact(campaign_id, phone=PHONE)

    assert len(world.claim(campaign_id)) == 1


# -- at once -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["entry", "file"])
def test_r9_who_is_put_on_a_list_after_the_claim_is_not_dialed(world: World, carrier: CarrierStub, by: str) -> None:
    list_id = make(world)
    call_id = world.claimed_call(lists=NAMED)
    phone = world.call_row(call_id)["to_number"]

    add(world, list_id, phone) if by == "entry" else load(world, list_id, phone)
    world.dialer.dial_call(call_id)

    assert carrier.dials == [] and world.call_row(call_id)["state"] == "withdrawn"
    assert world.contact_of(call_id)["status"] == "suppressed"


@pytest.mark.parametrize("kind", ["suppress", "registry"])
def test_a_phone_that_rings_is_hung_up_when_its_number_is_put_on_a_list(
    world: World, carrier: CarrierStub, kind: str
) -> None:
    list_id = make(world, kind=kind)
    load(world, list_id, OTHER)
    call_id = world.dialed_call(lists=NAMED if kind == "suppress" else None)
    world.hear(call_id, "call.initiated")
    world.work(call_id)

    add(world, list_id, world.call_row(call_id)["to_number"])
    world.work(call_id)
    world.hang_up(call_id, cause="originator_cancel")

    assert [asked.path.rsplit("/", 1)[1] for asked in carrier.actions] == ["hangup"]
    assert status(world, world.call_row(call_id)["contact_id"]) == ("suppressed", "suppressed")


def test_a_phone_that_rings_for_another_campaign_goes_on_ringing(world: World, carrier: CarrierStub) -> None:
    list_id = make(world)
    call_id = world.dialed_call()
    world.hear(call_id, "call.initiated")
    world.work(call_id)

    add(world, list_id, world.call_row(call_id)["to_number"])
    world.work(call_id)

    assert carrier.actions == [] and hang_up_suppressed(world.sql, world.redis, world.keys) == []


def test_r9_an_entry_waits_for_a_send_that_is_under_way(world: World, carrier: CarrierStub) -> None:
    list_id = make(world)
    call_id = world.claimed_call(lists=NAMED)
    asked, answered = threading.Event(), threading.Event()

    def dial(request: Asked) -> Any:
        asked.set()
        answered.wait(10)
        return accepted_dial(request)

    carrier.dial = dial
    with ThreadPoolExecutor(2) as pool:
        dialing = pool.submit(world.dialer.dial_call, call_id)
        assert asked.wait(10)
        adding = pool.submit(add, world, list_id, world.call_row(call_id)["to_number"])
        eventually(lambda: holds(world, world.call_row(call_id)["to_number"]))
        stays(lambda: not adding.done(), during=0.3)
        answered.set()
        dialing.result()
        adding.result(timeout=10)


def test_r9_once_an_entry_was_added_nobody_on_it_is_dialed(world: World, carrier: CarrierStub) -> None:
    list_id = make(world)
    campaign_id = world.campaign(lists=NAMED)
    world.contacts(campaign_id, 40)
    call_ids = world.claim(campaign_id)
    phones = {call_id: world.call_row(call_id)["to_number"] for call_id in call_ids}
    arrived: dict[str, float] = {}

    def dial(asked: Asked) -> Any:
        arrived[asked.body["to"]] = time.monotonic()
        return accepted_dial(asked)

    carrier.dial = dial
    added: dict[str, float] = {}
    with ThreadPoolExecutor(4) as pool:
        dialing = [pool.submit(world.dialer.dial_call, call_id) for call_id in call_ids]
        for call_id in reversed(call_ids):
            add(world, list_id, phones[call_id])
            added[phones[call_id]] = time.monotonic()
        for each in dialing:
            each.result()

    assert len(added) == 40
    assert {phone: at for phone, at in arrived.items() if at > added[phone]} == {}


# -- registries that are too old -----------------------------------------------------------------------------------


@pytest.mark.parametrize("age", [None, 31, 40])
def test_a_registry_that_is_too_old_holds_and_its_import_releases(world: World, age: int | None) -> None:
    list_id = make(world, "national", "registry", regions=["US"])
    if age is not None:
        load(world, list_id, OTHER, as_of=days_ago(age))
    campaign_id = world.campaign()
    contact = world.contact(campaign_id, phone=PHONE)

    assert world.claim(campaign_id) == [] and status(world, contact) == ("held", "list_stale")
    assert complete_campaigns(world.sql) == []

    load(world, list_id, OTHER)

    assert status(world, contact) == ("waiting", None)
    assert len(world.claim(campaign_id)) == 1


def test_a_registry_one_second_younger_than_its_age_lets_go(world: World) -> None:
    list_id = make(world, "national", "registry")
    load(world, list_id, OTHER, as_of=days_ago(31) + timedelta(seconds=30))
    campaign_id = world.campaign()
    world.contact(campaign_id, phone=PHONE)

    assert len(world.claim(campaign_id)) == 1


@pytest.mark.parametrize(
    ("regions", "phone", "is_held"),
    [
        ([], "+442071234567", True),
        (["US"], PHONE, True),
        (["US"], "+14165550123", False),
        (["CA", "US"], "+14165550123", True),
        (["US"], "+442071234567", False),
        (["GB"], "+442071234567", True),
    ],
)
def test_an_old_registry_holds_the_numbers_of_its_regions(
    world: World, regions: list[str], phone: str, is_held: bool
) -> None:
    make(world, "national", "registry", regions=regions)
    world.execute("""UPDATE connections SET dial_regions = '["US", "CA", "GB"]'""")
    campaign_id = world.campaign()
    contact = world.contact(campaign_id, phone=phone)

    world.claim(campaign_id)

    assert (status(world, contact) == ("held", "list_stale")) is is_held


def test_who_is_on_an_old_registry_is_not_dialed_later_either(world: World) -> None:
    load(world, make(world, "national", "registry"), PHONE, as_of=days_ago(40))
    campaign_id = world.campaign()
    contact = world.contact(campaign_id, phone=PHONE)

    world.claim(campaign_id)

    assert status(world, contact) == ("suppressed", "suppressed")


def test_a_registry_that_becomes_too_old_behind_the_claim_stops_the_send(world: World, carrier: CarrierStub) -> None:
    list_id = make(world, "national", "registry")
    load(world, list_id, OTHER)
    call_id = world.claimed_call()
    world.execute("UPDATE lists SET as_of = as_of - interval '32 days'")

    world.dialer.dial_call(call_id)

    assert carrier.dials == [] and status(world, world.call_row(call_id)["contact_id"]) == ("held", "list_stale")
    load(world, list_id, OTHER)
    assert status(world, world.call_row(call_id)["contact_id"]) == ("waiting", None)


@pytest.mark.parametrize("change", [{"max_age": "60d"}, {"regions": ["GB"]}, {"purposes": ["sales"]}])
def test_a_registry_that_is_changed_releases_whom_it_no_longer_holds(world: World, change: dict[str, Any]) -> None:
    list_id = make(world, "national", "registry")
    load(world, list_id, OTHER, as_of=days_ago(40))
    campaign_id = world.campaign()
    contact = world.contact(campaign_id, phone=PHONE)
    world.claim(campaign_id)

    world.run(change_list, list_id, ListChanges(**change))

    assert status(world, contact) == ("waiting", None) and len(world.claim(campaign_id)) == 1


def test_a_campaign_that_asks_no_registry_any_more_releases_whom_one_held(world: World) -> None:
    make(world, "national", "registry")
    campaign_id = world.campaign()
    contact = world.contact(campaign_id, phone=PHONE)
    world.claim(campaign_id)

    wanted = CampaignChanges.model_validate({"lists": {"registry": "off", "because": "own customers"}})
    world.run(change_campaign, campaign_id, wanted)

    assert status(world, contact) == ("waiting", None) and len(world.claim(campaign_id)) == 1


def test_a_contact_that_is_said_to_be_elsewhere_waits_for_the_registry_of_that_place(world: World) -> None:
    make(world, "florida", "registry", regions=["US-FL"])
    campaign_id = world.campaign()
    contact = world.contact(campaign_id, phone="+13055550142")  # Miami
    assert world.claim(campaign_id) == [] and status(world, contact) == ("held", "list_stale")

    world.run(change_contact, contact, ContactChange(region="US-CA"))

    assert status(world, contact) == ("waiting", None)
    world.execute("UPDATE contacts SET zone = 'America/New_York'")
    assert len(world.claim(campaign_id)) == 1


def test_whom_a_claim_holds_while_the_import_is_switched_is_released_too(world: World) -> None:
    list_id = make(world, "national", "registry")
    campaign_id = world.campaign()
    contact = world.contact(campaign_id, phone=PHONE)
    with ThreadPoolExecutor(1) as pool, world.sql.begin() as claim:
        assert lock_dialing_rules(claim, campaign_id)
        imported = pool.submit(load, world, list_id, OTHER)
        eventually(lambda: _somebody_waits(world))
        hold = "UPDATE contacts SET status = 'held', reason = 'list_stale', due_at = NULL WHERE id = :id"
        claim.execute(text(hold), {"id": contact})
        claim.commit()
        imported.result(timeout=20)

    assert status(world, contact) == ("waiting", None)


def _somebody_waits(world: World) -> bool:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return bool(world.query(waiting))


def test_contacts_that_a_dead_process_has_not_released_are_released_by_the_sweeper(world: World) -> None:
    list_id = make(world, "national", "registry")
    campaign_id = world.campaign()
    held = [world.contact(campaign_id, status="held", reason="list_stale", due_at=None) for _ in range(3)]
    not_yet = world.contact(campaign_id, status="held", reason="not_yet", due_at=utc_now() + timedelta(hours=1))
    assert Work.LISTS not in work(world)
    world.execute("UPDATE lists SET is_to_release = true, as_of = now() WHERE id = :id", id=list_id)

    assert Work.LISTS in work(world)
    sweep_lists(world.sql)

    assert {status(world, contact) for contact in held} == {("waiting", None)}
    assert status(world, not_yet) == ("held", "not_yet")
    assert Work.LISTS not in work(world)


def work(world: World) -> frozenset[Work]:
    with world.sql.connect() as tx:
        return find_work(tx)


# -- allow lists ---------------------------------------------------------------------------------------------------


def test_an_empty_allow_list_lets_nobody_be_dialed(world: World) -> None:
    make(world, "agreed", "allow")
    campaign_id = world.campaign(lists=ALLOWING)
    contact = world.contact(campaign_id, phone=PHONE)

    assert world.claim(campaign_id) == [] and status(world, contact) == ("held", "not_on_allow_list")


@pytest.mark.parametrize("how", ["entry", "prefix", "file"])
def test_who_comes_onto_the_allow_list_is_released_and_dialed(world: World, how: str) -> None:
    list_id = make(world, "agreed", "allow")
    campaign_id = world.campaign(lists=ALLOWING)
    contact, other = world.contact(campaign_id, phone=PHONE), world.contact(campaign_id, phone="+14155550142")
    world.claim(campaign_id)

    {"entry": add, "prefix": add, "file": load}[how](world, list_id, "+1312*" if how == "prefix" else PHONE)

    assert status(world, contact) == ("waiting", None)
    assert len(world.claim(campaign_id)) == 1
    assert status(world, other) == ("held", "not_on_allow_list")


def test_who_leaves_the_allow_list_behind_the_claim_is_not_dialed(world: World, carrier: CarrierStub) -> None:
    list_id = make(world, "agreed", "allow")
    campaign_id = world.campaign(lists=ALLOWING)
    world.contact(campaign_id, phone=PHONE)
    add(world, list_id, PHONE)
    [call_id] = world.claim(campaign_id)

    world.run(delete_entry, list_id, PHONE, because="changed their mind")
    world.dialer.dial_call(call_id)

    assert carrier.dials == []
    assert status(world, world.call_row(call_id)["contact_id"]) == ("held", "not_on_allow_list")


def test_who_is_on_both_is_not_dialed(world: World) -> None:
    add(world, make(world, "agreed", "allow"), PHONE)
    add(world, make(world), "+1312*")
    campaign_id = world.campaign(lists={**ALLOWING, "suppress": ["global", "internal"]})
    contact = world.contact(campaign_id, phone=PHONE)

    assert world.claim(campaign_id) == [] and status(world, contact) == ("suppressed", "suppressed")


# -- imports -------------------------------------------------------------------------------------------------------


class Cut(io.BytesIO):
    """A file that does something when it is being loaded, and half of it has been read."""

    def __init__(self, data: bytes, then: Any, *, world: World) -> None:
        super().__init__(data)
        self._half, self._then, self._world = len(data) // 2, then, world

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > self._half and (then := self._then) and self._is_loading():
            self._then = None
            then()
        return super().read(size)

    def _is_loading(self) -> bool:
        return bool(self._world.query("SELECT 1 FROM list_contents WHERE status = 'loading'"))


def rows(number: int, start: int = 0) -> bytes:
    return b"phone\n" + b"".join(b"+1312%07d\n" % (2_000_000 + start + n) for n in range(number))


def test_an_import_whose_connection_is_killed_half_way_leaves_the_old_content(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id = make(world)
    load(world, list_id, PHONE)
    monkeypatch.setattr(importing, "_BATCH", 500)
    written: list[int] = []
    with _killing_every_connection(world, after=2_000, seen=written), pytest.raises(DBAPIError):
        load_file(world, list_id, io.BytesIO(rows(5_000)))

    row = world.run(find_list, list_id)
    assert written and (row.version, row.entries, holds(world, PHONE)) == (1, 1, [PHONE])
    assert holds(world, "+13122000001") == []
    world.execute("UPDATE list_contents SET touched_at = now() - interval '11 minutes'")
    sweep_lists(world.sql)
    assert world.query("SELECT count(*) FROM list_entries") == [(1,)]
    assert load(world, list_id, OTHER).row.version == 3


@contextmanager
def _killing_every_connection(world: World, *, after: int, seen: list[int]) -> Iterator[None]:
    """Kill whoever loads, as soon as so many entries are written."""
    stop = threading.Event()

    def kill() -> None:
        kill_loaders = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND query LIKE '%list_contents%'"
        )
        while not stop.wait(0.001):
            if world.query("SELECT count(*) FROM list_entries")[0][0] >= after and (
                n := world.query(kill_loaders)[0][0]
            ):
                seen.append(n)
                return

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_process_that_dies_with_its_load_leaves_it_to_the_sweeper(world: World) -> None:
    list_id = make(world)
    load(world, list_id, PHONE)
    world.execute(
        "INSERT INTO list_contents (list_id, version, loaded_by, touched_at) "
        "VALUES (:id, 2, 'x', now()), (:id, 3, 'x', now() - interval '11 minutes')",
        id=list_id,
    )
    world.execute("INSERT INTO list_entries SELECT content, '+13125559999' FROM list_contents WHERE version > 1")

    assert Work.LISTS in work(world)
    sweep_lists(world.sql)

    left = world.query("SELECT version, status FROM list_contents JOIN list_entries USING (content) ORDER BY 1")
    assert left == [(1, "in_force"), (2, "loading")]
    assert Work.LISTS not in work(world)


def test_a_load_that_was_given_up_writes_nothing_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    list_id = make(world)
    load(world, list_id, PHONE)
    monkeypatch.setattr(importing, "_BATCH", 100)

    def give_up() -> None:
        world.execute("UPDATE list_contents SET touched_at = now() - interval '11 minutes' WHERE status = 'loading'")
        sweep_lists(world.sql)

    with pytest.raises(Conflict) as refused:
        load_file(world, list_id, Cut(rows(20_000), give_up, world=world))

    sweep_lists(world.sql)
    assert refused.value.code == "load_given_up" and world.run(find_list, list_id).version == 1
    assert world.query("SELECT count(*) FROM list_entries") == [(1,)]


def test_what_is_replaced_is_swept_in_batches_and_what_is_in_force_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.operations.lists.sweep_lists._BATCH", 100)
    monkeypatch.setattr("orchestrator.operations.lists.sweep_lists._BATCHES_AT_ONCE", 5)
    list_id = make(world)
    load_file(world, list_id, io.BytesIO(rows(1_000)))
    load_file(world, list_id, io.BytesIO(rows(600, start=100)))

    swept = []
    while Work.LISTS in work(world):
        swept.append(sweep_lists(world.sql))

    assert len(swept) > 2 and max(swept) <= 500 and sum(swept) == 1_000
    assert world.query("SELECT count(*), min(number) FROM list_entries") == [(600, "+13122000100")]


def test_two_imports_at_once_leave_the_whole_of_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_BATCH", 200)
    list_id = make(world)
    files = {1: rows(3_000), 2: rows(2_000, start=50_000)}
    with ThreadPoolExecutor(2) as pool:
        sent = {n: pool.submit(_loaded, world, list_id, file) for n, file in files.items()}
        done = [each.result() for each in sent.values()]

    row = world.run(find_list, list_id)
    [(count, least)] = world.query("SELECT count(*), min(number) FROM list_entries WHERE content = :c", c=row.content)
    assert "done" in done and set(done) <= {"done", "older_content"}
    assert (count, least) in {(3_000, "+13122000000"), (2_000, "+13122050000")} and row.entries == count


def _loaded(world: World, list_id: str, file: bytes) -> str:
    try:
        load_file(world, list_id, io.BytesIO(file))
    except Conflict as err:
        return err.code
    return "done"


def test_the_import_that_was_sent_later_wins_however_long_the_earlier_takes(world: World) -> None:
    list_id = make(world)
    slow = Cut(rows(20_000), lambda: load(world, list_id, OTHER), world=world)

    with pytest.raises(Conflict) as refused:
        load_file(world, list_id, slow)

    assert refused.value.code == "older_content"
    assert (holds(world, OTHER), holds(world, "+13122000001")) == ([OTHER], [])


def test_who_is_put_on_the_list_while_a_file_is_read_stays_on_it(world: World) -> None:
    list_id = make(world)
    add(world, list_id, "+13122000009")

    def meanwhile() -> None:
        add(world, list_id, PHONE, "+1900*")
        world.run(delete_entry, list_id, "+13122000009", because="wrong number")

    done = load_file(world, list_id, Cut(rows(20_000), meanwhile, world=world))

    assert done.changed_since == 3
    assert [holds(world, phone) for phone in (PHONE, "+19005551212", "+13122000009")] == [[PHONE], ["+1900*"], []]
    assert world.run(find_list, list_id).entries == 20_001


def test_a_list_that_is_deleted_while_a_file_is_read_stays_deleted(world: World) -> None:
    list_id = make(world)

    with pytest.raises((Conflict, NotFound)):
        load_file(world, list_id, Cut(rows(20_000), lambda: world.run(delete_list, list_id, because=None), world=world))

    sweep_lists(world.sql)
    assert world.query("SELECT count(*) FROM list_entries") == [(0,)]


def test_a_file_of_a_hundred_thousand_rows_is_read_in_flat_memory(world: World) -> None:
    list_id = make(world)
    file = io.BytesIO(rows(100_000))
    tracemalloc.start()
    try:
        done = load_file(world, list_id, file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (done.accepted, done.row.entries) == (100_000, 100_000)
    assert peak < 12 * 1024**2


# -- against a model -----------------------------------------------------------------------------------------------

_digits = st.text("23", min_size=1, max_size=5).map(lambda tail: f"+1312{tail}")
_entries = st.lists(st.one_of(_digits.map(lambda d: f"{d:0<12}"), _digits.map(lambda d: f"{d}*")), max_size=6)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=_entries, phones=st.lists(_digits.map(lambda d: f"{d:0<12}"), min_size=1, max_size=6, unique=True))
def test_a_number_is_on_a_list_if_an_entry_is_the_number_or_its_beginning(
    world: World, entries: list[str], phones: list[str]
) -> None:
    name = new_id("lch")
    list_id = make(world, name)
    if entries:
        add(world, list_id, *entries)
    campaign_id = world.campaign(lists={**NAMED, "suppress": ["global", name]}, caps={"per_number_24h": 10_000})
    contacts = {phone: world.contact(campaign_id, phone=phone) for phone in phones}

    call_ids = world.claim(campaign_id)
    world.execute("UPDATE calls SET state = 'withdrawn'")

    kept_out = {phone for phone, contact in contacts.items() if status(world, contact)[0] == "suppressed"}
    assert kept_out == {p for p in phones if any(e in (p, p[: len(e) - 1] + "*") for e in entries)}
    assert len(call_ids) == len(phones) - len(kept_out)
