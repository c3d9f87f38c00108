"""The countries that a connection dials, and the kinds of numbers that a campaign dials: judged at claim and send."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from tests.support.carrier_stub import CarrierStub
from tests.support.world import World

US, CANADA, JAMAICA, TOLL_FREE, PREMIUM = "+12125550123", "+14165550123", "+18765550123", "+18005550123", "+19005551212"


def dial_only(world: World, regions: Sequence[str] | None) -> None:
    stored = None if regions is None else json.dumps(regions)
    world.execute("UPDATE connections SET dial_regions = CAST(:regions AS jsonb)", regions=stored)


def told(world: World, contact_id: str) -> tuple[str, str | None]:
    row = world.contact_row(contact_id)
    return row["status"], row["reason"]


NOT_DIALED = ("exhausted", "region_not_allowed")
DIALED = ("calling", None)


@pytest.mark.parametrize(
    ("caller_ids", "regions", "phone", "fate"),
    [
        (["+13125550100"], None, US, DIALED),
        (["+13125550100"], None, CANADA, NOT_DIALED),
        (["+13125550100"], None, JAMAICA, NOT_DIALED),
        (["+13125550100"], None, TOLL_FREE, DIALED),
        (["+13125550100", "+14165550100"], None, CANADA, DIALED),
        (["+14165550100"], None, US, NOT_DIALED),
        (["+18005550100"], None, CANADA, DIALED),
        (["+18005550100"], None, JAMAICA, NOT_DIALED),
        (["+13125550100"], ["US", "JM"], JAMAICA, DIALED),
        (["+13125550100"], ["CA"], US, NOT_DIALED),
        (["+442071234567"], None, "+447400123456", DIALED),
        (["+442071234567"], None, "+441534123456", NOT_DIALED),  # Jersey
    ],
)
def test_a_contact_is_dialed_in_the_countries_of_its_connection_or_else_of_the_caller_ids(
    world: World, caller_ids: list[str], regions: list[str] | None, phone: str, fate: tuple[str, str | None]
) -> None:
    dial_only(world, regions)
    campaign_id = world.campaign(caller_ids=caller_ids)
    contact_id = world.contact(campaign_id, phone=phone)

    world.claim(campaign_id)

    assert told(world, contact_id) == fate


def test_a_campaign_with_a_pool_dials_the_countries_of_its_numbers(world: World) -> None:
    world.execute(
        "INSERT INTO caller_id_pools (id, name, numbers, choose, per_day, per_hour, rest_s, health) VALUES ('pool_1',"
        """ 'p', '[{"number": "+13125550100"}, {"number": "+14165550100"}]', 'sticky', 75, 20, 86400, '{}')"""
    )
    campaign_id = world.campaign(caller_ids=[], caller_id_pool="pool_1")
    canadian, jamaican = (world.contact(campaign_id, phone=phone) for phone in (CANADA, JAMAICA))

    world.claim(campaign_id)

    assert (told(world, canadian), told(world, jamaican)) == (DIALED, NOT_DIALED)


def test_a_claimed_call_is_not_sent_to_a_country_that_is_dialed_no_more(world: World, carrier: CarrierStub) -> None:
    call_id = world.claimed_call()
    contact_id = world.call_row(call_id)["contact_id"]
    dial_only(world, ["CA"])

    world.dialer.dial_call(call_id)

    assert told(world, contact_id) == NOT_DIALED
    assert (world.call_row(call_id)["state"], carrier.dials) == ("withdrawn", [])


@pytest.mark.parametrize(
    ("phone", "kinds", "status"),
    [
        (PREMIUM, [], "exhausted"),
        (PREMIUM, ["shared_cost"], "exhausted"),
        (PREMIUM, ["shared_cost", "premium"], "calling"),
        ("+15005550123", ["personal"], "calling"),
        ("+1911", ["premium", "emergency"], "exhausted"),  # whoever wrote that into the column
    ],
)
def test_a_campaign_dials_the_kinds_that_it_allows(world: World, phone: str, kinds: list[str], status: str) -> None:
    campaign_id = world.campaign(allow_number_kinds=kinds)
    contact_id = world.contact(campaign_id, phone=phone)

    world.claim(campaign_id)

    assert world.contact_row(contact_id)["status"] == status


def test_a_kind_that_is_allowed_no_more_is_not_sent(world: World, carrier: CarrierStub) -> None:
    campaign_id = world.campaign(allow_number_kinds=["premium"])
    contact_id = world.contact(campaign_id, phone=PREMIUM)
    [call_id] = world.claim(campaign_id)
    world.execute("UPDATE campaigns SET allow_number_kinds = '[]'")

    world.dialer.dial_call(call_id)

    assert (told(world, contact_id), carrier.dials) == (("exhausted", "number_kind"), [])
