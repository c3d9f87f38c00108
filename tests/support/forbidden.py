"""The ways in which somebody comes not to be called any more, in mid-campaign; each is one step of a process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.clock import utc_now
from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.operations.contacts.record_consent import Revocation, record_revocation
from orchestrator.operations.contacts.suppress_number import suppress_number
from tests.support.lists import load, make
from tests.support.world import World

PHONES = ("+13125550111", "+13125550112")
"""Of those who are to be called; the first is the one who comes not to be called any more."""
LISTS = {"suppress": ["internal"], "registry": "auto", "allow": "agreed", "reassigned": "auto", "because": None}
_NOBODY = "+13125550199"


@dataclass(frozen=True)
class Way:
    """`take` is the step; `shows` finds something once it has been committed."""

    take: Callable[[World], Any]
    shows: str


def make_lists(world: World) -> None:
    """Make the lists that a campaign with LISTS goes by, on which everybody may be called."""
    load(world, make(world), _NOBODY)
    load(world, make(world, "agreed", "allow"), *PHONES, "+1312*")


def _replace(world: World, name: str, *entries: str) -> None:
    [(list_id,)] = world.query("SELECT id FROM lists WHERE name = :name", name=name)
    load(world, list_id, *entries)


def _revoke(world: World) -> None:
    said = {"phone": PHONES[0], "channel": "sms", "words": "STOP", "at": utc_now()}
    world.run(record_revocation, Revocation.model_validate(said))


def _cancel(world: World) -> None:
    [(contact_id,)] = world.query("SELECT id FROM contacts WHERE phone = :phone", phone=PHONES[0])
    world.run(change_contact, contact_id, ContactChange(status="canceled"))


WAYS: Mapping[str, Way] = {
    "opt out": Way(lambda world: world.run(suppress_number, PHONES[0], reason="asked"), "SELECT 1 FROM suppressions"),
    "revoke": Way(_revoke, "SELECT 1 FROM consent_events WHERE act = 'revoked'"),
    "replace the list": Way(
        lambda world: _replace(world, "internal", _NOBODY, PHONES[0]),
        "SELECT 1 FROM lists WHERE name = 'internal' AND version > 1",
    ),
    "shrink the allow list": Way(
        lambda world: _replace(world, "agreed", *PHONES[1:], "+1312555020*"),
        "SELECT 1 FROM lists WHERE name = 'agreed' AND version > 1",
    ),
    "cancel": Way(_cancel, "SELECT 1 FROM contacts WHERE status = 'canceled'"),
}
