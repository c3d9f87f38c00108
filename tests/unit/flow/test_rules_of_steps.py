"""Rules 5 to 10 and 13 at check time: what a step is, what it may wait for, where it leads."""

from __future__ import annotations

import pytest

from orchestrator.flow import load_flow
from tests.support.flows import GREETING, flow_text, only_problem, problems_of

BYE = "bye: {hangup: {}}"


def one_step(step: str, rest: str = "") -> str:
    return flow_text(f"{rest}\nsteps:\n  first: {step}\n  {BYE}")


def test_rule_4_with_detection_off_start_is_a_step() -> None:
    assert only_problem("name: a\nstart: {human: bye}\nsteps:\n  bye: {hangup: {}}").line == 2


def test_rule_4_with_detection_on_start_says_where_each_result_leads() -> None:
    problems = problems_of(
        "name: a\ndial: {answering_machine_detection: detect}\nstart: bye\nsteps:\n  bye: {hangup: {}}"
    )

    assert [(p.line, p.detail[:15]) for p in problems] == [(3, "detection is on")]


def test_rule_4_an_unknown_result_is_refused() -> None:
    problem = only_problem(GREETING.replace("machine: voicemail,", "machine: voicemail, maschine: bye,"))

    assert (problem.line, problem.pointer) == (10, "/start/maschine")


@pytest.mark.parametrize(
    ("step", "detail"),
    [
        ("{goto: bye}", "the step does nothing"),
        ("{speak: {payload: x}, hangup: {}}", "one step, one command or one local action; here are"),
        ("{shout: {}, hangup: {}}", "a step has no shout"),
        ("{set: {}, on: {call.speak.ended: bye}, goto: bye}", "on has no place in this step"),
        ("{suppress: {}}", "nothing follows: the step needs a goto"),
        ("{suppress: {scope: everywhere}, goto: bye}", "scope is global or campaign"),
        ("{callback: {after: 2h}}", "nothing follows: the step needs a goto"),
        ("{callback: {}, goto: bye}", "callback needs a time"),
        ("{callback: {after: 2h, at: '2027-03-01T15:00:00Z'}, goto: bye}", "callback needs a time"),
        ("{callback: {after: soon}, goto: bye}", "'soon' is no duration"),
        ("{callback: {at: tomorrow}, goto: bye}", "write a time as RFC 3339"),
        ("{hangup: {}, goto: bye}", "goto has no place in this step: the call is over here"),
        ("{speak: {payload: x}}", "nothing follows call.speak.ended"),
        ("{send_dtmf: {digits: '1'}}", "nothing follows send_dtmf"),
        ("{wait_for: call.dtmf.received}", "nothing follows call.dtmf.received"),
        ("{speak: {payload: x}, goto: bye}", "would cut speak short"),
        ("{end: {now: 1}}", "end has no now"),
    ],
)
def test_rule_5_one_step_does_one_thing_and_goes_on(step: str, detail: str) -> None:
    text = flow_text(f"steps:\n  first: {step}\n  other: {{end: {{}}}}\n  {BYE}").replace(
        "start: first", "start: first"
    )

    told = [problem for problem in problems_of(text) if problem.step == "first"]

    assert detail in " | ".join(problem.detail for problem in told)
    assert all(problem.line == 7 for problem in told)


@pytest.mark.parametrize(
    "step",
    [
        "{speak: {payload: x}, on: {call.speak.ended: bye}}",
        "{playback_start: {audio_url: 'https://example.test/a.mp3'}, on: {call.playback.ended: bye}}",
        "{gather: {maximum_digits: 1}, on: {call.gather.ended: bye}}",
        "{gather_using_audio: {media_name: hello}, on: {call.gather.ended: bye}}",
        "{send_dtmf: {digits: '1w2'}, goto: bye}",
        "{record_start: {channels: single, format: mp3}, goto: bye}",
        "{record_start: {channels: single, format: mp3}, on: {call.recording.saved: bye}}",
        "{record_stop: {}, on: {call.recording.saved: bye}}",
        "{playback_stop: {}, goto: bye}",
        "{gather_stop: {}, goto: bye}",
        "{transfer: {to: '+13125550143'}, on: {target.call.hangup: bye}}",
        "{set: {}, goto: bye}",
        "{choose: [{when: 'contact.phone', goto: bye}, {goto: bye}]}",
    ],
)
def test_rule_5_every_step_of_the_first_release_is_understood(step: str) -> None:
    load_flow(one_step(step))


