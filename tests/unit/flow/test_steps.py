"""Rules 5 to 10 while a call runs: steps, loops, choices, the past."""

from __future__ import annotations

import pytest

from orchestrator.ids import stable_uuid
from orchestrator.model.live_call import NO_VISIT
from tests.support.flows import GREETING, Line, flow_text


def on_line(text: str, **contact: object) -> Line:
    line = Line(flow_text(text), **contact)
    line.answer()
    return line


def test_rule_5_a_goto_goes_on_when_the_command_is_accepted() -> None:
    line = on_line("""
        steps:
          first: {send_dtmf: {digits: "1"}, goto: bye}
          bye: {hangup: {}}
    """)
    before = list(line.actions)

    line.accept()

    assert (before, line.actions) == (["send_dtmf"], ["send_dtmf", "hangup"])


def test_rule_5_a_local_action_takes_no_time() -> None:
    line = on_line("""
        answers: {n: 0}
        steps:
          first: {set: {n: "{{ answers.n + 1 }}"}, goto: again}
          again: {set: {n: "{{ answers.n + 1 }}"}, goto: bye}
          bye: {end: {}}
    """)

    assert (line.call.answers, line.actions, line.call.visit) == ({"n": 2}, ["hangup"], 3)


def test_rule_5_suppressing_is_remembered_once_with_its_scope() -> None:
    line = on_line("""
        steps:
          first: {suppress: {scope: campaign, reason: "asked by {{ contact.phone }}"}, goto: second}
          second: {suppress: {scope: campaign}, goto: third}
          third: {suppress: {}, goto: bye}
          bye: {hangup: {}}
    """)

    wishes = [(wish.scope, wish.reason) for wish in line.call.suppressions]
    assert wishes == [("cmp_1", "asked by +13125550142"), ("global", "opt-out")]


def test_rule_5_a_steps_state_travels_with_its_command() -> None:
    line = on_line("""
        steps:
          first: {send_dtmf: {digits: "1"}, state: "for {{ contact.phone }}", goto: bye}
          bye: {hangup: {}, state: last}
    """)

    line.accept()

    assert [command.user_state for command in line.sent] == ["for +13125550142", "last"]


def test_rule_6_a_digit_in_a_step_without_a_gather_is_heard() -> None:
    line = on_line("""
        steps:
          first:
            speak: {payload: Press 0 to skip}
            on:
              call.speak.ended: bye
              call.dtmf.received: [{match: {digit: ["0", "#"]}, goto: bye}, {}]
          bye: {hangup: {}}
    """)

    stays = line.hear("call.dtmf.received", {"digit": "5"}).call.step
    goes = line.hear("call.dtmf.received", {"digit": "#"}).call.step

    assert (stays, goes) == ("first", "bye")


def test_rule_6_while_a_gather_runs_digits_go_to_it_unless_the_branch_says_otherwise() -> None:
    line = on_line("""
        answers: {keys: ""}
        steps:
          first:
            gather_using_speak: {payload: Account number, maximum_digits: 8}
            on:
              call.gather.ended: bye
              call.dtmf.received:
                - {match: {digit: "0"}, during_gather: true, goto: operator}
                - {set: {keys: "{{ event.digit }}"}}
          operator: {speak: {payload: One moment}, on: {call.speak.ended: bye}}
          bye: {hangup: {}}
    """)

    line.hear("call.dtmf.received", {"digit": "5"})
    kept = line.call.answers
    line.hear("call.dtmf.received", {"digit": "0"})

    assert (kept, line.last, line.call.step) == ({"keys": ""}, ["gather_stop", "speak"], "operator")


def test_rule_6_a_gather_ended_by_the_hangup_runs_no_branch() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("human")

    line.press("", "call_hangup")

    assert (line.last, line.call.outcome, line.call.step) == ([], "hung_up", "greet")


def test_rule_6_an_unhandled_failure_hangs_up_with_the_outcome_error() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("human")

    line.refuse(code="90034")

    assert (line.last, line.call.outcome) == (["hangup"], "error")
    assert line.call.error == {"command": "gather_using_speak", "code": "90034", "title": "no", "detail": None}


def test_rule_6_a_failure_can_be_handled() -> None:
    line = on_line("""
        answers: {why: null}
        steps:
          first:
            speak: {payload: Hello}
            on:
              call.speak.ended: bye
              command.failed:
                - {match: {command: speak, code: ["1", "90034"]}, set: {why: "{{ event.title }}"}, goto: bye}
                - {goto: bye}
          bye: {hangup: {}}
    """)

    line.refuse(code="90034")

    assert (line.call.answers, line.call.outcome, line.last) == ({"why": "no"}, None, ["hangup"])


def test_rule_6_a_command_that_was_never_answered_has_failed_with_the_code_unknown() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("human")

    line.refuse(kind="command.unknown")

    assert line.call.error is not None
    assert (line.call.outcome, line.call.error["code"]) == ("error", "unknown")


def test_rule_7_a_wait_is_over_at_once_when_the_event_was_seen() -> None:
    text = GREETING.replace("machine: voicemail,", "machine: greet,")
    line = Line(text.replace("{outcome: heard, goto: greet}", "{outcome: heard, goto: voicemail}"))
    line.answer()
    line.detect("human")
    line.hear("call.machine.premium.greeting.ended", {"result": "beep_detected"})

    line.press("5")

    assert (line.call.step, line.last) == ("leave", ["speak"])


