"""Reading webhooks: every shape of the carrier's is read, whatever is no event is told so."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from telnyx import Telnyx

from orchestrator.errors import NotAnEvent
from orchestrator.telnyx.client_state import ClientState
from orchestrator.telnyx.event_types import DETECTION_ENDED, GREETING_ENDED, LATE_FACTS, EventType
from orchestrator.telnyx.events import Webhook, parse_webhook
from orchestrator.telnyx.timestamps import parse_timestamp

STATE = ClientState(call="call_01J", role="B")
IDS = {
    "call_control_id": "v3:leg",
    "call_leg_id": "0b2f3c52-55a1-11ef-8d1c-02420a0b1c21",
    "call_session_id": "0b2f3f1c-55a1-11ef-a0d4-02420a0b1c21",
    "client_state": STATE.encode(),
    "connection_id": "1234567890",
}
FORMS: dict[str, dict[str, Any]] = {
    "call.initiated": {"direction": "outgoing", "state": "bridging", "from": "+13125550100", "to": "+13125550101"},
    "call.answered": {"state": "answered", "start_time": "2026-05-04T10:00:01.000000Z"},
    "call.bridged": {"from": "+13125550100", "to": "+13125550101"},
    "call.hangup": {"hangup_cause": "user_busy", "hangup_source": "callee", "sip_hangup_cause": "486"},
    "call.dtmf.received": {"digit": "9"},
    "call.gather.ended": {"digits": "19", "status": "valid"},
    "call.speak.started": {},
    "call.speak.ended": {"status": "completed"},
    "call.playback.started": {"media_url": "https://cdn.example.test/a.mp3", "overlay": False},
    "call.playback.ended": {"status": "file_not_found", "status_detail": "404"},
    "call.machine.detection.ended": {"result": "not_sure"},
    "call.machine.greeting.ended": {"result": "ended"},
    "call.machine.premium.detection.ended": {"result": "human_business"},
    "call.machine.premium.greeting.ended": {"result": "no_beep_detected"},
    "call.recording.saved": {"recording_urls": {"mp3": "https://r.example.test/1.mp3"}, "channels": "dual"},
    "call.recording.error": {"reason": "Internal server error"},
    "call.cost": {"total_cost": "0.0040", "billed_duration_secs": 12, "status": "success"},
    "streaming.failed": {"failure_reason": "connection_failed", "stream_id": "s1"},
    "call.transcription": {"transcription_data": {"transcript": "Zażółć", "confidence": 0.9}},
    "call.something.new": {"shape": ["nobody", {"knows": True}]},
}


def _body(event_type: str = "call.answered", **changes: Any) -> dict[str, Any]:
    data = {
        "record_type": "event",
        "event_type": event_type,
        "id": "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0",
        "occurred_at": "2026-05-04T10:00:02.123456Z",
        "payload": {**IDS, **FORMS[event_type]},
    }
    return {"data": {**data, **changes}, "meta": {"attempt": 2, "delivered_to": "https://dialer.example.test/w"}}


def _read(document: Any) -> Webhook:
    return parse_webhook(json.dumps(document).encode())


@pytest.mark.parametrize("event_type", FORMS)
def test_every_form_is_read_whole(event_type: str) -> None:
    webhook = _read(_body(event_type))

    assert webhook.event_type == event_type
    assert webhook.payload == {**IDS, **FORMS[event_type]}
    assert webhook.occurred_at == datetime(2026, 5, 4, 10, 0, 2, 123456, tzinfo=UTC)
    assert (webhook.call_control_id, webhook.attempt, webhook.identity) == ("v3:leg", 2, STATE)


@pytest.mark.parametrize("event_type", sorted(set(FORMS) & set(EventType)))
def test_the_forms_are_those_of_the_official_sdk(event_type: str) -> None:
    with Telnyx(api_key="none") as sdk:
        event = sdk.webhooks.unsafe_unwrap(json.dumps(_body(event_type)))

    assert event.data is not None and event.data.event_type == event_type


def test_there_are_thirty_nine_event_types() -> None:
    assert len(EventType) == 39
    assert not (DETECTION_ENDED & GREETING_ENDED) and len(LATE_FACTS) == 4


def test_a_recording_has_no_control_id_and_is_still_ours() -> None:
    document = _body("call.recording.saved")
    del document["data"]["payload"]["call_control_id"]

    webhook = _read(document)

    assert webhook.call_control_id is None
    assert webhook.identity == STATE


@pytest.mark.parametrize("odd", ["v3:a\0b", "v3:a\n", "v3:" + "x" * 500, "", 7, None])
@pytest.mark.parametrize("name", ["call_control_id", "call_leg_id", "call_session_id"])
def test_what_no_store_takes_is_no_id(name: str, odd: Any) -> None:
    webhook = _read(_body(payload={**IDS, name: odd}))

    assert getattr(webhook, name) is None


@pytest.mark.parametrize("payload", [None, [], "text", 7])
def test_an_odd_payload_is_an_empty_one(payload: Any) -> None:
    webhook = _read(_body(payload=payload))

    assert webhook.payload == {}
    assert (webhook.call_control_id, webhook.client_state, webhook.identity) == (None, None, None)


@pytest.mark.parametrize("state", [None, 7, "", "aGVsbG8=", base64.b64encode(b"{}").decode()])
def test_a_strangers_state_is_no_identity(state: Any) -> None:
    webhook = _read(_body(payload={**IDS, "client_state": state}))

    assert webhook.identity is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-04T10:00:02Z", datetime(2026, 5, 4, 10, 0, 2, tzinfo=UTC)),
        ("2026-05-04T12:00:02+02:00", datetime(2026, 5, 4, 10, 0, 2, tzinfo=UTC)),
        ("2026-05-04T10:00:02", datetime(2026, 5, 4, 10, 0, 2, tzinfo=UTC)),
        ("2026-05-04T10:00:02.123456789Z", datetime(2026, 5, 4, 10, 0, 2, 123456, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1772463840, None),
    ],
)
def test_times_are_aware_or_absent(text: Any, moment: datetime | None) -> None:
    found = parse_timestamp(text)

    assert found == moment
    assert found is None or found.utcoffset() is not None


def test_a_missing_time_does_not_lose_the_event() -> None:
    document = _body()
    del document["data"]["occurred_at"]

    assert _read(document).occurred_at is None


def test_an_attempt_may_come_as_text() -> None:
    assert _read({**_body(), "meta": {"attempt": "3"}}).attempt == 3


@pytest.mark.parametrize("meta", [None, [], {}, {"attempt": "many"}, {"attempt": "9" * 5000}, {"attempt": [3]}])
def test_an_odd_meta_is_a_first_attempt(meta: Any) -> None:
    assert _read({**_body(), "meta": meta}).attempt == 1


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b'{"data":', "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"7", "not a JSON object"),
        (b"{}", "API version 2"),
        (b'{"data": []}', "API version 2"),
        (b'{"event_type": "call_initiated", "payload": {}}', "API version 2"),
        (b'{"data": {"event_type": "call.answered"}}', "data.id"),
        (b'{"data": {"id": "", "event_type": "call.answered"}}', "data.id"),
        (b'{"data": {"id": "1", "event_type": 7}}', "data.event_type"),
    ],
)
def test_a_body_that_is_no_event_is_refused_with_the_reason(raw: bytes, words: str) -> None:
    with pytest.raises(NotAnEvent, match=words):
        parse_webhook(raw)


def test_moments_of_two_zones_compare() -> None:
    early, late = parse_timestamp("2026-05-04T10:00:00Z"), parse_timestamp("2026-05-04T12:00:01+02:00")

    assert early is not None and late is not None
    assert late - early == timedelta(seconds=1)
