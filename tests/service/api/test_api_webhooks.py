"""The webhook door: what is the carrier's gets in, what is not stays out, and nothing is lost while Redis is away."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
import requests
from nacl.signing import SigningKey

from api.app import create_app
from api.door import create_door, door_service
from orchestrator.services import Services
from orchestrator.settings import Settings
from orchestrator.store.redis.keys import Keys
from tests.support.front_here import front_here
from tests.support.full_memory import full_memory
from tests.support.rest import Rest

SIGNER = SigningKey(bytes(range(32)))
EVENT = orjson.dumps({"data": {"id": "e-1", "event_type": "call.initiated", "payload": {}}})


NEW_SIGNER = SigningKey(bytes(range(32, 64)))


def _public(*signers: SigningKey) -> str:
    return ",".join(base64.b64encode(signer.verify_key.encode()).decode() for signer in signers)


class Served:
    """The server as it is really run, before the webhook endpoint alone."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def request(
        self, method: str, path: str, *, data: bytes, headers: dict[str, str], content_type: str
    ) -> requests.Response:
        sent = {**headers, "Content-Type": content_type}
        return requests.request(method, self._url + path, data=data, headers=sent, timeout=60)


Door = Rest | Served


@contextmanager
def _served(services: Services) -> Iterator[Served]:
    app, gate, limits, in_loop, *_ = door_service(services)
    with front_here(app, limits, gate=gate, in_loop=in_loop) as (port, _):
        yield Served(port)


@pytest.fixture(params=["door", "api", "served"])
def door(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Door]:
    services = Services(settings=settings.model_copy(update={"telnyx_public_key": _public(SIGNER)}))
    if request.param == "served":
        with _served(services) as server:
            yield server
    else:
        yield Rest(create_door(services) if request.param == "door" else create_app(services))
    services.close()


def _signed(body: bytes, *, age_s: int = 0, signer: SigningKey = SIGNER) -> dict[str, str]:
    timestamp = str(int(time.time()) - age_s)
    signature = base64.b64encode(signer.sign(f"{timestamp}|".encode() + body).signature).decode()
    return {"telnyx-timestamp": timestamp, "telnyx-signature-ed25519": signature, "Authorization": ""}


def _send(door: Door, body: bytes, *, age_s: int = 0, signer: SigningKey = SIGNER, **headers: str) -> int:
    sent = {**_signed(body, age_s=age_s, signer=signer), **headers}
    answered = door.request("POST", "/webhooks/telnyx", data=body, headers=sent, content_type="application/json")
    return int(answered.status_code)


def test_an_event_of_the_carrier_is_on_disk_when_it_is_answered(door: Door, services: Services) -> None:
    status = _send(door, EVENT)

    assert status == 200
    ((_, fields),) = services.redis.xrange(Keys().events)
    assert fields == {b"raw": EVENT}


def test_an_unknown_type_is_taken_too(door: Door, services: Services) -> None:
    unknown = orjson.dumps({"data": {"id": "e-2", "event_type": "call.levitated", "payload": {}}})

    assert _send(door, unknown) == 200
    assert services.redis.xlen(Keys().events) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"data": {}}', b'{"data": {"id": 1}}', b"\xff"])
def test_what_is_no_event_is_refused(door: Door, services: Services, body: bytes) -> None:
    assert _send(door, body) == 400
    assert services.redis.xlen(Keys().events) == 0


def test_a_bad_signature_is_refused(door: Door, services: Services) -> None:
    statuses = [
        _send(door, EVENT, **{"telnyx-signature-ed25519": "no"}),
        _send(door, EVENT, **{"telnyx-signature-ed25519": ""}),
        _send(door, EVENT, **{"telnyx-timestamp": ""}),
    ]

    assert statuses == [403] * 3
    assert services.redis.xlen(Keys().events) == 0


def test_what_only_a_newer_key_can_have_signed_is_asked_for_again(door: Door, services: Services) -> None:
    assert _send(door, EVENT, signer=NEW_SIGNER) == 503
    assert services.redis.xlen(Keys().events) == 0


