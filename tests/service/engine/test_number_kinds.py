"""Contacts of the release before whose number is never dialed: they end with that reason, and nobody is rung."""

from __future__ import annotations

import pytest

from tests.support.carrier_stub import CarrierStub
from tests.support.world import World


@pytest.mark.parametrize("phone", ["+19005551212", "+12129761234", "+881612345678", "+449012345678", "+80812345678"])
def test_a_stored_contact_whose_number_is_never_dialed_ends_at_the_claim(
    world: World, carrier: CarrierStub, phone: str
) -> None:
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id, phone=phone)

    assert world.claim(campaign_id) == []

    row = world.contact_row(contact_id)
    assert (row["status"], row["reason"], row["due_at"]) == ("exhausted", "number_kind", None)
    assert carrier.dials == []


def test_an_attempt_of_the_release_before_is_taken_back_at_the_send(world: World, carrier: CarrierStub) -> None:
    call_id = world.claimed_call()
    contact_id = world.call_row(call_id)["contact_id"]
    world.execute("UPDATE contacts SET phone = '+19005551212'")
    world.execute("UPDATE calls SET to_number = '+19005551212'")

    world.dialer.dial_call(call_id)

    row = world.contact_row(contact_id)
    assert (row["status"], row["reason"]) == ("exhausted", "number_kind")
    assert (world.call_row(call_id)["state"], carrier.dials) == ("withdrawn", [])
