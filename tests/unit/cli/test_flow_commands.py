"""`flow check` and `flow play`, as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.cli import app

_FLOW = """\
name: reminder
inputs: {first_name: {}}
answers: {confirmed: false}
outcomes: [confirmed, opted_out, heard, voicemail, hung_up]
outcome: hung_up
dial: {answering_machine_detection: premium, timeout_secs: 25}
start: {human: greet, machine: voicemail, fax: bye, timeout: {after: 6s, goto: greet}}
steps:
  greet:
    gather_using_speak: {payload: "Hello {{ contact.first_name }}, press 1.", voice: female, valid_digits: "19"}
    repeat: {at_most: 2, then: bye}
    on:
      call.gather.ended:
        - {match: {digits: "1"}, set: {confirmed: true}, outcome: confirmed, goto: bye}
        - {match: {digits: "9"}, outcome: opted_out, goto: stop}
        - {outcome: heard, goto: greet}
  voicemail: {wait_for: machine.greeting.ended, on: {machine.greeting.ended: leave}, timeout: {after: 30s, goto: leave}}
  leave: {speak: {payload: "Call us.", voice: female}, outcome: voicemail, on: {call.speak.ended: bye}}
  stop: {suppress: {scope: global, reason: opt-out}, goto: bye}
  bye: {hangup: {}}
"""


@pytest.fixture
def flow(tmp_path: Path) -> str:
    file = tmp_path / "reminder.yaml"
    file.write_text(_FLOW)
    return str(file)


def _run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["flow", *words])
    return result.exit_code, result.output


def test_a_good_flow_is_summed_up(flow: str) -> None:
    status, text = _run("check", flow)

    assert status == 0
    assert "✓ reminder: 5 steps" in text
    assert "a contact must carry: first_name" in text


def test_a_bad_flow_is_refused_naming_line_and_step(flow: str) -> None:
    Path(flow).write_text(_FLOW.replace("goto: stop}", "goto: nowhere}"))

    status, text = _run("check", flow)

    assert status == 1
    assert "line 15, step greet" in text
    assert "nowhere" in text


def test_a_warning_names_line_and_step_and_leaves_the_flow_good(flow: str) -> None:
    status, text = _run("check", flow)

    assert status == 0
    assert "! " in text
    assert "reminder.yaml, line 18, step leave: the outcome voicemail counts as soon as speak begins" in text
    assert "✓ reminder: 5 steps" in text


@pytest.mark.parametrize(
    ("words", "outcome", "heard"),
    [
        (["--press", "1", "--var", "first_name=Ada"], "outcome confirmed, confirmed True", "Hello Ada, press 1."),
        (["--press", "9"], "outcome opted_out", "never call this number again (global: opt-out)"),
        ([], "outcome heard", "no digits (timeout)"),
        (["--as", "machine"], "outcome voicemail", "the greeting is over (beep_detected)"),
        (["--as", "busy"], "outcome none", "the call is over: user_busy"),
        (["--hangs-up-after", "2"], "outcome hung_up", "the call is over: normal_clearing (callee)"),
    ],
)
def test_a_flow_is_played_as_scripted(flow: str, words: list[str], outcome: str, heard: str) -> None:
    status, text = _run("play", flow, *words)

    assert status == 0
    assert outcome in text
    assert heard in text


def test_an_input_the_flow_does_not_know_is_refused(flow: str) -> None:
    result = CliRunner().invoke(app, ["flow", "play", flow, "--var", "nickname=A"])

    assert result.exit_code == 1
    assert "nickname is no input; there are: first_name" in result.stderr


@pytest.mark.parametrize(("at", "said"), [("2026-03-02T10:00:00", "We are open."), ("2026-03-01", "We are closed.")])
def test_a_flow_is_played_at_another_time(tmp_path: Path, at: str, said: str) -> None:
    file = tmp_path / "hours.yaml"
    file.write_text("""\
name: hours
hours: {desk: {timezone: UTC, windows: [{days: [mon], start: 09:00, end: 17:00}]}}
start: tell
steps:
  tell:
    speak: {payload: "We are {{ 'open' if open('desk') else 'closed' }}.", voice: female}
    on: {call.speak.ended: bye}
  bye: {hangup: {}}