@pytest.mark.parametrize("age_s", [400, -400])
def test_a_key_that_is_not_known_gets_no_more_time_than_one_that_is(door: Door, age_s: int) -> None:
    assert _send(door, EVENT, age_s=age_s, signer=NEW_SIGNER) == 403


def test_while_a_key_is_replaced_both_open_the_door(settings: Settings) -> None:
    both = Services(settings=settings.model_copy(update={"telnyx_public_key": _public(SIGNER, NEW_SIGNER)}))
    rest = Rest(create_door(both))

    statuses = [_send(rest, EVENT, signer=signer) for signer in (SIGNER, NEW_SIGNER, SigningKey.generate())]

    assert statuses == [200, 200, 503]
    assert both.redis.xlen(Keys().events) == 2
    both.close()


def test_a_flood_of_forged_webhooks_is_told_to_the_log_once_a_minute(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    statuses = {_send(door, EVENT, signer=NEW_SIGNER) for _ in range(20)}

    told = [record for record in caplog.records if "TELNYX_PUBLIC_KEY" in record.getMessage()]
    assert (statuses, len(told)) == ({503}, 1)


@pytest.mark.parametrize("age_s", [400, -400])
def test_a_time_outside_five_minutes_is_refused(door: Door, age_s: int) -> None:
    assert _send(door, EVENT, age_s=age_s) == 403


def test_a_megabyte_is_refused_unread(door: Door, services: Services) -> None:
    assert _send(door, b'{"data": "' + b"x" * 1_048_576 + b'"}') == 413
    assert services.redis.xlen(Keys().events) == 0


def test_without_redis_the_carrier_is_asked_to_try_again(settings: Settings, free_port: int) -> None:
    public = base64.b64encode(SIGNER.verify_key.encode()).decode()
    update = {"telnyx_public_key": public, "redis_url": f"redis://127.0.0.1:{free_port}/0"}
    services = Services(settings=settings.model_copy(update=update))

    with _served(services) as server:
        assert [_send(Rest(create_door(services)), EVENT), _send(server, EVENT)] == [503, 503]
    services.close()


def test_without_a_public_key_the_door_says_what_to_set(services: Services) -> None:
    asked: dict[str, Any] = {"data": EVENT, "headers": _signed(EVENT), "content_type": "application/json"}

    refused = Rest(create_door(services)).request("POST", "/webhooks/telnyx", **asked)
    with _served(services) as server:
        refused_there = server.request("POST", "/webhooks/telnyx", **asked)

    assert refused.status_code == refused_there.status_code == 503
    assert "TELNYX_PUBLIC_KEY" in refused.json["detail"] and refused.json == refused_there.json()


def test_r11_the_door_is_shut_before_the_memory_is_full(door: Door, services: Services) -> None:
    with full_memory(services.redis, share=0.85):
        assert _send(door, EVENT) == 503
        assert services.redis.xlen(Keys().events) == 0


def test_an_event_that_redis_refuses_is_asked_for_again(door: Door, services: Services) -> None:
    services.redis.set(Keys().events, "no stream")

    assert _send(door, EVENT) == 503


def test_in_the_loop_a_webhook_is_answered_as_it_is_in_the_application(settings: Settings) -> None:
    services = Services(settings=settings.model_copy(update={"telnyx_public_key": _public(SIGNER)}))
    sent = [
        {"data": body, "headers": _signed(EVENT, signer=signer), "content_type": "application/json"}
        for body, signer in ((EVENT, SIGNER), (EVENT, NEW_SIGNER), (b"{}", SIGNER))
    ] + [{"data": b"{}", "headers": _signed(b"{}"), "content_type": "application/json"}]

    in_app = [Rest(create_door(services)).request("POST", "/webhooks/telnyx", **each) for each in sent]
    with _served(services) as server:
        in_loop = [server.request("POST", "/webhooks/telnyx", **each) for each in sent]

    for there, here in zip(in_app, in_loop, strict=True):
        assert (there.status_code, there.data) == (here.status_code, here.content)
        assert dict(there.headers).items() <= dict(here.headers).items()
    services.close()
