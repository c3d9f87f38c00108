"""A caller id that dials so often that it may be labelled as spam is told of: before the start, and while it dials."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from orchestrator.operations.campaigns.preflight_campaign import preflight_campaign
from tests.support.caller_id_pools import ONE, OTHER, history, pool, pooled
from tests.support.world import World

HOUR = timedelta(hours=1)


def campaign_of(world: World, *numbers: str, is_pooled: bool, **fields: Any) -> str:
    if is_pooled:
        return pooled(world, pool(world, *numbers), **fields)
    return world.campaign(caller_ids=list(numbers), **fields)


def warned(findings: Any) -> list[str]:
    return [each.detail for each in findings if each.code == "dials_per_caller_id"]


@pytest.mark.parametrize("is_pooled", [False, True])
@pytest.mark.parametrize(("hours_ago", "made"), [(1, 74), (25, 0)])
def test_what_a_caller_id_has_dialed_today_counts_before_the_start(
    world: World, hours_ago: float, made: int, is_pooled: bool
) -> None:
    """Seventy people are more than a number bears that has dialed seventy-four today."""
    history(world, ONE, 74, ago=hours_ago * HOUR)
    campaign_id = campaign_of(world, ONE, is_pooled=is_pooled, status="draft")
    world.contacts(campaign_id, 70)

    told = world.run(preflight_campaign, campaign_id, at=None)

    assert [each.dials_24h for each in told.caller_ids] == [made]
    assert [detail.partition(";")[0] for detail in warned(told.warnings)] == (
        ["70 dials for each caller id beside the 74 that one of them has made in the last 24 hours"] if made else []
    )


@pytest.mark.parametrize("is_pooled", [False, True])
@pytest.mark.parametrize(
    ("dials", "hours_ago", "is_warned_of"), [(75, 1, False), (76, 1, True), (200, 23, True), (200, 25, False)]
)
def test_the_statistics_warn_of_a_caller_id_that_dials_too_often(
    world: World, dials: int, hours_ago: float, is_warned_of: bool, is_pooled: bool
) -> None:
    history(world, ONE, dials, ago=hours_ago * HOUR)
    campaign_id = campaign_of(world, ONE, OTHER, is_pooled=is_pooled)

    told = warned(world.stats(campaign_id).warnings)

    assert len(told) == is_warned_of
    assert all(detail.startswith(f"1 of 2 caller ids, such as {ONE},") for detail in told)
