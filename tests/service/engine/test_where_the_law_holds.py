"""What the gate is told of where the law's hours must be open, at the claim and at the send."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.store.sql.dial_checks import gate_facts, read_facts, read_send_facts
from orchestrator.store.sql.dial_counts import Dials
from tests.support.world import World

SEATTLE, EASTERN, PACIFIC = "+12065550123", "America/New_York", "America/Los_Angeles"


@pytest.mark.parametrize(
    ("contact", "default", "keys"),
    [
        ({}, None, (PACIFIC, PACIFIC)),
        ({"timezone": EASTERN}, None, (EASTERN, f"{PACIFIC}|{EASTERN}")),
        ({"timezone": EASTERN, "timezone_source": "said"}, None, (EASTERN, f"{PACIFIC}|{EASTERN}")),
        ({"timezone": EASTERN, "timezone_source": "address"}, None, (EASTERN, EASTERN)),
        ({}, EASTERN, (PACIFIC, PACIFIC)),
        ({"phone": "+18005550123"}, EASTERN, (None, EASTERN)),  # no hour is closed in all of its 42 zones
    ],
)
def test_the_campaigns_window_follows_the_contact_and_the_law_the_number_too(
    world: World, contact: dict[str, Any], default: str | None, keys: tuple[str | None, str]
) -> None:
    hours = {"windows": [{"days": ["mon-sun"], "start": "00:00", "end": "24:00"}]}
    campaign_id = world.campaign(default_timezone=default, calling_hours=hours)
    contact_id = world.contact(campaign_id, **{"phone": SEATTLE, **contact})
    [call_id] = world.claim(campaign_id)

    with world.sql.connect() as tx:
        claimed = read_facts(tx, [contact_id], world.caps)[contact_id]
        [sent] = read_send_facts(tx, [call_id], world.caps)

    for row in (claimed, sent):
        facts = gate_facts(row, contact_status_ok=True, from_caller_id=Dials())
        assert facts.law_zone_key == keys[1]
        assert facts.zone_key == (keys[0] or facts.zone_key)
