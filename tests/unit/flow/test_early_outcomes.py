"""An outcome that counts before what it stands for has come about is warned of; the flow is accepted all the same."""

from __future__ import annotations

import pytest

from orchestrator.flow import FlowProblem, check_flow, load_flow
from orchestrator.flow.samples import SAMPLES, sample
from tests.support.flows import GREETING

FLOW = """\
name: test
outcomes: [left, other]
dial: {answering_machine_detection: premium}
start: {human: first, machine: waits}
steps:
  first: FIRST
  waits: WAITS
  leave: {speak: {payload: x, voice: female}, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
recording_notice: never
"""
PLAIN_FIRST = "{speak: {payload: x, voice: female}, on: {call.speak.ended: bye}}"
PLAIN_WAIT = "{wait_for: machine.greeting.ended, on: {machine.greeting.ended: leave}}"
COMPLETED = "call.speak.ended: [{match: {status: completed}, outcome: left, goto: …}, {goto: …}]"


def warned(*, first: str = PLAIN_FIRST, waits: str = PLAIN_WAIT) -> list[FlowProblem]:
    text = FLOW.replace("FIRST", first).replace("WAITS", waits)
    problems, warnings = check_flow(text)
    assert problems == []
    load_flow(text)
    return warnings


def speaks(on: str, more: str = "") -> str:
    return f"{{speak: {{payload: x, voice: female}}, {more}on: {{call.speak.ended: {on}}}}}"


def plays(on: str) -> str:
    return f"{{playback_start: {{media_name: x}}, on: {{call.playback.ended: {on}}}}}"


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (speaks("bye", "outcome: left, "), f"counts as soon as speak begins; write {COMPLETED}"),
        (
            "{playback_start: {media_name: x}, outcome: left, on: {call.playback.ended: bye}}",
            "counts as soon as playback_start begins; write call.playback.ended: [{match: {status: completed}, ",
        ),
        (
            "{gather_using_speak: {payload: x, voice: female}, outcome: left, on: {call.gather.ended: bye}}",
            "counts as soon as gather_using_speak begins; write call.gather.ended: {outcome: left, goto: …}",
        ),
        ("{gather: {}, outcome: left, on: {call.gather.ended: bye}}", "counts as soon as gather begins"),
        (
            "{gather_using_audio: {audio_url: 'https://a.test/x.mp3'}, outcome: left, on: {call.gather.ended: bye}}",
            "counts as soon as gather_using_audio begins",
        ),
        (
            "{transfer: {to: '+13125550142'}, outcome: left, on: {target.call.hangup: bye}}",
            "counts as soon as transfer begins; write target.call.bridged: {outcome: left, goto: …}",
        ),
        (
            "{bridge: {queue: sales}, outcome: left, on: {call.bridged: bye}}",
            "counts as soon as bridge begins; write call.bridged: {outcome: left, goto: …}",
        ),
        (
            "{enqueue: {queue_name: sales}, outcome: left, on: {call.dequeued: bye}}",
            "counts as soon as enqueue begins; write call.dequeued: {outcome: left, goto: …}",
        ),
        (
            "{record_start: {format: mp3, channels: single}, outcome: left, on: {call.recording.saved: bye}}",
            "counts as soon as record_start begins; write call.recording.saved: {outcome: left, goto: …}",
        ),
        (
            "{refer: {sip_address: 'sip:a@b.test'}, outcome: left, on: {call.refer.completed: bye}}",
            "counts as soon as refer begins; write call.refer.completed: {outcome: left, goto: …}",
        ),
        (
            "{stream_play: {payload: SUQzBAAAAAAA}, outcome: left, on: {stream_play.ended: bye}}",
            "counts as soon as stream_play begins; write stream_play.ended: [{match: {status: completed}, ",
        ),
    ],
)
def test_an_outcome_of_a_step_whose_command_can_be_cut_off_is_warned_of(first: str, told: str) -> None:
    [warning] = warned(first=first)

    assert told in warning.detail
    assert (warning.step, warning.line, warning.pointer) == ("first", 6, "/steps/first/outcome")


