"""What an installation sets is in force in every program that dials: in the engine that claims, in the worker too."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator
from contextlib import closing

import pytest

from orchestrator.services import open_services
from orchestrator.settings import load_settings
from tests.support.carrier_stub import CarrierStub
from tests.support.world import CONNECTION, World

PHONE = "+13125550177"


@pytest.fixture
def brought_up(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Return the world as the programs open it, by an environment that allows a number one dial a day."""
    environment = {
        "ORCHESTRATOR_REDIS_URL": world.redis_url,
        "ORCHESTRATOR_DATABASE_URL": world.database_url,
        "ORCHESTRATOR_CAP_PER_NUMBER_24H": "1",
        "TELNYX_API_KEY": "KEYtest",
        "TELNYX_BASE_URL": world.carrier_url,
        "TELNYX_CONNECTION_ID": CONNECTION,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    publish, tasks = importlib.import_module("workers.tasks.publish"), importlib.import_module("workers.tasks.tasks")
    remembered = (load_settings, publish._broker, tasks._services, tasks._dialer, tasks._dial_shifts)
    collected_after = gc.get_threshold()
    for each in remembered:
        each.cache_clear()
    yield world
    publish._broker().close()
    tasks._services().close()
    for each in remembered:
        each.cache_clear()
    gc.set_threshold(*collected_after)


def dialed_once(world: World) -> None:
    world.contact(world.campaign(), phone=PHONE)
    [call_id] = world.dispatcher.dispatch_calls()
    world.dialer.dial_call(call_id)
    world.hang_up(call_id)


def test_the_engine_holds_to_the_installations_caps(brought_up: World) -> None:
    world = brought_up
    dialed_once(world)
    contact_id = world.contact(world.campaign(), phone=PHONE)

    with closing(open_services(by_index=True)) as services:
        [loop] = importlib.import_module("workers.engine.__main__").dispatch_loops(services)
        loop.step()

    held = world.contact_row(contact_id)
    assert (held["status"], held["reason"]) == ("held", "number_day_limit")


def test_the_dial_worker_holds_to_the_installations_caps(brought_up: World, carrier: CarrierStub) -> None:
    world = brought_up
    dialed_once(world)
    world.contact(world.campaign(), phone=PHONE)
    [call_id] = world.dispatcher.dispatch_calls()

    importlib.import_module("workers.tasks.tasks").dial(call_id)

    assert len(carrier.dials) == 1
    assert world.contact_of(call_id)["reason"] == "number_day_limit"
