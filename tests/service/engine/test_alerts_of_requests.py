"""Faults at the door: what the real server is asked and cannot do, until the alert for it is pending.

No engine runs here, so that webhooks which were taken lie in their stream, and may be late themselves.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import pytest
import requests
from nacl.signing import SigningKey

from api.service import rest_service
from orchestrator.services import Services
from tests.support.alert_watch import Watch, watch_of
from tests.support.front_here import front_here
from tests.support.full_memory import full_memory
from tests.support.served import SIGNER, signed
from tests.support.world import API_KEY, World

STRANGER = SigningKey(bytes(range(32, 64)))
SLOW_MS = 400
EVENT = orjson.dumps({"data": {"id": "e-1", "event_type": "call.initiated", "payload": {}}})
PUBLIC_KEY = base64.b64encode(SIGNER.verify_key.encode()).decode()


class Door:
    """The server as it is really run, in a thread of this process, and how it is asked."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, headers={"Authorization": f"Bearer {API_KEY}"}, timeout=30)

    def hear(self, *, signer: SigningKey = SIGNER) -> int:
        """Send it a webhook and return the status of its answer."""
        headers = {**signed(EVENT, signer=signer), "Content-Type": "application/json"}
        return requests.post(f"{self.url}/webhooks/telnyx", data=EVENT, headers=headers, timeout=30).status_code


@pytest.fixture
def services(world: World) -> Iterator[Services]:
    services = Services(settings=world.settings.model_copy(update={"telnyx_public_key": PUBLIC_KEY}))
    yield services
    services.close()


@contextmanager
def door_of(services: Services) -> Iterator[Door]:
    app, gate, limits, in_loop, *_ = rest_service(services)
    with front_here(app, limits, gate=gate, in_loop=in_loop) as (port, _):
        yield Door(port)


@pytest.fixture
def door(services: Services) -> Iterator[Door]:
    with door_of(services) as door:
        yield door


@pytest.fixture
def watch(services: Services, door: Door) -> Watch:
    watch = watch_of(services)
    door.hear()  # Prometheus sees no increase where a series begins
    watch.look()
    watch.forget()
    return watch


def test_webhooks_that_are_signed_with_a_key_of_nobody(door: Door, watch: Watch) -> None:
    assert {door.hear(signer=STRANGER) for _ in range(10)} == {503}
    watch.look()
    assert "WebhooksRefused" not in watch.pending()

    door.hear(signer=STRANGER)
    watch.look()

    assert "WebhooksRefused" in watch.pending()


def test_webhooks_that_find_the_memory_full(world: World, door: Door, watch: Watch) -> None:
    with full_memory(world.redis):
        assert door.hear() == 503
    watch.look()

    assert "WebhooksPutOff" in watch.pending()


def test_webhooks_of_a_store_that_is_slow(world: World, door: Door, watch: Watch) -> None:
    assert "ApiSlow" not in watch.pending()

    world.redis.client_pause(SLOW_MS)
    assert door.hear() == 200
    watch.look()

    assert "ApiSlow" in watch.pending()


def test_a_page_of_the_api_that_breaks(world: World, door: Door, watch: Watch) -> None:
    world.execute("ALTER TABLE flows RENAME TO flows_of_another_version")
    try:
        door.get("/v1/flows")
        watch.look()
        watch.forget()
        assert {door.get("/v1/flows").status_code for _ in range(6)} == {500}
        watch.look()
    finally:
        world.execute("ALTER TABLE flows_of_another_version RENAME TO flows")

    assert "ApiFails" in watch.pending()


def test_an_api_that_is_away(services: Services) -> None:
    watch = Watch(services)
    with door_of(services) as door:
        watch.read_from(door.url)
        assert "ApiAway" not in watch.pending()

    watch.read_from(door.url)

    assert watch.pending() == {"ApiAway"}
