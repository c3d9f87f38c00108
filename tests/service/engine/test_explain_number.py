"""A number of no campaign is explained as the gate would judge it in a campaign with these caller ids and consents."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from orchestrator.clock import utc_now
from orchestrator.errors import InvalidInput
from orchestrator.operations.campaigns.explain_number import NumberToExplain, explain_number
from orchestrator.policy.hold_reasons import Reason
from tests.support.caller_id_pools import ONE, OTHER, history, pool, rest_number
from tests.support.dial_history import recorded
from tests.support.world import World

PHONE = "+13125550142"
ALWAYS = {"calling_hours": {"always": True, "because": "a test"}, "law": {"mode": "off", "because": "a test"}}
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def reason(world: World, **fields: Any) -> Reason | None:
    """Return what would keep the number from being dialed now."""
    asked = NumberToExplain.model_validate({"phone": PHONE, **ALWAYS, **fields})
    return world.run(explain_number, asked).explanation.reason


def test_the_numbers_countries_are_those_of_the_caller_ids(world: World) -> None:
    abroad = {"phone": "+442079460123"}

    assert reason(world, **abroad) is None
    assert reason(world, **abroad, caller_ids=[ONE]) is Reason.REGION_NOT_ALLOWED
    assert reason(world, **abroad, caller_ids=["+442079460999"]) is None
    assert reason(world, **abroad, caller_id_pool=pool(world, ONE)) is Reason.REGION_NOT_ALLOWED


def test_what_the_connection_dials_counts_for_every_number(world: World) -> None:
    world.campaign()
    world.execute("UPDATE connections SET dial_regions = '[\"CA\"]'")

    assert reason(world) is Reason.REGION_NOT_ALLOWED
    assert reason(world, caller_ids=[ONE]) is Reason.REGION_NOT_ALLOWED


def test_a_capped_caller_id_holds_once_all_are_full(world: World) -> None:
    world.set_caps(per_caller_id_24h=2)
    history(world, ONE, 2, ago=HOUR)

    assert reason(world, caller_ids=[ONE]) is Reason.CALLER_ID_QUOTA
    assert reason(world, caller_ids=[ONE, OTHER]) is None

    history(world, OTHER, 2, ago=HOUR, to=9998)

    assert reason(world, caller_ids=[ONE, OTHER]) is Reason.CALLER_ID_QUOTA
    assert reason(world) is None


def test_a_pool_holds_while_all_of_its_numbers_rest_or_are_full(world: World) -> None:
    pool_id = pool(world, ONE, OTHER, per_hour=1)
    rest_number(world, ONE, utc_now() + HOUR)

    assert reason(world, caller_id_pool=pool_id) is None

    history(world, OTHER, 1, ago=MINUTE)
    assert reason(world, caller_id_pool=pool_id) is Reason.CALLER_ID_QUOTA

    rest_number(world, OTHER, utc_now() + HOUR)
    assert reason(world, caller_id_pool=pool_id) is Reason.CALLER_ID_RESTING


def test_the_gap_that_is_left_out_is_the_one_that_a_new_campaign_would_have(world: World) -> None:
    recorded(world, hours_ago=1)

    assert reason(world) is Reason.NUMBER_GAP
    assert reason(world, number_gap="30m") is None
    assert reason(world, purpose="internal") is None


def test_a_pool_that_is_not_there_is_named(world: World) -> None:
    with pytest.raises(InvalidInput) as refused:
        reason(world, caller_id_pool="pool_nobody")

    assert [(error["pointer"], error["code"]) for error in refused.value.errors] == [
        ("/caller_id_pool", "unknown_pool")
    ]
