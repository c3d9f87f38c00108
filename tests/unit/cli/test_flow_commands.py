"""`flow check` and `flow play`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.cli.app import app
from orchestrator.flow.samples import sample

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
    assert "the engine says ai_notice first, where the law of the place asks for it: no step writes it" in text
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


def test_a_flow_is_played_as_one_document(flow: str) -> None:
    status, text = _run("play", flow, "--press", "1", "--var", "first_name=Ada", "--json")

    played = json.loads(text)
    assert status == 0
    assert (played["not_called"], played["outcome"], played["answers"]) == (None, "confirmed", {"confirmed": True})
    assert played["refused"] == []
    assert any("Hello Ada, press 1." in line["text"] and line["at_s"] > 0 for line in played["lines"])


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
    assert "In”" in played


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
    assert text.index("+12025550123 calls") < text.index("answer") < text.index("Welcome”") < text.index("hangup")


_HOURS = """\
name: hours
hours: {desk: {timezone: America/St_Johns, windows: [{days: [sat], start: "20:00", end: "22:00"}]}}
start: tell
steps:
  tell:
    speak: {payload: "We are {{ 'open' if open('desk') else 'closed' }}.", voice: female}
    on: {call.speak.ended: bye}
  bye: {hangup: {}}
"""


@pytest.mark.parametrize(
    ("at", "utc", "said"),
    [
        ("2026-11-28T21:00-03:30", "2026-11-29 00:30:00", "open"),
        ("2026-11-28T21:00-02:30", "2026-11-28 23:30:00", "open"),
        ("2026-11-28T21:00:00-03:30", "2026-11-29 00:30:00", "open"),
        ("2026-11-28 21:00-03:30", "2026-11-29 00:30:00", "open"),
        ("2026-11-28t21:00:00.5-03:30", "2026-11-29 00:30:00", "open"),
        ("20261128T210000-0330", "2026-11-29 00:30:00", "open"),
        ("2026-11-28T21:00", "2026-11-28 21:00:00", "closed"),
        ("2026-11-28T21:00Z", "2026-11-28 21:00:00", "closed"),
        ("2026-11-28t23:45z", "2026-11-28 23:45:00", "open"),
        ("2026-11-29T00:30+00:00", "2026-11-29 00:30:00", "open"),
        ("2026-11-29T13:15+12:45", "2026-11-29 00:30:00", "open"),
        ("2026-11-28", "2026-11-28 00:00:00", "closed"),
        (" 2026-11-29T00:30 ", "2026-11-29 00:30:00", "open"),
    ],
)
def test_a_call_is_played_at_the_moment_that_its_offset_says_and_in_utc_without_one(
    tmp_path: Path, at: str, utc: str, said: str
) -> None:
    file = tmp_path / "hours.yaml"
    file.write_text(_HOURS)

    status, text = _run("play", str(file), "--at", at)

    assert status == 0
    assert f"the call is made at {utc} UTC" in text
    assert f"We are {said}." in text


@pytest.mark.parametrize(
    "at", ["", "noon", "21:00", "2026-13-01", "2026-11-28T25:00", "0001-01-01", "9999-12-31T23:59-12:00"]
)
def test_a_time_that_is_none_is_refused_with_the_form_to_write(tmp_path: Path, at: str) -> None:
    file = tmp_path / "hours.yaml"
    file.write_text(_HOURS)

    result = CliRunner().invoke(app, ["flow", "play", str(file), f"--at={at}"])

    assert result.exit_code == 1
    assert "--at" in result.output and "2027-03-01T09:00-05:00; without an offset it is UTC" in result.output


_STEPS = {
    "a transfer to nobody's number": ("{transfer: {to: WHO}}", "target.call.hangup", "to"),
    "a bridge with no call": ("{bridge: {call_control_id: NOTHING}}", "call.bridged", "call_control_id"),
    "nothing to speak": ("{speak: {payload: NOTHING, voice: female}}", "call.speak.ended", "payload"),
    "a voice of no name": ("{speak: {payload: x, voice: NOTHING}}", "call.speak.ended", "voice"),
    "no digits to take": ("{gather: {valid_digits: WHO}}", "call.gather.ended", "valid_digits"),
    "a clip of no address": ("{playback_start: {audio_url: WHO}}", "call.playback.ended", "audio_url"),
    "a queue without a name": ("{enqueue: {queue_name: NOTHING}}", "call.dequeued", "queue_name"),
    "a refer to nowhere": ("{refer: {sip_address: WHO}}", "call.refer.completed", "sip_address"),
}
_VALUES = {"WHO": "'{{ contact.who }}'", "NOTHING": "'{{ contact.nothing }}'"}


@pytest.mark.parametrize("name", _STEPS)
@pytest.mark.parametrize("handled", [True, False])
def test_a_command_that_the_carrier_would_refuse_is_shown_and_fails_the_rehearsal(
    tmp_path: Path, name: str, handled: bool
) -> None:
    written, event, field = _STEPS[name]
    for word, value in _VALUES.items():
        written = written.replace(word, value)
    failed = ", command.failed: bye" if handled else ""
    file = tmp_path / "refused.yaml"
    file.write_text(
        "name: refused\ninputs: {who: {}, nothing: {default: ''}}\nstart: first\nsteps:\n"
        f"  first: {written[:-1]}, on: {{{event}: bye{failed}}}}}\n  bye: {{hangup: {{}}}}\n"
    )

    status, text = _run("play", str(file), "--var", "who=nobody at all")

    action = written[1:].partition(":")[0]
    assert status == 1, text
    assert f"✗ {action} would be refused: {field}: " in text
    assert f"the carrier would refuse {action}: see ✗ above" in text
    assert ("outcome error" in text) is not handled


def test_a_lead_whose_agents_have_no_number_is_not_put_through_in_silence(tmp_path: Path) -> None:
    file = tmp_path / "lead.yaml"
    file.write_text(sample("lead"))

    refused, told = _run("play", str(file), "--press", "1")
    status, text = _run("play", str(file), "--press", "1", "--var", "agent_1=+13125550142")

    assert (refused, status) == (1, 0)
    assert "transfer would be refused: to: must be a number such as +13125550142" in told
    assert "not 'agent 1'" in told and "not 'agent 2'" in told
    assert "outcome connected" in text


def test_a_step_that_stalls_is_said_in_a_rehearsal(tmp_path: Path) -> None:
    file = tmp_path / "stalls.yaml"
    file.write_text(
        "name: stalls\nstart: a\nsteps:\n  a: {wait_for: call.dtmf.received, on: {call.dtmf.received: b}}\n"
        "  b: {hangup: {}}\n"
    )

    status, text = _run("play", str(file))

    assert (status, "step a stalled" in text, "outcome stalled" in text) == (0, True, True)


def test_the_check_and_the_play_of_a_flow_show_its_opt_out(flow: str) -> None:
    text = Path(flow).read_text(encoding="utf-8")
    Path(flow).write_text(text.replace("steps:", 'opt_out: {digit: "7"}\nsteps:', 1), encoding="utf-8")

    assert "✓ reminder: 5 steps" in _run("check", flow)[1]
    assert "7 ends the calls to a person wherever no branch asks for it" in _run("check", flow)[1]
    assert "never call this number again (global: opt-out)" in _run("play", flow, "--press", "7")[1]
