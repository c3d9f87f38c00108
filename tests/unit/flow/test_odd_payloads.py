"""Payloads of another shape than the carrier documents: nothing raises, and the state is read again as it was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.flow import load_flow
from orchestrator.model.call_end import end_of
from orchestrator.model.disposition import Disposition
from orchestrator.model.live_call import LiveCall
from orchestrator.model.recording import reported_recordings
from orchestrator.model.transcript import transcript_of
from tests.support.flows import BEGAN, GREETING, Line
from tests.unit.telnyx.carrier_payloads import WHOLE

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip

FLOW = load_flow(GREETING)


def _heard(event_type: str, payload: dict[str, Any]) -> LiveCall:
    line = Line(FLOW)
    line.hear("call.answered")
    line.hear("call.machine.premium.detection.ended", {"result": "human"})
    return line.hear(event_type, payload).call


def _assert_kept(call: LiveCall) -> None:
    assert LiveCall.model_validate_json(call.model_dump_json()) == call
    reported_recordings(call)


@pytest.mark.parametrize("event_type", WHOLE)
def test_an_empty_payload_and_one_of_nulls_are_taken(event_type: str) -> None:
    _assert_kept(_heard(event_type, {}))
    _assert_kept(_heard(event_type, dict.fromkeys(WHOLE[event_type])))
    assert transcript_of([{"type": event_type, "at": BEGAN, "payload": {}}]) == []


@given(event_type=st.sampled_from(sorted(WHOLE)) | st.text(max_size=20), payload=st.dictionaries(st.text(), ANY_JSON))
def test_any_object_is_taken(event_type: str, payload: dict[str, Any]) -> None:
    _assert_kept(_heard(event_type, payload))


@given(st.data())
def test_a_whole_payload_with_any_value_in_some_fields_is_taken(data: st.DataObject) -> None:
    event_type = data.draw(st.sampled_from(sorted(WHOLE)))
    whole = WHOLE[event_type]
    mangled = data.draw(st.dictionaries(st.sampled_from(sorted(whole)), ANY_JSON))

    call = _heard(event_type, {**whole, **mangled})

    _assert_kept(call)
    for name in {"hangup_cause", "hangup_source", "sip_hangup_cause"} & (whole.keys() - mangled.keys()):
        assert getattr(call, name) == whole[name]
    transcript_of([{"type": event_type, "at": BEGAN, "payload": {**whole, **mangled}}])


def test_a_number_in_a_field_of_text_is_text() -> None:
    line = Line(FLOW)

    call = line.hear("call.hangup", {"hangup_cause": "user_busy", "sip_hangup_cause": 486}).call

    assert call.sip_hangup_cause == "486"
    assert end_of(call).disposition is Disposition.BUSY


def test_an_empty_text_in_a_hangup_is_kept_and_an_empty_id_is_none() -> None:
    empty = dict.fromkeys(("hangup_cause", "hangup_source", "sip_hangup_cause", "call_leg_id", "call_session_id"), "")

    call = Line(FLOW).hear("call.hangup", empty).call

    assert (call.hangup_cause, call.hangup_source, call.sip_hangup_cause) == ("", "", "")
    assert (call.call_leg_id, call.call_session_id) == (None, None)


@pytest.mark.parametrize("nothing", ["", 0, False, [], {}])
def test_a_result_and_ids_that_hold_nothing_are_as_if_missing(nothing: Any) -> None:
    line = Line(FLOW)
    line.hear("call.answered", {"call_leg_id": nothing, "call_session_id": nothing})

    call = line.hear("call.machine.premium.detection.ended", {"result": nothing}).call

    assert (call.call_leg_id, call.call_session_id, call.amd_result) == (None, None, "not_sure")


def test_a_key_that_comes_as_a_number_meets_its_branch() -> None:
    call = _heard("call.gather.ended", {"digits": 1, "status": "valid"})

    assert (call.outcome, call.answers["confirmed"], call.step) == ("confirmed", True, "thanks")


def test_a_cause_that_is_newer_than_this_release_is_kept_and_counts_as_unspecified() -> None:
    call = Line(FLOW).hear("call.hangup", {"hangup_cause": "solar_flare", "sip_hangup_cause": "486"}).call

    assert call.hangup_cause == "solar_flare"
    assert end_of(call).disposition is Disposition.BUSY


def test_a_status_that_is_newer_than_this_release_meets_the_branch_for_all_other_cases() -> None:
    call = _heard("call.gather.ended", {"digits": "3", "status": "shouted"})

    assert (call.outcome, call.step) == ("heard", "greet")


@pytest.mark.parametrize(
    ("given_as", "read_as"), [("0.97", 0.97), (1, 1.0), ("high", None), (float("nan"), None), ([], None)]
)
def test_a_confidence_comes_as_number_or_text(given_as: Any, read_as: float | None) -> None:
    payload = {"transcription_data": {"transcript": 42, "is_final": "true", "confidence": given_as}}

    (utterance,) = transcript_of([{"type": "call.transcription", "at": BEGAN, "payload": payload}])

    assert (utterance.text, utterance.confidence) == ("42", read_as)
