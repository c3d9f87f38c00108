"""The opt-out digit ends the calls to a person wherever the flow listens and says nothing else of it."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.flow import check_flow, load_flow
from orchestrator.flow.dry_run.dry_run import DryRun
from orchestrator.flow.dry_run.scripted_callee import Callee
from orchestrator.flow.library import StoredFlow
from orchestrator.flow.what_is_said import check_what_is_said
from orchestrator.model.event import Event
from orchestrator.model.live_call import Suppression
from orchestrator.policy.purposes import Purpose, Voice
from tests.support.flows import BEGAN, CONTROL_ID, Line, flow_text, problems_of

ASKS = """
opt_out: {digit: "9"}
answers: {said: null}
outcomes: [heard, gone]
outcome: heard
FIELDS
steps:
  first:
    gather_using_speak: {payload: Hello, valid_digits: "1", maximum_digits: 1}
    on: {call.gather.ended: BRANCHES}
  more: {speak: {payload: More}, on: {call.speak.ended: bye}}
  wait: {wait_for: call.dtmf.received, on: {call.dtmf.received: more}, timeout: {after: 9s, goto: bye}}
  bye: {hangup: {}}
"""
BRANCHES = '[{match: {digits: "1"}, goto: more}, {match: {digits: "2"}, goto: wait}, {goto: bye}]'
FAREWELL = "You will not be called again. Goodbye."
GLOBAL = (Suppression(scope="global", reason="opt-out"),)


def asks(*, fields: str = "", branches: str = BRANCHES, **replaced: str) -> str:
    text = ASKS.replace("FIELDS", fields).replace("BRANCHES", branches)
    for old, new in replaced.items():
        text = text.replace(old, new)
    return flow_text(text)


def answered(text: str, **contact: Any) -> Line:
    line = Line(text, **contact)
    line.answer()
    line.accept()
    return line


def words(line: Line) -> list[Any]:
    return [command.body["payload"] for command in line.sent if "payload" in command.body]


def test_the_digit_ends_the_calls_although_the_gather_does_not_take_it() -> None:
    line = answered(asks())

    line.hear("call.dtmf.received", {"digit": "9"})

    assert line.call.suppressions == GLOBAL
    assert (line.last, words(line)) == (["gather_stop", "speak"], ["Hello", FAREWELL])
    line.accept()
    line.press("9", status="cancelled")  # what the stopped gather had collected
    line.hear("call.speak.ended", {"status": "completed"})
    assert (line.last, line.call.outcome) == (["hangup"], "heard")


@pytest.mark.parametrize("status", ["valid", "invalid", "timeout"])
def test_the_digit_ends_the_calls_when_a_gather_tells_it(status: str) -> None:
    line = answered(asks())

    line.press("9", status=status)

    assert (line.call.suppressions, words(line)[-1]) == (GLOBAL, FAREWELL)


@pytest.mark.parametrize("digit", ["1", "8", "99", "", "*"])
def test_other_digits_end_nothing(digit: str) -> None:
    line = answered(asks())

    line.hear("call.dtmf.received", {"digit": digit})
    line.press(digit)

    assert line.call.suppressions == ()


def test_a_digit_of_a_longer_number_ends_nothing() -> None:
    long = asks().replace('valid_digits: "1", maximum_digits: 1', "maximum_digits: 4")
    line = answered(long)

    line.hear("call.dtmf.received", {"digit": "9"})
    line.press("1934")

    assert line.call.suppressions == ()
    line = answered(long)
    line.press("9")
    assert line.call.suppressions == GLOBAL


def test_the_digit_ends_the_calls_while_the_flow_speaks_or_waits() -> None:
    for digit in ("1", "2"):
        line = answered(asks())
        line.press(digit)

        line.hear("call.dtmf.received", {"digit": "9"})

        assert (line.call.suppressions, words(line)[-1]) == (GLOBAL, FAREWELL)


@pytest.mark.parametrize(
    "branches",
    [
        '[{match: {digits: "9"}, outcome: gone, goto: stop}, {goto: bye}]',
        "[{when: \"event.digits == '9'\", outcome: gone, goto: stop}, {goto: bye}]",
    ],
)
def test_a_branch_that_asks_for_the_digit_keeps_its_own_way(branches: str) -> None:
    text = asks(branches=branches).replace("  more:", "  stop: {suppress: {scope: campaign}, goto: more}\n  more:")
    line = answered(text.replace("{goto: bye}]", "{goto: wait}]").replace('valid_digits: "1"', 'valid_digits: "19"'))

    line.hear("call.dtmf.received", {"digit": "9"})  # the gather's
    line.press("9")

    assert [each.scope for each in line.call.suppressions] == ["cmp_1"]
    assert (line.call.outcome, words(line)) == ("gone", ["Hello", "More"])


def test_who_presses_it_and_hangs_up_at_once_is_not_called_again() -> None:
    text = asks(branches='[{match: {digits: "9"}, goto: stop}, {goto: wait}]')
    line = answered(text.replace("  more:", "  stop: {suppress: {scope: campaign}, goto: more}\n  more:"))

    line.press("9", status="call_hangup")

    assert line.call.suppressions == GLOBAL


def test_a_branch_for_another_digit_of_the_flow_is_not_in_its_way() -> None:
    anywhere = 'on: {call.dtmf.received: [{match: {digit: "0"}, goto: more}, {set: {said: "{{ event.digit }}"}}]}'
    line = answered(asks(fields=anywhere))
    line.press("2")

    line.hear("call.dtmf.received", {"digit": "9"})
    assert (line.call.suppressions, line.call.answers["said"]) == (GLOBAL, None)
    line.accept()
    line.hear("call.dtmf.received", {"digit": "0"})  # the goodbye is not left

    assert words(line) == ["Hello", FAREWELL]


def test_a_flow_says_its_own_goodbye() -> None:
    line = answered(asks().replace('digit: "9"}', 'digit: "9", goto: more}'))

    for _ in range(2):
        line.hear("call.dtmf.received", {"digit": "9"})

    assert (line.call.suppressions, words(line)) == (GLOBAL, ["Hello", "More"])


@pytest.mark.parametrize(
    ("fields", "contact", "said"),
    [
        ("inputs: {language: {default: en-US}}", {"language": "es-MX"}, "No volveremos a llamarle. Adiós."),
        ("inputs: {language: {default: de-DE}}", {}, "Wir rufen Sie nicht mehr an. Auf Wiederhören."),
    ],
)
def test_goodbye_is_said_in_the_language_of_the_call(fields: str, contact: dict[str, str], said: str) -> None:
    line = answered(asks(fields=fields), **contact)

    line.press("9")

    assert words(line)[-1] == said


def test_goodbye_is_said_in_the_voice_of_the_flow() -> None:
    line = answered(asks().replace("payload: Hello", "payload: Hello, voice: Polly.Lupe, language: es-US"))

    line.press("9")

    assert dict(line.sent[-1].body) == {
        "payload": "No volveremos a llamarle. Adiós.", "voice": "Polly.Lupe", "language": "es-US"
    }  # fmt: skip


def test_a_flow_that_says_nothing_itself_just_hangs_up() -> None:
    line = answered(
        flow_text("""
        opt_out: {digit: "9"}
        steps: {first: {playback_start: {media_name: a}, on: {call.playback.ended: bye}}, bye: {hangup: {}}}
        """)
    )

    line.hear("call.dtmf.received", {"digit": "9"})

    assert (line.call.suppressions, line.actions[-1]) == (GLOBAL, "hangup")


@pytest.mark.parametrize("kind", ["command.failed", "command.unknown", "step"])
def test_the_call_ends_although_goodbye_is_not_said(kind: str) -> None:
    line = answered(asks())
    line.press("9")

    if kind == "step":
        line.accept()
        line.fire(f"step:{line.call.visit}")
    else:
        line.refuse(kind=kind)

    assert (line.last, line.call.suppressions) == (["hangup"], GLOBAL)


def test_the_same_digit_told_again_changes_nothing() -> None:
    line = answered(asks())
    before = line.call
    event = Event(
        id="e", type="call.dtmf.received", occurred_at=line.now, call_id="call_1", leg="A",
        call_control_id=CONTROL_ID, payload={"digit": "9"},
    )  # fmt: skip

    once = line.take(event)
    assert line.take(event).commands == ()
    line.call = before
    assert line.take(event) == once


def test_a_digit_that_is_for_an_agent_ends_nothing() -> None:
    line = answered(
        flow_text("""
        opt_out: {digit: "9"}
        steps:
          first: {transfer: {to: "+13125550100"}, on: {target.call.bridged: talk, target.call.hangup: bye}}
          talk: {wait_for: target.call.hangup, goto: bye}
          bye: {hangup: {}}
        """)
    )
    line.hear("call.bridged")

    line.hear("call.dtmf.received", {"digit": "9"})

    assert line.call.suppressions == ()


def test_who_has_pressed_it_is_no_machine() -> None:
    text = asks(fields="dial: {answering_machine_detection: premium}")
    line = answered(text.replace("start: first", "start: {answered: first, machine: wait}"))
    line.press("9")

    line.detect("machine")

    assert words(line) == ["Hello", FAREWELL]


# -- included flows, check, dry run ------------------------------------------------------------------------------------


@pytest.mark.parametrize("own", ["", 'opt_out: {digit: "8"}'])
def test_the_opt_out_of_an_included_flow_counts_unless_there_is_one(own: str) -> None:
    inner = asks()
    outer = flow_text(f"{own}\nsteps: {{first: {{include: inner@1}}}}")
    line = answered(load_flow(outer, library=lambda *_: StoredFlow(inner, "application/yaml")))

    line.hear("call.dtmf.received", {"digit": "8" if own else "9"})

    assert (line.call.suppressions, words(line)[-1]) == (GLOBAL, FAREWELL)
    line.accept()
    line.hear("call.speak.ended", {"status": "completed"})
    assert line.last == ["hangup"]


def test_an_opt_out_is_a_way_to_be_called_no_more() -> None:
    found = check_what_is_said(load_flow(asks()), Purpose.SALES, Voice.TTS)

    assert "opt_out_missing" not in [each.code for each in found.problems]
    assert problems_of(asks()) == []


@pytest.mark.parametrize(
    ("branches", "valid", "warned"),
    [
        ('[{match: {status: valid}, set: {said: "{{ event.digits }}"}, goto: more}, {goto: wait}]', "123456789", True),
        ('[{match: {status: valid}, set: {said: "{{ event.digits }}"}, goto: more}, {goto: wait}]', "12345", False),
        ('[{match: {digits: "1"}, set: {said: "{{ event.digits }}"}, goto: more}, {goto: wait}]', "19", False),
        (BRANCHES, "19", False),
    ],
)
def test_the_check_warns_where_the_digit_would_be_an_answer(branches: str, valid: str, warned: bool) -> None:
    found = check_flow(asks(branches=branches).replace('valid_digits: "1"', f'valid_digits: "{valid}"'))

    assert ([str(each) for each in found.problems], len(found.warnings)) == ([], warned)
    assert all("first the digit 9 ends the calls" in each.detail for each in found.warnings)


def test_a_dry_run_shows_it() -> None:
    run = DryRun(load_flow(asks()), Callee(presses=("9",)), "+4930901820", {}, BEGAN)

    said = [line.text for line in run.play()]

    assert "9 ends the calls to this number" in said
    assert "never call this number again (global: opt-out)" in said
    assert any(FAREWELL in line for line in said)
    assert run.call.phase == "ended"
