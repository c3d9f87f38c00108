"""Lists at the gate: who is on one is not dialed, and an allow list lets be dialed those who are on it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.errors import NotFound
from orchestrator.ids import new_id
from orchestrator.operations.contacts.explain_contact import explain_contact
from orchestrator.operations.contacts.hang_up_suppressed import hang_up_suppressed
from orchestrator.operations.lists.change_entries import delete_entry
from orchestrator.store.sql.dial_ledger import lock_call
from tests.support.carrier_stub import Asked, CarrierStub, accepted_dial
from tests.support.lists import ALLOWING, NAMED, OTHER, PHONE, add, holds, load, make, status
from tests.support.poll import eventually, stays
from tests.support.world import World

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


def test_r9_an_entry_waits_for_a_send_that_is_being_judged(world: World) -> None:
    list_id = make(world)
    call_id = world.claimed_call(lists=NAMED)
    phone = world.call_row(call_id)["to_number"]

    with ThreadPoolExecutor(1) as pool:
        with world.sql.begin() as tx:  # as a send does: it has read the lists, and will go by what they were
            lock_call(tx, call_id)
            adding = pool.submit(add, world, list_id, phone)
            eventually(lambda: holds(world, phone))
            stays(lambda: not adding.done(), during=0.3)
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


@pytest.mark.parametrize(("on_opt_out", "is_hung_up"), [("hangup", True), ("finish", False)])
def test_a_phone_that_rings_is_hung_up_when_its_number_leaves_the_allow_list(
    world: World, carrier: CarrierStub, on_opt_out: str, is_hung_up: bool
) -> None:
    list_id = make(world, "agreed", "allow")
    add(world, list_id, PHONE, OTHER)
    campaign_id = world.campaign(lists=ALLOWING, on_opt_out=on_opt_out)
    for phone in (PHONE, OTHER):
        world.contact(campaign_id, phone=phone)
    ringing = {}
    for each in world.claim(campaign_id):
        world.dialer.dial_call(each)
        world.hear(each, "call.initiated")
        world.work(each)
        ringing[world.call_row(each)["to_number"]] = each

    world.run(delete_entry, list_id, PHONE, because="changed their mind")
    for each in ringing.values():
        world.work(each)

    assert [asked.path.split("/")[3] for asked in carrier.actions] == ([f"v3:{ringing[PHONE]}"] if is_hung_up else [])


@pytest.mark.parametrize("on", [{}, {"canceled": {"after": "1m"}}], ids=["no rule", "a rule"])
def test_who_leaves_the_allow_list_while_it_rings_is_held_until_it_comes_onto_it_again(
    world: World, on: dict[str, Any]
) -> None:
    list_id = make(world, "agreed", "allow")
    add(world, list_id, PHONE)
    campaign_id = world.campaign(lists=ALLOWING, retry={"max_attempts": 3, "on": on})
    contact_id = world.contact(campaign_id, phone=PHONE)
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    world.hear(call_id, "call.initiated")
    world.work(call_id)

    world.run(delete_entry, list_id, PHONE, because="changed their mind")
    world.work(call_id)
    world.hang_up(call_id, cause="originator_cancel")

    left = ("held", "not_on_allow_list")
    assert (status(world, contact_id), world.contact_row(contact_id)["attempts"]) == (left, 1)
    explained = world.run(explain_contact, contact_id, at=None).explanation
    assert (explained.verdict, explained.reason, explained.until) == ("hold", "not_on_allow_list", None)
    assert world.claim(campaign_id) == [] and status(world, contact_id) == left
    assert world.contact_row(contact_id)["due_at"] is None
    add(world, list_id, PHONE)
    assert len(world.claim(campaign_id)) == 1


def test_who_is_on_both_is_not_dialed(world: World) -> None:
    add(world, make(world, "agreed", "allow"), PHONE)
    add(world, make(world), "+1312*")
    campaign_id = world.campaign(lists={**ALLOWING, "suppress": ["global", "internal"]})
    contact = world.contact(campaign_id, phone=PHONE)

    assert world.claim(campaign_id) == [] and status(world, contact) == ("suppressed", "suppressed")


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
