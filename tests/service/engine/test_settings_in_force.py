"""What an installation sets is in force in every program that dials: in the engine that claims, in the worker too."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest

from orchestrator.settings import load_settings
from tests.support.carrier_stub import CarrierStub
from tests.support.world import World

PHONE = "+13125550177"


@pytest.fixture
def brought_up(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Return the world as the programs open it."""
    monkeypatch.setenv("ORCHESTRATOR_REDIS_URL", world.redis_url)
    load_settings.cache_clear()
    publish, tasks = importlib.import_module("workers.tasks.publish"), importlib.import_module("workers.tasks.tasks")
    monkeypatch.setattr(tasks, "_services", lambda: world.services)
    for remembered in (publish._broker, tasks._dialer):
        remembered.cache_clear()
    yield world
    publish._broker().close()
    for remembered in (publish._broker, tasks._dialer, load_settings):
        remembered.cache_clear()


def dialed_once(world: World) -> None:
    world.contact(world.campaign(), phone=PHONE)
    [call_id] = world.dispatcher.dispatch_calls()
    world.dialer.dial_call(call_id)
    world.hang_up(call_id)


def test_the_engine_holds_to_the_installations_caps(brought_up: World) -> None:
    world = brought_up
    dialed_once(world)
    world.set_caps(per_number_24h=1)
    contact_id = world.contact(world.campaign(), phone=PHONE)

    [loop] = importlib.import_module("workers.engine.__main__").dispatch_loops(world.services)
    loop.step()

    held = world.contact_row(contact_id)
    assert (held["status"], held["reason"]) == ("held", "number_day_limit")


def test_the_dial_worker_holds_to_the_installations_caps(brought_up: World, carrier: CarrierStub) -> None:
    world = brought_up
    dialed_once(world)
    world.contact(world.campaign(), phone=PHONE)
    [call_id] = world.dispatcher.dispatch_calls()
    world.set_caps(per_number_24h=1)

    importlib.import_module("workers.tasks.tasks").dial(call_id)

    assert len(carrier.dials) == 1
    assert world.contact_of(call_id)["reason"] == "number_day_limit"
