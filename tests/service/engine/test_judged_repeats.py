"""Whoever forbids a dial waits for the repeat of one that is being judged by what held before (R9)."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from orchestrator.clock import rfc3339, utc_now
from orchestrator.operations.campaigns.cancel_campaign import cancel_campaign
from orchestrator.operations.campaigns.pause_campaign import pause_campaign
from orchestrator.operations.contacts.import_suppressions import SuppressionDefaults, suppress_many
from orchestrator.operations.contacts.record_consent import Revocation, record_revocation
from orchestrator.operations.contacts.suppress_number import suppress_number
from orchestrator.store.sql.dial_ledger import Send, lock_call, mark_over, mark_repeat
from tests.support.carrier_stub import CarrierStub
from tests.support.lists import NAMED, add, holds, make
from tests.support.poll import eventually, stays
from tests.support.world import World

Change = Callable[[World, str], object]


def _pause(world: World, call_id: str) -> object:
    return world.run(pause_campaign, world.call_row(call_id)["campaign_id"])


def _cancel(world: World, call_id: str) -> object:
    return world.run(cancel_campaign, world.call_row(call_id)["campaign_id"])


def _stop(world: World, _call_id: str) -> object:
    return world.stop_dialing()


def _suppress(world: World, call_id: str) -> object:
    return world.run(suppress_number, world.call_row(call_id)["to_number"], reason="asked")


def _suppress_file(world: World, call_id: str) -> object:
    file = io.BytesIO(f"phone\n{world.call_row(call_id)['to_number']}\n".encode())
    return world.run(suppress_many, file, SuppressionDefaults())


def _revoke(world: World, call_id: str) -> object:
    said = {"phone": world.call_row(call_id)["to_number"], "channel": "call", "words": "stop", "at": rfc3339(utc_now())}
    return world.run(record_revocation, Revocation.model_validate(said))


def _list(world: World, call_id: str) -> object:
    phone = world.call_row(call_id)["to_number"]
    return add(world, world.query("SELECT id FROM lists")[0].id, phone)


def _is_over(statement: str) -> Callable[[World, str], bool]:
    return lambda world, call_id: bool(world.query(f"SELECT 1 WHERE EXISTS ({statement})", call_id=call_id))


_OF_CALL = "(SELECT to_number FROM calls WHERE id = :call_id)"
_CHANGES: dict[str, tuple[Change, Callable[[World, str], Any]]] = {
    "pause": (_pause, _is_over("SELECT 1 FROM campaigns WHERE status = 'paused' AND :call_id <> ''")),
    "cancel": (_cancel, _is_over("SELECT 1 FROM campaigns WHERE status = 'canceled' AND :call_id <> ''")),
    "stop": (_stop, _is_over("SELECT 1 FROM installation WHERE dialing_stopped IS NOT NULL AND :call_id <> ''")),
    "suppression": (_suppress, _is_over(f"SELECT 1 FROM suppressions WHERE phone = {_OF_CALL}")),
    "file": (_suppress_file, _is_over(f"SELECT 1 FROM suppressions WHERE phone = {_OF_CALL}")),
    "revocation": (_revoke, _is_over(f"SELECT 1 FROM consent_events WHERE phone = {_OF_CALL}")),
    "list": (_list, lambda world, call_id: holds(world, world.call_row(call_id)["to_number"])),
}


@pytest.mark.parametrize("name", _CHANGES)
def test_r9_what_forbids_a_dial_waits_for_a_repeat_that_is_being_judged(
    world: World, carrier: CarrierStub, name: str
) -> None:
    change, has_committed = _CHANGES[name]
    make(world)
    carrier.dial = lambda _asked: (0, {})
    call_id = world.dialed_call(lists=NAMED)
    world.age_send(call_id, 16)

    with ThreadPoolExecutor(1) as pool:
        with world.sql.begin() as tx:  # as a repeat does: it has asked the gate, and will go by what it said
            lock_call(tx, call_id)
            changing = pool.submit(change, world, call_id)
            eventually(lambda: has_committed(world, call_id))
            stays(lambda: not changing.done(), during=0.3)
            assert mark_repeat(tx, call_id)
        stays(lambda: not changing.done(), during=0.3)  # the repeat is on its way now
        with world.sql.begin() as tx:
            mark_over(tx, Send(call_id, 2, world.call_row(call_id)))  # type: ignore[arg-type]  # a row it is
        changing.result(timeout=10)
