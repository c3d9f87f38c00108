"""The webhook door: what is the carrier's gets in, what is not stays out, and nothing is lost while Redis is away."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator

import orjson
import pytest
from nacl.signing import SigningKey

from api.app import create_app, create_door
from api.webhooks import express
from orchestrator.settings import Settings
from orchestrator.store.keys import Keys
from orchestrator.wiring import House
from tests.support.rest import Rest

SIGNER = SigningKey(bytes(range(32)))
EVENT = orjson.dumps({"data": {"id": "e-1", "event_type": "call.initiated", "payload": {}}})


@pytest.fixture(params=["door", "api", "express"])
def door(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Rest]:
    public = base64.b64encode(SIGNER.verify_key.encode()).decode()
    house = House(settings=settings.model_copy(update={"telnyx_public_key": public}))
    app = create_door(house) if request.param == "door" else create_app(house)
    if request.param == "express":
        app.wsgi_app = express(house, app.wsgi_app)  # type: ignore[method-assign]
    yield Rest(app)
    house.close()


def _send(door: Rest, body: bytes, *, age_s: int = 0, signer: SigningKey = SIGNER, **headers: str) -> int:
    timestamp = str(int(time.time()) - age_s)
    signature = base64.b64encode(signer.sign(f"{timestamp}|".encode() + body).signature).decode()
    sent = {"telnyx-timestamp": timestamp, "telnyx-signature-ed25519": signature, "Authorization": "", **headers}
    answered = door.request("POST", "/webhooks/telnyx", data=body, headers=sent, content_type="application/json")
    return answered.status_code


def test_an_event_of_the_carrier_is_on_disk_when_it_is_answered(door: Rest, house: House) -> None:
    status = _send(door, EVENT)

    assert status == 200
    ((_, fields),) = house.redis.xrange(Keys().events)
    assert fields == {b"raw": EVENT}


def test_an_unknown_type_is_taken_too(door: Rest, house: House) -> None:
    unknown = orjson.dumps({"data": {"id": "e-2", "event_type": "call.levitated", "payload": {}}})

    assert _send(door, unknown) == 200
    assert house.redis.xlen(Keys().events) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"data": {}}', b'{"data": {"id": 1}}', b"\xff"])
def test_what_is_no_event_is_refused(door: Rest, house: House, body: bytes) -> None:
    assert _send(door, body) == 400
    assert house.redis.xlen(Keys().events) == 0


def test_a_bad_signature_is_refused(door: Rest, house: House) -> None:
    statuses = [
        _send(door, EVENT, signer=SigningKey.generate()),
        _send(door, EVENT, **{"telnyx-signature-ed25519": "no"}),
        _send(door, EVENT, **{"telnyx-signature-ed25519": ""}),
        _send(door, EVENT, **{"telnyx-timestamp": ""}),
    ]

    assert statuses == [403] * 4
    assert house.redis.xlen(Keys().events) == 0


@pytest.mark.parametrize("age_s", [400, -400])
def test_a_time_outside_five_minutes_is_refused(door: Rest, age_s: int) -> None:
    assert _send(door, EVENT, age_s=age_s) == 403


@pytest.mark.parametrize("door", ["door", "api"], indirect=True)  # the short way has its bound in front of it
def test_a_megabyte_is_refused_unread(door: Rest, house: House) -> None:
    assert _send(door, b'{"data": "' + b"x" * 1_048_576 + b'"}') == 413
    assert house.redis.xlen(Keys().events) == 0


def test_without_redis_the_carrier_is_asked_to_try_again(settings: Settings, free_port: int) -> None:
    public = base64.b64encode(SIGNER.verify_key.encode()).decode()
    update = {"telnyx_public_key": public, "redis_url": f"redis://127.0.0.1:{free_port}/0"}
    house = House(settings=settings.model_copy(update=update))

    assert _send(Rest(create_door(house)), EVENT) == 503
    house.close()


def test_without_a_public_key_the_door_says_what_to_set(house: House) -> None:
    rest = Rest(create_door(house))

    refused = rest.request("POST", "/webhooks/telnyx", data=EVENT, content_type="application/json")

    assert refused.status_code == 503 and "TELNYX_PUBLIC_KEY" in refused.json["detail"]