@pytest.mark.parametrize(
    ("first", "pointer"),
    [
        (speaks("{outcome: left, goto: bye}"), ""),
        (speaks("[{outcome: left, goto: bye}]"), "/0"),
        (plays("{outcome: left, goto: bye}"), ""),
        (plays("[{match: {media_name: x}, outcome: left, goto: bye}, {goto: bye}]"), "/0"),
        (speaks("[{when: \"contact.phone == '1'\", goto: bye}, {outcome: left, goto: bye}]"), "/1"),
        ("{stream_play: {payload: SUQzBAAAAAAA}, on: {stream_play.ended: {outcome: left, goto: bye}}}", ""),
    ],
)
def test_an_outcome_of_an_ending_that_nobody_asks_about_is_warned_of(first: str, pointer: str) -> None:
    [warning] = warned(first=first)

    assert "is cut off; write " in warning.detail
    assert warning.pointer.endswith(f".ended{pointer}")


@pytest.mark.parametrize("goes", ["leave", "first"])
def test_an_outcome_said_when_the_greeting_ends_and_nothing_is_said_yet_is_warned_of(goes: str) -> None:
    on = f"{{machine.greeting.ended: {{outcome: left, goto: {goes}}}}}"

    [warning] = warned(waits=f"{{wait_for: machine.greeting.ended, on: {on}, timeout: {{after: 9s, goto: leave}}}}")

    assert f"counts before anything is said; write {COMPLETED}" in warning.detail
    assert warning.step == "waits"


def test_a_greeting_under_the_name_of_its_family_is_warned_of_too() -> None:
    on = "{call.machine.premium.greeting.ended: [{outcome: left, goto: leave}]}"

    assert len(warned(waits=f"{{wait_for: machine.greeting.ended, on: {on}}}")) == 1


@pytest.mark.parametrize(
    "first",
    [
        PLAIN_FIRST,
        speaks("[{match: {status: completed}, outcome: left, goto: bye}, {goto: bye}]"),
        speaks("[{match: {status: [cancelled_amd]}, goto: bye}, {outcome: left, goto: bye}]"),
        speaks("[{when: \"event.status == 'completed'\", outcome: left, goto: bye}, {outcome: other, goto: bye}]"),
        "{gather: {}, on: {call.gather.ended: [{match: {digits: '1'}, outcome: left, goto: bye}, {goto: bye}]}}",
        "{transfer: {to: '+13125550142'}, on: {target.call.bridged: {outcome: left}, target.call.hangup: bye}}",
        "{set: {}, outcome: left, goto: bye}",
        "{choose: [{outcome: left, goto: bye}]}",
        "{suppress: {}, outcome: left, goto: bye}",
        "{send_dtmf: {digits: '1'}, outcome: left, goto: bye}",
        "{hangup: {}, outcome: left}",
        "{record_start: {format: mp3, channels: single}, outcome: left, goto: bye}",
        "{wait_for: call.dtmf.received, on: {call.dtmf.received: {outcome: left, goto: leave}}}",
        "{http: {url: 'https://a.test/'}, outcome: left, goto: bye}",
    ],
)
def test_an_outcome_that_stands_where_it_came_about_is_not_warned_of(first: str) -> None:
    assert warned(first=first) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_no_sample_is_warned_of(name: str) -> None:
    assert check_flow(sample(name)).warnings == []


def test_the_reminder_that_told_a_cut_message_as_left_is_warned_of() -> None:
    [warning] = check_flow(GREETING).warnings

    better = "write call.speak.ended: [{match: {status: completed}, outcome: voicemail, goto: …}, {goto: …}]"
    assert (warning.step, warning.detail) == (
        "leave",
        f"the outcome voicemail counts as soon as speak begins; {better}",
    )


@pytest.mark.parametrize(
    ("command", "event"),
    [
        ("speak: {payload: x, voice: female}", "call.speak.ended"),
        ("playback_start: {media_name: x}", "call.playback.ended"),
        ("stream_play: {payload: SUQzBAAAAAAA}", "stream_play.ended"),
        ("gather: {}", "call.gather.ended"),
    ],
)
def test_what_a_warning_says_to_write_is_accepted_and_not_warned_of(command: str, event: str) -> None:
    [warning] = warned(first=f"{{{command}, outcome: left, on: {{{event}: bye}}}}")

    better = warning.detail.rpartition("; write ")[2].replace("…", "bye")

    assert warned(first=f"{{{command}, on: {{{better}}}}}") == []


def test_a_flow_that_cannot_be_read_has_a_problem_and_no_warning() -> None:
    problems, warnings = check_flow("name: [")

    assert (len(problems), warnings) == (1, [])