""")

    status, text = _run("play", str(file), "--at", at)

    assert status == 0
    assert said in text


_WEB = """\
name: web
answers: {plan: null}
start: ask
steps:
  ask:
    http: {url: "https://crm.example.test/", timeout: 1s}
    during: {playback_start: {media_name: music}}
    on: {http.succeeded: {set: {plan: "{{ event.body.plan }}"}, goto: wait}, http.failed: bye}
  wait: {enqueue: {queue_name: desk}, on: {call.dequeued: bye}}
  bye: {hangup: {}}
"""


@pytest.mark.parametrize(
    ("words", "heard"),
    [
        (["--http-body", '{"plan": "gold"}'], ["web address answers 200", "keeps plan = gold", "the queue is over"]),
        (["--http-status", "503"], ["web address answers 503", "hangup"]),
    ],
)
def test_a_flow_that_asks_a_web_address_is_played_without_asking(
    tmp_path: Path, words: list[str], heard: list[str]
) -> None:
    file = tmp_path / "web.yaml"
    file.write_text(_WEB)

    status, text = _run("play", str(file), *words)

    assert status == 0
    assert [said for said in heard if said not in text] == []


def test_a_flow_that_plays_a_sound_into_its_stream_is_played_without_printing_the_sound(tmp_path: Path) -> None:
    file = tmp_path / "stream.yaml"
    file.write_text(
        "name: s\nstart: a\noutcomes: [heard]\nsteps:\n  a: {streaming_start: {stream_url: ours}, goto: b}\n"
        "  b: {stream_play: {payload: SUQzBAAA}, on: {stream_play.ended: {outcome: heard, goto: c}}}\n"
        "  c: {hangup: {}}\n"
    )

    status, text = _run("play", str(file))

    assert status == 0
    assert "plays a sound into the stream" in text and "SUQz" not in text
    assert "outcome: heard" in text


def test_a_body_that_is_no_json_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_text(_WEB)

    result = CliRunner().invoke(app, ["flow", "play", str(file), "--http-body", "{plan"])

    assert result.exit_code == 1
    assert "--http-body" in result.output


def test_an_included_flow_is_read_from_a_file_beside_it(tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner.yaml", tmp_path / "outer.yaml"
    inner.write_text(
        "name: inner\nstart: a\nsteps:\n"
        "  a: {speak: {payload: In, voice: female}, on: {call.speak.ended: b}}\n"
        "  b: {end: {}}\n"
    )
    outer.write_text("name: outer\nstart: a\nsteps:\n  a: {include: inner@1, goto: bye}\n  bye: {hangup: {}}\n")

    alone, _ = _run("check", str(outer))
    status, text = _run("check", str(outer), "--with", str(inner))
    _, played = _run("play", str(outer), "--with", str(inner))

    assert (alone, status) == (1, 0)
    assert "✓ outer" in text
    assert "“In”" in played


@pytest.mark.parametrize(("parks", "goes_on"), [(", park_after_unbridge: self", True), ("", False)])
def test_who_is_left_of_a_bridge_goes_on_where_it_parks(tmp_path: Path, parks: str, goes_on: bool) -> None:
    file = tmp_path / "bridged.yaml"
    file.write_text(
        "name: bridged\nstart: agent\nsteps:\n"
        f"  agent: {{bridge: {{call_control_id: call_1{parks}}}, on: {{target.call.hangup: sorry}}}}\n"
        "  sorry: {speak: {payload: Goodbye., voice: female}, on: {call.speak.ended: bye}}\n"
        "  bye: {hangup: {}}\n"
    )

    status, text = _run("play", str(file))

    assert status == 0
    assert "the agent's phone is over" in text and ("→ hangup" in text) is goes_on


def test_a_call_that_comes_in_is_played(tmp_path: Path) -> None:
    file = tmp_path / "inbound.yaml"
    file.write_text("""\
name: inbound
start: hello
inbound: pick_up
steps:
  pick_up: {answer: {}, on: {call.answered: hello}}
  hello: {speak: {payload: Welcome, voice: female}, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
""")

    status, text = _run("play", str(file), "--inbound")

    assert status == 0
    assert text.index("+12025550123 calls") < text.index("answer") < text.index("“Welcome”") < text.index("hangup")