def test_rule_5_end_ends() -> None:
    load_flow("name: a\nstart: first\nsteps:\n  first: {end: {}}")


def test_rule_5_a_failure_may_be_handled_beside_a_goto() -> None:
    load_flow(one_step("{send_dtmf: {digits: '1'}, goto: bye, on: {command.failed: bye}}"))


def test_rule_6_a_step_waits_only_for_what_its_command_can_cause() -> None:
    problem = only_problem(GREETING.replace("call.gather.ended:", "call.speak.ended: bye\n      call.gather.ended:"))

    assert (problem.step, problem.line) == ("greet", 16)
    assert problem.detail.startswith(
        "gather_using_speak cannot cause call.speak.ended; here can come call.dtmf.received"
    )


@pytest.mark.parametrize(
    ("event", "detail"),
    [
        ("call.speek.ended", "there is no event call.speek.ended; did you mean call.speak.ended?"),
        ("call.hangup", "call.hangup ends the flow"),
        ("call.machine.detection.ended", "is the business of start:"),
        ("machine.greeting.ended", "never comes while answering_machine_detection is off"),
        ("target.call.hangup", "no step transfers"),
        ("call.answered", "for the leg of a transfer say target.call.answered"),
    ],
)
def test_rule_6_an_event_that_cannot_come_is_refused(event: str, detail: str) -> None:
    problem = only_problem(one_step(f"{{speak: {{payload: x}}, on: {{call.speak.ended: bye, {event}: bye}}}}"))

    assert (problem.step, problem.line) == ("first", 7)
    assert detail in problem.detail


def test_rule_6_detect_sends_no_greeting() -> None:
    problem = [
        p for p in problems_of(GREETING.replace("detection: premium", "detection: detect")) if p.step == "voicemail"
    ]

    assert "never comes with answering_machine_detection: detect" in problem[0].detail


@pytest.mark.parametrize("mode", ["detect_beep", "detect_words", "greeting_end", "premium"])
@pytest.mark.parametrize("name", ["machine", "call.machine", "call.machine.premium"])
def test_rule_6_a_greeting_has_one_name_in_both_families(mode: str, name: str) -> None:
    text = GREETING.replace("detection: premium", f"detection: {mode}")

    flow = load_flow(text.replace("machine.greeting.ended", f"{name}.greeting.ended"))

    assert set(flow.steps["voicemail"].on) == {"machine.greeting.ended"}


def test_rule_6_digits_during_a_gather_must_be_asked_for() -> None:
    text = GREETING.replace("call.gather.ended:", "call.dtmf.received: bye\n      call.gather.ended:")

    assert "say during_gather: true" in only_problem(text).detail
    load_flow(text.replace("received: bye", "received: {during_gather: true, goto: bye}"))


def test_rule_8_legs_of_a_transfer_have_names_of_their_own() -> None:
    problem = only_problem(
        one_step("{transfer: {to: '+13125550143'}, on: {call.hangup: bye}, timeout: {after: 30s, goto: bye}}")
    )

    assert "call.hangup ends the flow" in problem.detail


def test_rule_9_from_every_step_a_way_leads_to_a_hangup() -> None:
    problems = problems_of(
        flow_text("""
        steps:
          first: {speak: {payload: a}, on: {call.speak.ended: second}}
          second: {speak: {payload: b}, on: {call.speak.ended: first}}
    """)
    )

    assert [(p.step, p.line, p.detail) for p in problems] == [
        ("first", 7, "no way leads from here to a hangup or end"),
        ("second", 8, "no way leads from here to a hangup or end"),
    ]


def test_rule_9_a_timeout_is_a_way_too() -> None:
    load_flow(
        flow_text("""
        steps:
          first: {speak: {payload: a}, on: {call.speak.ended: first}, timeout: {after: 20s, goto: bye}}
          bye: {hangup: {}}
    """)
    )


def test_a_step_that_nothing_leads_to_is_told() -> None:
    problem = only_problem(GREETING + "  lost: {hangup: {}}\n")

    assert (problem.step, problem.detail) == ("lost", "nothing leads to this step")


