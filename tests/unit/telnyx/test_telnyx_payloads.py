"""The table of the carrier's webhook fields against the official SDK's models, and what we read against the table."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel
from telnyx import Telnyx

from orchestrator.flow.engine import facts
from orchestrator.flow.vocabulary import EVENT_FIELDS, TARGET, event_name
from orchestrator.telnyx.event_types import DETECTION_ENDED, EventType
from tests.support.webhook_fields import FIELDS, unread
from tests.unit.telnyx.carrier_payloads import WHOLE

# Fields that real webhooks carry and the SDK's models do not name.
_NOT_IN_THE_SDK = {
    "call.initiated": {"calling_party_type", "from_sip_uri", "to_sip_uri"},
    "call.answered": {"calling_party_type", "codec", "sampling_rate", "stream_url", "stream_track"},
    "call.hangup": {"calling_party_type", "end_time", "telnyx_error"},
    "call.gather.ended": {"gather_id"},
    "call.speak.started": {"calling_party_type", "speak_id"},
    "call.speak.ended": {"calling_party_type", "speak_id"},
    "call.recording.saved": {
        "call_control_id",
        "calling_party_type",
        "recording_id",
        "format",
        "start_time",
        "end_time",
    },
}
# What the engine, the record and the transcript read of payloads, beside what a flow asks for.
_READ = {
    EventType.CALL_INITIATED: {"direction", "from", "to", "call_leg_id", "call_session_id"},
    EventType.CALL_HANGUP: {"hangup_cause", "hangup_source", "sip_hangup_cause", "telnyx_error"},
    **{detection: {"result"} for detection in sorted(DETECTION_ENDED)},
    EventType.RECORDING_SAVED: set(facts.RECORDING_FIELDS),
    EventType.RECORDING_ERROR: {"reason"},
    EventType.RECORDING_TRANSCRIBED: {"recording_id", "transcription_text"},
    EventType.TRANSCRIPTION: {"transcription_data"},
    EventType.CALL_COST: set(facts.COST_FIELDS),
}


def _wire_names(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _read_by_the_sdk(event_type: str) -> Any:
    envelope = {
        "data": {
            "record_type": "event",
            "event_type": event_type,
            "id": "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0",
            "occurred_at": "2026-05-04T10:00:02.123456Z",
            "payload": WHOLE[event_type],
        }
    }
    with Telnyx(api_key="none") as sdk:
        event = sdk.webhooks.unsafe_unwrap(json.dumps(envelope))
    # Reading webhooks, the SDK takes anything; its models are strict when they are asked by themselves.
    return type(event).model_validate(envelope).data


def test_every_event_type_has_its_fields_and_its_example() -> None:
    assert set(FIELDS) == set(WHOLE) == set(EventType)
    assert len(FIELDS) == 39


@pytest.mark.parametrize("event_type", WHOLE)
def test_every_field_of_a_whole_payload_is_in_the_table(event_type: str) -> None:
    assert unread(event_type, WHOLE[event_type]) == []


@pytest.mark.parametrize("event_type", WHOLE)
def test_the_official_sdk_knows_the_type_and_its_fields(event_type: str) -> None:
    data = _read_by_the_sdk(event_type)
    sdk_names = _wire_names(type(data.payload))

    assert data.event_type == event_type
    assert sdk_names <= FIELDS[event_type].keys()
    assert set(WHOLE[event_type]) - sdk_names == _NOT_IN_THE_SDK.get(event_type, set())


@pytest.mark.parametrize("event_type", WHOLE)
def test_the_sdk_reads_the_texts_that_we_keep(event_type: str) -> None:
    read = _read_by_the_sdk(event_type).payload

    texts = {name for name, value in WHOLE[event_type].items() if isinstance(value, str)} - {"from"}
    for name in texts & _wire_names(type(read)):
        assert str(getattr(read, name)) in {WHOLE[event_type][name], _as_the_sdk_prints(WHOLE[event_type][name])}


@pytest.mark.parametrize("event_type", WHOLE)
def test_what_a_flow_may_ask_of_an_event_is_in_its_payload(event_type: str) -> None:
    event = event_name(event_type)
    asked = EVENT_FIELDS.get(event, frozenset()) | EVENT_FIELDS.get(TARGET + event, frozenset())

    assert asked <= FIELDS[event_type].keys()


@pytest.mark.parametrize("event_type", _READ)
def test_what_we_read_of_an_event_is_in_its_payload(event_type: str) -> None:
    assert _READ[EventType(event_type)] <= FIELDS[event_type].keys()


@pytest.mark.parametrize(
    ("event_type", "payload", "unaccounted"),
    [
        ("call.teleported", {}, ["call.teleported"]),
        ("call.answered", {"colour": "red"}, ["colour"]),
        ("call.hangup", {"hangup_cause": "solar_flare"}, ["hangup_cause"]),
        ("call.hangup", {"call_quality_stats": {"inbound": {"mos": "loud"}}}, ["call_quality_stats"]),
        ("call.answered", {"start_time": "yesterday"}, ["start_time"]),
        ("call.answered", {"custom_headers": [{"name": 7}]}, ["custom_headers"]),
        ("call.refer.failed", {"sip_notify_response": "603"}, []),
        ("call.answered", {"start_time": None}, []),
    ],
)
def test_the_table_finds_what_it_does_not_account_for(
    event_type: str, payload: dict[str, Any], unaccounted: list[str]
) -> None:
    assert unread(event_type, payload) == unaccounted


def _as_the_sdk_prints(text: str) -> str:
    return text.replace("T", " ").replace("Z", "+00:00")
