"""`flow play` says what is refused: a command by the carrier, a transfer to a blocked number, the call by the gate."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.cli.app import app

AGENT, PERSON = "+13125550142", "+12125550123"
_FLOW = f"""\
name: forwards
outcomes: [connected, nobody]
start: pass_on
steps:
  pass_on:
    transfer: {{to: "{AGENT}", timeout_secs: 15}}
    on:
      target.call.bridged: {{outcome: connected, goto: talk}}
      target.call.hangup: bye
      command.failed: {{outcome: nobody, goto: sorry}}
  talk: {{wait_for: target.call.hangup, goto: bye}}
  sorry: {{speak: {{payload: "Nobody is free.", voice: female}}, on: {{call.speak.ended: bye}}}}
  bye: {{hangup: {{}}}}
"""
_NOON, _NIGHT, _SUNDAY = "2027-01-04T12:00-05:00", "2027-01-04T23:00-05:00", "2027-01-03T12:00-05:00"


@pytest.fixture
def flow(tmp_path: Path) -> str:
    file = tmp_path / "forwards.yaml"
    file.write_text(_FLOW)
    return str(file)


def _play(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["flow", "play", *words])
    return done.exit_code, done.output


def test_a_transfer_to_a_blocked_number_is_refused_as_in_a_real_call(flow: str) -> None:
    status, text = _play(flow, "--blocked", "+1 (312) 555-0142")

    assert status == 0, text
    assert f"✗ transfer is refused: {AGENT} must not be called" in text
    assert "Nobody is free." in text and "outcome nobody" in text
    assert "the two are talking" not in text


def test_other_numbers_than_the_blocked_are_put_through(flow: str) -> None:
    status, text = _play(flow, "--blocked", "+13125550143")

    assert (status, "outcome connected" in text, "✗" in text) == (0, True, False)


def test_a_command_that_the_carrier_refuses_is_shown_and_the_flow_goes_the_way_of_a_failure(flow: str) -> None:
    status, text = _play(flow, "--refuse", "transfer")

    assert status == 0, text
    assert "✗ transfer is refused: by the carrier" in text
    assert "outcome nobody" in text


def test_what_follows_a_refused_command_of_a_step_is_not_sent(tmp_path: Path) -> None:
    file = tmp_path / "held.yaml"
    file.write_text(
        "name: held\nstart: wait\nsteps:\n"
        "  wait: {enqueue: {queue_name: desk}, during: {playback_start: {media_name: music}},"
        " on: {call.dequeued: bye, command.failed: bye}}\n"
        "  bye: {hangup: {}}\n"
    )

    _, text = _play(str(file), "--refuse", "enqueue")

    assert "✗ enqueue is refused: by the carrier" in text
    assert "the wait in the queue is over" not in text and "→ hangup" in text


def test_a_failure_that_no_branch_takes_ends_the_call_and_is_said(tmp_path: Path) -> None:
    file = tmp_path / "plain.yaml"
    file.write_text(
        "name: plain\nstart: a\nsteps:\n  a: {speak: {payload: Hi, voice: female}, on: {call.speak.ended: b}}\n"
        "  b: {hangup: {}}\n"
    )

    status, text = _play(str(file), "--refuse", "speak")

    assert (status, "✗ speak is refused" in text, "outcome error" in text) == (0, True, True)


def test_an_action_that_the_carrier_does_not_know_is_no_refusal(flow: str) -> None:
    done = CliRunner().invoke(app, ["flow", "play", flow, "--refuse", "transfr"])

    assert done.exit_code == 1
    assert "--refuse: transfr is none of the carrier's: did you mean transfer?" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--at", _NIGHT), "this call would not be made (outside_hours): It is outside the calling hours"),
        (("--at", _SUNDAY), "(outside_hours)"),
        (("--at", _NOON, "--blocked", "+1 212-555-0123"), "(suppressed): The number is suppressed"),
    ],
)
def test_a_call_that_the_gate_would_not_let_through_is_said_before_it_is_played(
    flow: str, words: tuple[str, ...], said: str
) -> None:
    status, text = _play(flow, "--to", PERSON, *words)

    assert status == 1, text
    assert said in text
    assert text.index(said) < text.index(f"ringing {PERSON}") < text.index("outcome connected")


def test_the_time_from_which_on_it_would_be_made_is_said(flow: str) -> None:
    _, text = _play(flow, "--to", PERSON, "--at", _NIGHT)

    assert "It may be made from 2027-01-05 14:00:00 UTC on." in text


def test_a_call_that_the_gate_lets_through_is_played_without_a_word_of_it(flow: str) -> None:
    status, text = _play(flow, "--to", PERSON, "--at", _NOON)

    assert (status, "would not be made" in text) == (0, False)


def test_nobody_in_particular_is_called_at_any_hour(flow: str) -> None:
    assert _play(flow, "--at", _NIGHT)[0] == 0


def test_a_flow_that_is_not_acceptable_is_not_played_and_says_why_by_file_and_line(flow: str) -> None:
    Path(flow).write_text(_FLOW.replace("goto: sorry", "goto: sory"))

    done = CliRunner().invoke(app, ["flow", "play", flow])

    assert done.exit_code == 1
    assert f"✗ {flow}, line 10, step pass_on: " in done.stderr


@pytest.mark.parametrize("option", ["--to", "--blocked"])
def test_a_number_that_is_none_is_refused(flow: str, option: str) -> None:
    done = CliRunner().invoke(app, ["flow", "play", flow, option, "12"])

    assert done.exit_code == 1
    assert f"{option}: " in done.stderr