@pytest.mark.parametrize(
    ("repeat", "detail"),
    [
        ("{at_most: 0, then: bye}", "from 1 to 200"),
        ("{at_most: 201, then: bye}", "from 1 to 200"),
        ("{at_most: '2', then: bye}", "at_most is a number, but here stands text"),
        ("{then: bye}", "repeat needs at_most"),
        ("{at_most: 2}", "repeat needs then"),
        ("{at_most: 2, then: nowhere}", "there is no step nowhere"),
    ],
)
def test_rule_9_repeat_is_checked(repeat: str, detail: str) -> None:
    assert detail in only_problem(GREETING.replace("repeat: {at_most: 2, then: bye}", f"repeat: {repeat}")).detail


@pytest.mark.parametrize(
    ("choose", "detail"),
    [
        ("[{when: 'answers.said', goto: bye}]", "the last branch must have neither match nor when"),
        ("[{goto: bye}, {goto: bye}]", "only the last branch may stand without"),
        ("[{when: 'answers.sad', goto: bye}, {goto: bye}]", "unknown: answers.sad; did you mean said?"),
        ("[{when: 'open(1)', goto: bye}, {goto: bye}]", "calls cannot be used here"),
        ("[{match: {digits: '1'}, goto: bye}, {goto: bye}]", "a branch has no match"),
        ("[{when: 'event.digits', goto: bye}, {goto: bye}]", "event is known only in a branch"),
        ("[{set: {said: 1}}]", "each branch of choose needs a goto"),
        ("[]", "choose has no branches"),
        ("bye", "choose is a list"),
    ],
)
def test_rule_10_choices_are_checked(choose: str, detail: str) -> None:
    problems = problems_of(
        GREETING.replace(
            "thanks: {speak: {payload: Thanks}, on: {call.speak.ended: bye}}", f"thanks: {{choose: {choose}}}"
        )
    )

    assert detail in " | ".join(problem.detail for problem in problems if problem.step == "thanks")


@pytest.mark.parametrize(
    ("branch", "detail"),
    [
        ("{match: {digit: '1'}, goto: bye}", "call.gather.ended has no digit; did you mean digits?"),
        ("{match: {digits: '1'}, when: 'event.status', goto: bye}", "match or when, not both"),
        ("{match: {}, goto: bye}", "match names no field"),
        ("{when: 'event.digit', goto: bye}", "unknown: event.digit"),
        ("{when: '{{ event.digits }}', goto: bye}", "an expression stands without {{ }}"),
        ("{when: 'event.digits ==', goto: bye}", "when: "),
        ("{match: {digits: '1'}, gotto: bye}", "a branch has no gotto; did you mean goto?"),
        ("{match: {digits: '1'}, goto: by}", "there is no step by; did you mean bye?"),
    ],
)
def test_branches_are_checked(branch: str, detail: str) -> None:
    text = GREETING.replace('{match: {digits: "9"}, outcome: opted_out, goto: stop}', branch)

    problems = [problem for problem in problems_of(text) if problem.step == "greet"]

    assert detail in " | ".join(problem.detail for problem in problems)
    assert {problem.line for problem in problems} == {18}


@pytest.mark.parametrize(
    ("step", "detail"),
    [
        ("{speak: {}, on: {call.speak.ended: bye}}", "speak needs payload"),
        ("{speak: {payload: x, volume: 3}, on: {call.speak.ended: bye}}", "speak has no field volume"),
        ("{speak: {payload: x, loop: 0}, on: {call.speak.ended: bye}}", "loop: "),
        ("{speak: {payload: x, language: xx}, on: {call.speak.ended: bye}}", "language: "),
        ("{gather: {maximum_digits: 129}, on: {call.gather.ended: bye}}", "maximum_digits: "),
        ("{gather: {minimum_digits: 3, maximum_digits: 2}, on: {call.gather.ended: bye}}", "is above maximum_digits"),
        ("{playback_start: {}, on: {call.playback.ended: bye}}", "audio_url, media_name"),
        ("{gather: {maximum_digits: '{{ contact.nope }}'}, on: {call.gather.ended: bye}}", "unknown: contact.nope"),
        ("{transfer: {to: '0123'}, on: {target.call.hangup: bye}}", "to: "),
        ("{transfer: {to: '{{ contact.phone }}', timeout_secs: 1}, on: {target.call.hangup: bye}}", "timeout_secs: "),
        ("{hangup: {custom_headers: [{name: 1, value: x}]}}", 'write name: "1"'),
        ("{speak: text, on: {call.speak.ended: bye}}", "speak is a map, but here stands text"),
    ],
)
def test_literal_fields_are_held_against_the_commands_model(step: str, detail: str) -> None:
    problems = [problem for problem in problems_of(one_step(step)) if problem.step == "first"]

    assert detail in " | ".join(problem.detail for problem in problems)
    assert {problem.line for problem in problems} == {7}


