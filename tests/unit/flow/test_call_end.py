"""How a call ended, held against the table in the documentation: every cause, SIP status and answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest
from telnyx.types.call_hangup import Payload as CallHangupPayload

from orchestrator.model.call_end import CallEnd, end_of
from orchestrator.model.disposition import Disposition, Fault
from orchestrator.model.live_call import LiveCall
from orchestrator.telnyx.outcomes import HangupCause

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PAGE = Path(__file__).resolve().parents[3] / "docs" / "dispositions.md"

_OTHER = "any other, or none"
# Every status of RFC 3261 §21 and its extensions that a line may say, and what is none.
_SAID = (
    *map(str, (200, 202, 300, 301, 302, 400, 401, 402, 403, 404, 405, 406, 407, 408, 410, 413, 414, 415, 416, 420)),
    *map(str, (421, 422, 423, 424, 428, 433, 436, 437, 438, 469, 480, 481, 482, 483, 484, 485, 486, 487, 488, 489)),
    *map(str, (491, 493, 494, 500, 501, 502, 503, 504, 505, 513, 580, 600, 603, 604, 606, 607, 608)),
    "unspecified", "16", "17", "", "100", "180", "486 Busy Here", "SIP/2.0 503 Service Unavailable", "1486", None,
)  # fmt: skip
_CAUSES = (*(cause.value for cause in HangupCause), "solar_flare", "", None)
_CELLS = tuple(product(_CAUSES, _SAID))


def _documented() -> dict[str, dict[str, str]]:
    """Return the printed table: by cause and heading, what the call was."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    first = next(n for n, line in enumerate(lines) if line.startswith("| cause |"))
    headings = _cells(lines[first])
    rows = [_cells(line) for line in lines[first + 2 : first + 2 + len(HangupCause)]]
    return {row[0].strip("`"): dict(zip(headings[1:], row[1:], strict=True)) for row in rows}


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


TABLE = _documented()


def _heading(said: str | None) -> str:
    """Return the heading of the table that a SIP status stands under."""
    found = re.search(r"(?<!\d)\d{3}(?!\d)", said or "")
    status = found[0] if found else ""
    headings = next(iter(TABLE.values()))
    named = [name for name in headings if status in name.split() or name == f"{status[:1]}xx"]
    return named[0] if status and named else _OTHER


def _printed(end: CallEnd) -> str:
    return end.fault.value if end.fault else end.disposition.value


def ended(**known: Any) -> LiveCall:
    return LiveCall(call_id="call_1", phase="ended", ended_at=NOON, **known)


def test_the_printed_table_has_a_row_for_every_cause_the_carrier_has() -> None:
    assert set(TABLE) == {cause.value for cause in HangupCause}


@pytest.mark.parametrize(("cause", "said"), _CELLS)
def test_an_unanswered_call_is_what_the_printed_table_says(cause: str | None, said: str | None) -> None:
    row = TABLE.get(cause or "", TABLE["unspecified"])

    end = end_of(ended(hangup_cause=cause, sip_hangup_cause=said))

    assert _printed(end) == row[_heading(said)]


def test_an_answered_call_is_answered_whatever_its_hangup_says() -> None:
    answered = {
        end_of(ended(answered_at=NOON, amd_result=result, hangup_cause=cause, sip_hangup_cause=said))
        for (cause, said), result in product(_CELLS, (None, "machine"))
    }

    assert answered == {CallEnd(Disposition.ANSWERED), CallEnd(Disposition.MACHINE)}


def test_a_call_that_came_in_is_never_the_carriers_fault() -> None:
    ends = [end_of(ended(direction="incoming", hangup_cause=cause, sip_hangup_cause=said)) for cause, said in _CELLS]

    assert {end.fault for end in ends} == {None}


def test_an_end_that_was_only_assumed_says_nothing_of_who_was_reached() -> None:
    assumed = [ended(hangup_assumed=True, hangup_cause=cause, sip_hangup_cause=said) for cause, said in _CELLS]

    assert {end_of(call) for call in assumed} == {CallEnd(Disposition.UNKNOWN)}


@pytest.mark.parametrize(
    ("result", "disposition"),
    [
        ("human", "human"),
        ("human_residence", "human"),
        ("human_business", "human"),
        ("not_sure", "human"),
        ("silence", "human"),
        ("machine", "machine"),
        ("fax_detected", "fax"),
        ("something_new", "answered"),
    ],
)
def test_an_answered_call_is_judged_by_detection(result: str, disposition: str) -> None:
    assert end_of(ended(answered_at=NOON, amd_result=result, hangup_cause="normal_clearing")).disposition == disposition


@pytest.mark.parametrize(
    ("error", "end"),
    [
        ({"error_code": "D17"}, CallEnd(Disposition.FAILED, Fault.ACCOUNT)),
        ({"error_code": "D19"}, CallEnd(Disposition.FAILED, Fault.ACCOUNT)),
        ({"error_code": "10010", "detail": "Account disabled D17"}, CallEnd(Disposition.FAILED, Fault.ACCOUNT)),
        ({"error_code": "10009"}, CallEnd(Disposition.FAILED, Fault.ACCOUNT)),
        ({"error_code": "D1"}, CallEnd(Disposition.FAILED, Fault.CAPACITY)),
        ({"error_code": "90042"}, CallEnd(Disposition.FAILED, Fault.CAPACITY)),
        ({"error_code": "D13"}, CallEnd(Disposition.FAILED)),
        ({"code": "10016"}, CallEnd(Disposition.FAILED)),
        ({"error_code": "something new"}, CallEnd(Disposition.NOT_FOUND)),
        ({}, CallEnd(Disposition.NOT_FOUND)),
        (None, CallEnd(Disposition.NOT_FOUND)),
    ],
)
def test_what_the_carrier_says_of_account_room_or_number_comes_before_the_table(
    error: dict[str, str] | None, end: CallEnd
) -> None:
    hangup = {"hangup_cause": "call_rejected", "sip_hangup_cause": "404"}

    assert end_of(ended(telnyx_error=error, **hangup)) == end
    assert end_of(ended(telnyx_error=error, answered_at=NOON, **hangup)) == CallEnd(Disposition.ANSWERED)


def test_the_causes_are_those_of_the_carriers_own_library() -> None:
    said = get_args(get_args(CallHangupPayload.model_fields["hangup_cause"].annotation)[0])

    assert {cause.value for cause in HangupCause} == set(said)


def test_a_rejected_dial_has_failed_and_is_no_fault_of_the_route() -> None:
    assert end_of(ended(error={"code": "10016"})) == CallEnd(Disposition.FAILED)


def test_a_call_that_lives_has_no_disposition_yet() -> None:
    assert end_of(LiveCall(call_id="call_1", phase="ringing")) == CallEnd(Disposition.UNKNOWN)
