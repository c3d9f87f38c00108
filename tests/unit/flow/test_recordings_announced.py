"""A recording that may begin before the call says so is found."""

from __future__ import annotations

import pytest

from orchestrator.flow import check_flow, load_flow
from orchestrator.flow.what_is_said import records_unannounced
from tests.support.flows import flow_text

SILENT = "steps: {first: {speak: {payload: a}, on: {call.speak.ended: bye}}, bye: {hangup: {}}}"
RECORDS = """
FIELDS
steps:
  first: {speak: {payload: "PAYLOAD"}, on: {call.speak.ended: record}}
  record: {record_start: {format: mp3, channels: single}, goto: talk}
  talk: {speak: {payload: a}, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""


@pytest.mark.parametrize(
    ("payload", "fields", "words"),
    [
        ("Hello. {{ recording_notice }}", "", None),
        ("Hello.", "", None),  # the engine says it before record_start
        ("Hello. {{ recording_notice }}", "recording_notice: never", "never says so"),
        ("Hello. {{ recording_notice }}", "dial: {record: record-from-answer}", "from the answer on"),
        ("Hello. {{ recording_notice }}", "inbound: record", "before it says so"),
        ("Hello. {{ recording_notice }}", "on: {call.dtmf.received: record}", "before it says so"),
    ],
)
def test_a_recording_that_begins_before_the_call_says_so_is_found(payload: str, fields: str, words: str | None) -> None:
    why = records_unannounced(load_flow(flow_text(RECORDS.replace("PAYLOAD", payload).replace("FIELDS", fields))))

    assert words in why if words and why else (why, words) == (None, None)


def test_a_flow_that_records_nothing_need_not_say_so() -> None:
    assert records_unannounced(load_flow(flow_text(SILENT))) is None


@pytest.mark.parametrize(
    ("fields", "warned"),
    [
        ("", False),
        ("recording_notice: never", False),
        ("inbound: record", True),
        ("dial: {record: record-from-answer}", True),
    ],
)
def test_the_check_warns_of_a_recording_that_nobody_is_told_of(fields: str, warned: bool) -> None:
    payload = "Hello. {{ recording_notice }}" if "inbound" in fields else "Hello."
    found = check_flow(flow_text(RECORDS.replace("PAYLOAD", payload).replace("FIELDS", fields)))

    assert (found.problems, len(found.warnings)) == ([], warned)
