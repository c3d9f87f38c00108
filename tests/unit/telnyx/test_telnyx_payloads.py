"""Payloads of every webhook type: read whole, read in part, and read whatever came of them on the way."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from telnyx import Telnyx

from orchestrator.flow.vocabulary import EVENT_FIELDS, TARGET, event_name
from orchestrator.telnyx.event_types import EventType
from orchestrator.telnyx.outcomes import GatherStatus, HangupCause
from orchestrator.telnyx.payloads import (
    PAYLOADS,
    CallAnswered,
    CallCost,
    CallDequeued,
    CallEnqueued,
    CallHungUp,
    CallInitiated,
    DtmfReceived,
    GatherEnded,
    Payload,
    RecordingSaved,
    ReferFailed,
    Transcription,
    read_payload,
)
from orchestrator.telnyx.payloads.legs import Direction
from orchestrator.telnyx.payloads.queues import DequeueReason
from tests.support.payloads import unread
from tests.unit.telnyx.carrier_payloads import IDS, WHOLE

# Fields that real webhooks carry and the SDK's models do not name.
_MET = {
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

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _wire_names(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _told_to_the_sdk(event_type: str) -> Any:
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


def test_every_event_type_has_its_payload_and_its_example() -> None:
    assert set(PAYLOADS) == set(WHOLE) == set(EventType)
    assert len(PAYLOADS) == 39


@pytest.mark.parametrize("event_type", WHOLE)
def test_a_whole_payload_is_read_field_by_field(event_type: str) -> None:
    read = read_payload(event_type, WHOLE[event_type])

    assert type(read) is PAYLOADS[event_type]
    assert unread(event_type, WHOLE[event_type]) == []


@pytest.mark.parametrize("event_type", WHOLE)
def test_an_empty_payload_is_read_as_one_that_tells_nothing(event_type: str) -> None:
    read = read_payload(event_type, {})

    assert set(read.__dict__.values()) == {None}


@pytest.mark.parametrize("event_type", WHOLE)
def test_nulls_everywhere_are_read(event_type: str) -> None:
    read = read_payload(event_type, dict.fromkeys(WHOLE[event_type]))

    assert set(read.__dict__.values()) == {None}


@pytest.mark.parametrize("event_type", WHOLE)
def test_a_payload_is_frozen(event_type: str) -> None:
    read = read_payload(event_type, WHOLE[event_type])

    with pytest.raises(ValidationError, match="frozen"):
        read.client_state = "other"


@pytest.mark.parametrize("event_type", WHOLE)
def test_the_official_sdk_knows_the_type_and_its_fields(event_type: str) -> None:
    data = _told_to_the_sdk(event_type)
    theirs = type(data.payload)

    assert data.event_type == event_type
    assert _wire_names(theirs) <= _wire_names(PAYLOADS[event_type])
    assert set(WHOLE[event_type]) - _wire_names(theirs) == _MET.get(event_type, set())


@pytest.mark.parametrize("event_type", WHOLE)
def test_ours_and_the_sdk_read_the_same_texts(event_type: str) -> None:
    ours = read_payload(event_type, WHOLE[event_type])

    theirs = _told_to_the_sdk(event_type).payload

    texts = {name for name, value in WHOLE[event_type].items() if isinstance(value, str)} - {"from"}
    for name in texts & _wire_names(type(theirs)):
        mine, other = getattr(ours, name), getattr(theirs, name)
        assert mine == other or (isinstance(mine, Decimal) and mine == Decimal(other))


@pytest.mark.parametrize("event_type", WHOLE)
def test_what_a_flow_may_ask_of_an_event_is_in_its_payload(event_type: str) -> None:
    event = event_name(event_type)
    asked = EVENT_FIELDS.get(event, frozenset()) | EVENT_FIELDS.get(TARGET + event, frozenset())

    assert asked <= _wire_names(PAYLOADS[event_type])


def test_numbers_come_as_text_and_texts_as_numbers() -> None:
    refused = read_payload("call.refer.failed", {"sip_notify_response": "603"})
    waiting = read_payload("call.enqueued", {"current_position": "3", "queue_avg_wait_time_secs": "42"})
    pressed = read_payload("call.dtmf.received", {"digit": 7})
    over = read_payload("call.hangup", {"sip_hangup_cause": 486, "connection_id": 2876500012345678901})
    heard = read_payload("call.transcription", {"transcription_data": {"confidence": "0.97", "is_final": "true"}})
    cost = read_payload("call.cost", {"total_cost": 0.5, "billed_duration_secs": "60"})

    assert isinstance(refused, ReferFailed) and refused.sip_notify_response == 603
    assert isinstance(waiting, CallEnqueued)
    assert (waiting.current_position, waiting.queue_avg_wait_time_secs) == (3, 42)
    assert isinstance(pressed, DtmfReceived) and pressed.digit == "7"
    assert isinstance(over, CallHungUp)
    assert (over.sip_hangup_cause, over.connection_id) == ("486", "2876500012345678901")
    assert isinstance(heard, Transcription) and heard.transcription_data is not None
    assert (heard.transcription_data.confidence, heard.transcription_data.is_final) == (0.97, True)
    assert isinstance(cost, CallCost) and (cost.total_cost, cost.billed_duration_secs) == (Decimal("0.5"), 60)


def test_words_of_a_closed_set_are_its_members() -> None:
    ringing = read_payload("call.initiated", WHOLE["call.initiated"])
    over = read_payload("call.hangup", WHOLE["call.hangup"])
    left = read_payload("call.dequeued", WHOLE["call.dequeued"])

    assert isinstance(ringing, CallInitiated) and ringing.direction is Direction.OUTGOING
    assert isinstance(over, CallHungUp) and over.hangup_cause is HangupCause.NORMAL_CLEARING
    assert isinstance(left, CallDequeued) and left.reason is DequeueReason.BRIDGING


def test_a_word_that_is_newer_than_this_release_stays_text() -> None:
    over = read_payload("call.hangup", {"hangup_cause": "solar_flare"})
    gathered = read_payload("call.gather.ended", {"status": "shouted", "digits": "1"})

    assert isinstance(over, CallHungUp) and over.hangup_cause == "solar_flare"
    assert isinstance(gathered, GatherEnded) and (gathered.status, gathered.digits) == ("shouted", "1")
    assert gathered.status not in set(GatherStatus)


def test_times_are_aware_and_unreadable_ones_none() -> None:
    good = read_payload("call.answered", {"start_time": "2026-03-02T15:04:00.118204Z"})
    naive = read_payload("call.answered", {"start_time": "2026-03-02T15:04:00"})
    bad = read_payload("call.answered", {"start_time": "yesterday", "codec": "PCMU"})

    assert isinstance(good, CallAnswered) and isinstance(naive, CallAnswered) and isinstance(bad, CallAnswered)
    assert good.start_time == datetime(2026, 3, 2, 15, 4, 0, 118204, tzinfo=UTC)
    assert naive.start_time == datetime(2026, 3, 2, 15, 4, tzinfo=UTC)
    assert (bad.start_time, bad.codec) == (None, "PCMU")


def test_what_nobody_announced_is_kept() -> None:
    read = read_payload("call.answered", {**IDS, "colour": {"hue": [1, 2]}})

    assert read.model_extra == {"colour": {"hue": [1, 2]}}


def test_a_type_that_is_newer_than_this_release_is_kept_whole() -> None:
    read = read_payload("call.teleported", {**IDS, "from": "+13125550142", "to_planet": "Mars"})

    assert type(read) is Payload
    assert (read.call_control_id, read.from_, read.model_extra) == ("v3:leg", "+13125550142", {"to_planet": "Mars"})


def test_what_is_no_object_in_a_list_of_them_is_left_out() -> None:
    read = read_payload("call.answered", {"custom_headers": ["x", {"name": "X-A", "value": 1}, None]})

    assert isinstance(read, CallAnswered) and read.custom_headers is not None
    assert [(header.name, header.value) for header in read.custom_headers] == [("X-A", "1")]


def test_a_recording_without_links_is_read() -> None:
    read = read_payload("call.recording.saved", {"public_recording_urls": {}, "recording_urls": None})

    assert isinstance(read, RecordingSaved) and read.recording_urls is None
    assert read.public_recording_urls is not None and read.public_recording_urls.mp3 is None


@given(event_type=st.sampled_from(sorted(WHOLE)) | st.text(max_size=20), payload=st.dictionaries(st.text(), ANY_JSON))
def test_any_object_is_read(event_type: str, payload: dict[str, Any]) -> None:
    read = read_payload(event_type, payload)

    assert set(payload) - _wire_names(type(read)) == set(read.model_extra or {})


@given(st.data())
def test_what_was_not_mangled_is_read_as_ever(data: st.DataObject) -> None:
    event_type = data.draw(st.sampled_from(sorted(WHOLE)))
    whole = WHOLE[event_type]
    mangled = data.draw(st.dictionaries(st.sampled_from(sorted(whole)), ANY_JSON))
    gone = data.draw(st.sets(st.sampled_from(sorted(whole))))
    sent = {name: value for name, value in {**whole, **mangled}.items() if name not in gone}

    read = read_payload(event_type, sent)

    expected = read_payload(event_type, whole)
    names = {field.alias or name: name for name, field in type(read).model_fields.items()}
    for name in whole.keys() - mangled.keys() - gone:
        assert getattr(read, names[name]) == getattr(expected, names[name])