def test_a_field_to_be_filled_in_is_checked_when_the_call_runs() -> None:
    load_flow(one_step("{gather: {maximum_digits: '{{ contact.phone | length }}'}, on: {call.gather.ended: bye}}"))


def test_a_wrong_default_is_told_once_where_it_stands() -> None:
    problem = only_problem(GREETING.replace("speak: {voice: female}\n", "speak: {voice: female, language: xx}\n", 1))

    assert (problem.step, problem.line, problem.pointer) == (None, 7, "/defaults/speak/language")


def test_a_default_for_no_command_is_told() -> None:
    problem = only_problem(GREETING.replace("defaults:\n", "defaults:\n  speek: {voice: female}\n"))

    assert problem.detail.startswith("there is no command speek; did you mean speak?")


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("client_state: abc", "what you want back goes in the step's own state:"),
        ("command_id: abc", "command_id is set by the engine"),
    ],
)
def test_rule_13_what_is_ours_to_set_is_refused(field: str, what: str) -> None:
    problem = only_problem(one_step(f"{{speak: {{payload: x, {field}}}, on: {{call.speak.ended: bye}}}}"))

    assert (problem.step, problem.line) == ("first", 7)
    assert what in problem.detail


@pytest.mark.parametrize(
    "field",
    [
        "target_leg_client_state: eA==",
        "webhook_url: 'https://example.test'",
        "webhook_urls: {}",
        "webhook_url_method: POST",
    ],
)
def test_rule_13_a_transfer_keeps_its_webhooks(field: str) -> None:
    text = one_step(f"{{transfer: {{to: '+13125550143', {field}}}, on: {{target.call.hangup: bye}}}}")

    assert "is set by the engine and cannot stand in a flow" in only_problem(text).detail


@pytest.mark.parametrize(
    "field",
    [
        "to: '+13125550143'",
        "from: '+13125550143'",
        "connection_id: '1'",
        "link_to: x",
        "client_state: x",
        "command_id: x",
        "webhook_url: x",
    ],
)
def test_rule_13_dial_says_neither_whom_nor_from_where(field: str) -> None:
    problem = only_problem(one_step("{hangup: {}}").replace("  bye: {hangup: {}}\n", "") + f"dial: {{{field}}}\n")

    assert (problem.line, problem.pointer) == (8, f"/dial/{field.partition(':')[0]}")


def test_rule_13_a_steps_own_state_comes_back() -> None:
    flow = load_flow(one_step("{speak: {payload: x}, state: 'mine', on: {call.speak.ended: bye}}"))

    assert flow.steps["first"].state is not None


def test_dial_is_the_same_for_every_contact() -> None:
    text = "name: a\ndial: {from_display_name: '{{ contact.phone }}'}\nstart: bye\nsteps:\n  bye: {hangup: {}}"

    assert "dial is the same for every contact" in only_problem(text).detail


def test_dial_rings_30_s_and_talks_600_s_unless_the_flow_says_otherwise() -> None:
    plain = load_flow("name: a\nstart: bye\nsteps:\n  bye: {hangup: {}}")
    told = load_flow("name: a\ndial: {timeout_secs: 20, time_limit_secs: 90}\nstart: bye\nsteps:\n  bye: {hangup: {}}")

    assert plain.dial_fields() == {"timeout_secs": 30, "time_limit_secs": 600}
    assert told.dial_fields() == {"timeout_secs": 20, "time_limit_secs": 90}


@pytest.mark.parametrize("after", ["40", "forty", "0s", "5h", "-1s", "1.5s"])
def test_durations_have_a_number_and_a_unit(after: str) -> None:
    problem = only_problem(
        GREETING.replace("timeout: {after: 40s, goto: bye}", f"timeout: {{after: {after}, goto: bye}}")
    )

    assert problem.line == 20
