"""The webhook door: what is the carrier's gets in, what is not stays out, and nothing is lost while Redis is away."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator

import orjson
import pytest
from nacl.signing import SigningKey

from api.app import create_app, create_door
from api.resources.webhooks import express
from orchestrator.services import Services
from orchestrator.settings import Settings
from orchestrator.store.redis.keys import Keys
from tests.support.rest import Rest

SIGNER = SigningKey(bytes(range(32)))
EVENT = orjson.dumps({"data": {"id": "e-1", "event_type": "call.initiated", "payload": {}}})


NEW_SIGNER = SigningKey(bytes(range(32, 64)))


def _public(*signers: SigningKey) -> str:
    return ",".join(base64.b64encode(signer.verify_key.encode()).decode() for signer in signers)


@pytest.fixture(params=["door", "api", "express"])
def door(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Rest]:
    services = Services(settings=settings.model_copy(update={"telnyx_public_key": _public(SIGNER)}))
    app = create_door(services) if request.param == "door" else create_app(services)
    if request.param == "express":
        app.wsgi_app = express(app)  # type: ignore[method-assign]
    yield Rest(app)
    services.close()


def _send(door: Rest, body: bytes, *, age_s: int = 0, signer: SigningKey = SIGNER, **headers: str) -> int:
    timestamp = str(int(time.time()) - age_s)
    signature = base64.b64encode(signer.sign(f"{timestamp}|".encode() + body).signature).decode()
    sent = {"telnyx-timestamp": timestamp, "telnyx-signature-ed25519": signature, "Authorization": "", **headers}
    answered = door.request("POST", "/webhooks/telnyx", data=body, headers=sent, content_type="application/json")
    return answered.status_code


def test_an_event_of_the_carrier_is_on_disk_when_it_is_answered(door: Rest, services: Services) -> None:
    status = _send(door, EVENT)

    assert status == 200
    ((_, fields),) = services.redis.xrange(Keys().events)
    assert fields == {b"raw": EVENT}


def test_an_unknown_type_is_taken_too(door: Rest, services: Services) -> None:
    unknown = orjson.dumps({"data": {"id": "e-2", "event_type": "call.levitated", "payload": {}}})

    assert _send(door, unknown) == 200
    assert services.redis.xlen(Keys().events) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"data": {}}', b'{"data": {"id": 1}}', b"\xff"])
def test_what_is_no_event_is_refused(door: Rest, services: Services, body: bytes) -> None:
    assert _send(door, body) == 400
    assert services.redis.xlen(Keys().events) == 0


def test_a_bad_signature_is_refused(door: Rest, services: Services) -> None:
    statuses = [
        _send(door, EVENT, **{"telnyx-signature-ed25519": "no"}),
        _send(door, EVENT, **{"telnyx-signature-ed25519": ""}),
        _send(door, EVENT, **{"telnyx-timestamp": ""}),
    ]

    assert statuses == [403] * 3
    assert services.redis.xlen(Keys().events) == 0


def test_what_only_a_newer_key_can_have_signed_is_asked_for_again(door: Rest, services: Services) -> None:
    assert _send(door, EVENT, signer=NEW_SIGNER) == 503
    assert services.redis.xlen(Keys().events) == 0


@pytest.mark.parametrize("age_s", [400, -400])
def test_a_key_that_is_not_known_gets_no_more_time_than_one_that_is(door: Rest, age_s: int) -> None:
    assert _send(door, EVENT, age_s=age_s, signer=NEW_SIGNER) == 403


def test_while_a_key_is_replaced_both_open_the_door(settings: Settings) -> None:
    both = Services(settings=settings.model_copy(update={"telnyx_public_key": _public(SIGNER, NEW_SIGNER)}))
    rest = Rest(create_door(both))

    statuses = [_send(rest, EVENT, signer=signer) for signer in (SIGNER, NEW_SIGNER, SigningKey.generate())]

    assert statuses == [200, 200, 503]
    assert both.redis.xlen(Keys().events) == 2
    both.close()


def test_a_flood_of_forged_webhooks_is_told_to_the_log_once_a_minute(
    door: Rest, caplog: pytest.LogCaptureFixture
) -> None:
    statuses = {_send(door, EVENT, signer=NEW_SIGNER) for _ in range(20)}

    told = [record for record in caplog.records if "TELNYX_PUBLIC_KEY" in record.getMessage()]
    assert (statuses, len(told)) == ({503}, 1)


@pytest.mark.parametrize("age_s", [400, -400])
def test_a_time_outside_five_minutes_is_refused(door: Rest, age_s: int) -> None:
    assert _send(door, EVENT, age_s=age_s) == 403


@pytest.mark.parametrize("door", ["door", "api"], indirect=True)  # the short way has its bound in front of it
def test_a_megabyte_is_refused_unread(door: Rest, services: Services) -> None:
    assert _send(door, b'{"data": "' + b"x" * 1_048_576 + b'"}') == 413
    assert services.redis.xlen(Keys().events) == 0


def test_without_redis_the_carrier_is_asked_to_try_again(settings: Settings, free_port: int) -> None:
    public = base64.b64encode(SIGNER.verify_key.encode()).decode()
    update = {"telnyx_public_key": public, "redis_url": f"redis://127.0.0.1:{free_port}/0"}
    services = Services(settings=settings.model_copy(update=update))

    assert _send(Rest(create_door(services)), EVENT) == 503
    services.close()


def test_without_a_public_key_the_door_says_what_to_set(services: Services) -> None:
    rest = Rest(create_door(services))

    refused = rest.request("POST", "/webhooks/telnyx", data=EVENT, content_type="application/json")

    assert refused.status_code == 503 and "TELNYX_PUBLIC_KEY" in refused.json["detail"]