def test_rule_7_a_digit_serves_one_wait() -> None:
    line = on_line("""
        steps:
          first: {speak: {payload: Press twice}, on: {call.speak.ended: one}}
          one: {wait_for: call.dtmf.received, goto: two}
          two: {wait_for: call.dtmf.received, goto: bye, timeout: {after: 5s, goto: bye}}
          bye: {hangup: {}}
    """)
    line.hear("call.dtmf.received", {"digit": "1"})
    line.hear("call.speak.ended", {"status": "completed"})
    waiting = line.call.step

    line.hear("call.dtmf.received", {"digit": "2"})

    assert (waiting, line.call.step) == ("two", "bye")


def test_rule_7_what_an_earlier_recording_said_does_not_end_the_wait_for_the_next() -> None:
    line = on_line("""
        steps:
          first: {record_start: {channels: single, format: mp3}, on: {call.recording.saved: again}}
          again: {record_start: {channels: single, format: mp3}, goto: wait}
          wait: {wait_for: call.recording.saved, goto: bye}
          bye: {hangup: {}}
    """)
    line.accept()
    line.hear("call.recording.saved")

    line.accept()

    assert line.call.step == "wait"


def test_rule_7_leaving_a_step_sends_its_stop_first() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("human")
    line.accept()

    line.fire("step:1")

    assert (line.last, line.decision.drop) == (["hangup"], "all")


@pytest.mark.parametrize(
    ("step", "stop"),
    [
        ("speak: {payload: Hello}", "playback_stop"),
        ("playback_start: {media_name: song}", "playback_stop"),
        ("gather: {}", "gather_stop"),
        ("gather_using_audio: {media_name: ask}", "gather_stop"),
        ("record_start: {channels: dual, format: wav}", "record_stop"),
    ],
)
def test_rule_7_what_runs_is_stopped_before_what_follows(step: str, stop: str) -> None:
    line = on_line(f"""
        steps:
          first: {{{step}, timeout: {{after: 5s, goto: second}}}}
          second: {{send_dtmf: {{digits: "1"}}, goto: bye}}
          bye: {{hangup: {{}}}}
    """)
    line.accept()

    decision = line.fire("step:1")

    assert (line.last, decision.drop) == ([stop, "send_dtmf"], "step")
    assert (decision.commands[0].optional, decision.commands[0].visit) == (True, NO_VISIT)


def test_rule_7_a_recording_with_a_goto_runs_beside_the_steps_that_follow() -> None:
    line = on_line("""
        steps:
          first: {record_start: {channels: dual, format: mp3}, goto: hello}
          hello: {speak: {payload: Hello}, on: {call.speak.ended: bye}}
          bye: {hangup: {}}
    """)

    line.accept()

    assert line.last == ["speak"]


def test_rule_7_a_stop_that_fails_changes_nothing() -> None:
    line = on_line("""
        steps:
          first: {speak: {payload: a}, on: {call.speak.ended: bye}, timeout: {after: 5s, goto: second}}
          second: {speak: {payload: b}, on: {call.speak.ended: bye}}
          bye: {hangup: {}}
    """)
    line.accept()
    stop = line.fire("step:1").commands[0]

    line.refuse(stop)

    assert (line.last, line.call.step, line.call.outcome) == ([], "second", None)


def test_rule_9_a_step_repeats_so_often_and_then_leads_elsewhere() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("human")

    line.press("5")
    line.press("5")

    assert (line.actions, line.call.step) == (["gather_using_speak", "gather_using_speak", "hangup"], "bye")


def test_rule_9_200_visits_end_a_call() -> None:
    line = on_line("""
        steps:
          first: {set: {}, goto: second}
          second: {choose: [{when: "contact.timezone", goto: bye}, {goto: first}]}
          bye: {hangup: {}}
    """)

    assert (line.call.visit, line.call.outcome, line.actions) == (200, "flow_limit", ["hangup"])


def test_rule_9_two_exhausted_steps_that_lead_to_each_other_end_too() -> None:
    line = on_line("""
        steps:
          first: {set: {}, goto: second, repeat: {at_most: 1, then: second}}
          second: {set: {}, goto: first, repeat: {at_most: 1, then: third}}
          third: {choose: [{when: "contact.timezone", goto: bye}, {goto: first}], repeat: {at_most: 1, then: first}}
          bye: {hangup: {}}
    """)

    assert (line.call.outcome, line.actions) == ("flow_limit", ["hangup"])


@pytest.mark.parametrize(("q1", "step"), [(2, "low"), (3, "high"), (None, "high")])
def test_rule_10_the_first_branch_that_agrees_is_taken(q1: int | None, step: str) -> None:
    line = Line(
        flow_text("""
        answers: {q1: null}
        inputs: {q1: {default: null}}
        steps:
          first: {set: {q1: "{{ contact.q1 }}"}, goto: judge}
          judge: {choose: [{when: "answers.q1 <= 2", goto: low}, {goto: high}]}
          low: {speak: {payload: a}, on: {call.speak.ended: bye}}
          high: {speak: {payload: b}, on: {call.speak.ended: bye}}
          bye: {hangup: {}}
    """),
        q1=q1,
    )

    line.answer()

    assert line.call.step == step


def test_every_command_has_an_id_of_its_own_that_a_second_decision_repeats() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("human")
    line.press("5")
    line.press("1")
    line.hear("call.speak.ended", {"status": "completed"})

    ids = [command.command_id for command in line.sent]

    assert len(set(ids)) == len(ids) == 4
    assert ids[0] == stable_uuid("call_1", 1, 0)
    assert [command.visit for command in line.sent[:3]] == [1, 2, 3]


def test_nothing_follows_a_hangup_of_the_flow() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("fax")

    line.press("9")
    line.detect("human")
    line.fire("start")

    assert line.actions == ["hangup"]
