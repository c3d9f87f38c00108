"""R12, R14 and the dial's own answers: how calls end, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orchestrator.flow import Flow, load_flow
from orchestrator.model.event import Event
from orchestrator.model.live_call import LiveCall
from tests.support.flows import BEGAN, CONTROL_ID, GREETING, Line, flow_text


@pytest.fixture
def greeted() -> Line:
    line = Line(GREETING)
    line.answer()
    line.detect("human")
    line.accept()
    return line


def test_r12_a_hangup_drops_every_command_and_asks_to_settle_in_3_s(greeted: Line) -> None:
    decision = greeted.hang_up()

    assert (greeted.call.phase, decision.drop, decision.commands, decision.settle) == ("ended", "all", (), False)
    assert greeted.due_in_s("settle") == 3.0
    assert decision.timers["step:1"] is None
    assert (greeted.call.hangup_cause, greeted.call.hangup_source) == ("normal_clearing", "callee")


def test_r12_what_occurred_before_the_hangup_still_counts(greeted: Line) -> None:
    greeted.hang_up(at=20)

    decision = greeted.press("9", at=19)

    assert (greeted.call.outcome, [wish.scope for wish in greeted.call.suppressions]) == ("opted_out", ["global"])
    assert decision.commands == ()
    assert "step:1" not in decision.timers or decision.timers["step:1"] is None


def test_r12_what_occurred_after_the_hangup_does_not(greeted: Line) -> None:
    greeted.hang_up(at=20)

    greeted.press("9", at=21)

    assert (greeted.call.outcome, greeted.call.suppressions) == ("hung_up", ())


def test_r12_what_was_never_said_has_no_outcome() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("machine")
    line.hang_up(at=20)

    line.hear("call.machine.premium.greeting.ended", {"result": "beep_detected"}, at=19)

    assert (line.call.outcome, line.actions) == ("hung_up", [])


def test_r12_the_record_is_written_when_the_settle_timer_falls_due(greeted: Line) -> None:
    greeted.hang_up()

    decision = greeted.fire("settle")

    assert decision.settle and greeted.call.settled


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("call.recording.saved", {"recording_urls": {"mp3": "https://example.test/a"}}),
        ("call.cost", {"total_cost": "0.02", "status": "success"}),
    ],
)
def test_r12_late_facts_amend_the_record(greeted: Line, kind: str, payload: dict[str, object]) -> None:
    greeted.hang_up()
    greeted.fire("settle")

    decision = greeted.hear(kind, payload)

    assert decision.settle
    assert greeted.call.recordings or greeted.call.cost


def test_r12_a_late_opt_out_amends_the_record(greeted: Line) -> None:
    greeted.hang_up(at=20)
    greeted.fire("settle")

    decision = greeted.press("9", at=19)

    assert decision.settle and greeted.call.suppressions


def test_r12_a_late_event_that_says_nothing_new_does_not(greeted: Line) -> None:
    greeted.hang_up(at=20)
    greeted.fire("settle")

    assert not greeted.hear("call.speak.started", at=19).settle


def test_a_recording_told_twice_is_kept_once(greeted: Line) -> None:
    event = Event(
        id="r", type="call.recording.saved", occurred_at=greeted.now, call_id="call_1", payload={"channels": "dual"}
    )

    greeted.take(event)
    greeted.take(event)

    told_at = event.occurred_at.isoformat()
    assert greeted.call.recordings == ({"event_id": "r", "leg": "A", "told_at": told_at, "channels": "dual"},)


def test_a_recording_is_written_while_the_call_goes_on(greeted: Line) -> None:
    decision = greeted.hear("call.recording.saved", {"recording_urls": {"mp3": "https://example.test/a"}})

    assert decision.settle and not greeted.call.settled


def test_a_recording_that_failed_is_kept_with_its_reason(greeted: Line) -> None:
    greeted.hear("call.recording.error", {"reason": "Internal server error"})

    assert greeted.call.recordings[0]["error"] == "Internal server error"


@pytest.mark.parametrize("kind", ["call.transcription", "call.recording.transcription.saved"])
def test_r12_what_was_said_amends_a_record_that_is_written(greeted: Line, kind: str) -> None:
    before = greeted.hear(kind, {"transcription_text": "yes"})
    greeted.hang_up()
    greeted.fire("settle")

    late = greeted.hear(kind, {"transcription_text": "no"})

    assert (before.settle, late.settle) == (False, True)


def test_r14_gone_waits_5_s_for_the_hangup(greeted: Line) -> None:
    decision = greeted.refuse(kind="command.gone", code="90018")

    assert greeted.due_in_s("gone") == 5.0
    assert (greeted.call.phase, decision.commands, decision.drop) == ("answered", (), "all")


def test_r14_a_leg_that_is_gone_gets_no_more_commands(greeted: Line) -> None:
    greeted.own("action.requested", {"command_id": "c", "action": "send_dtmf", "body": {"digits": "1"}})
    greeted.refuse(kind="command.gone")

    greeted.press("1")

    assert (greeted.last, greeted.call.outcome) == ([], "confirmed")


def test_r14_the_hangup_that_comes_in_time_is_the_end(greeted: Line) -> None:
    greeted.refuse(kind="command.gone")

    decision = greeted.hang_up()

    assert (greeted.call.phase, greeted.call.hangup_assumed, decision.timers["gone"]) == ("ended", False, None)


def test_r14_without_a_hangup_the_call_ends_as_assumed(greeted: Line) -> None:
    greeted.refuse(kind="command.gone")
    gone_at = greeted.now

    greeted.fire("gone")

    assert (greeted.call.phase, greeted.call.hangup_assumed, greeted.call.hangup_cause) == (
        "ended",
        True,
        "unspecified",
    )
    assert greeted.call.ended_at == gone_at
    assert greeted.due_in_s("settle") == 3.0


def test_r14_a_leg_that_only_an_error_called_over_is_hung_up_when_the_end_is_assumed(greeted: Line) -> None:
    greeted.refuse(kind="command.gone")

    decision = greeted.fire("gone")
    again = greeted.refuse(decision.commands[0], kind="command.gone")

    assert [(c.action, c.call_control_id, c.optional) for c in decision.commands] == [("hangup", CONTROL_ID, True)]
    assert (again.commands, again.timers, greeted.call.phase) == ((), {}, "ended")


def test_r14_a_leg_that_the_carrier_was_asked_about_is_not_hung_up_again(greeted: Line) -> None:
    decision = greeted.own("hangup.assumed", {"hangup_cause": "unspecified", "reason": "the carrier has no such call"})

    assert decision.commands == ()


def test_r14_a_late_real_hangup_corrects_cause_and_time_and_is_no_second_end(greeted: Line) -> None:
    greeted.own("hangup.assumed", {"hangup_cause": "unspecified", "reason": "the carrier has no such call"})
    greeted.fire("settle")

    decision = greeted.hang_up("time_limit", at=0.5)

    assert (greeted.call.hangup_cause, greeted.call.hangup_assumed) == ("time_limit", False)
    assert greeted.call.ended_at == BEGAN + timedelta(seconds=0.5)
    assert decision.settle and "settle" not in decision.timers


def test_r14_an_assumed_hangup_after_a_real_one_changes_nothing(greeted: Line) -> None:
    greeted.hang_up()
    before = greeted.call

    greeted.own("hangup.assumed", {"hangup_cause": "unspecified"})

    assert greeted.call == before


def test_a_second_hangup_changes_nothing(greeted: Line) -> None:
    greeted.hang_up()
    before = greeted.call

    greeted.hang_up("time_limit")

    assert greeted.call == before


def test_a_hangup_before_the_answer_ends_the_call() -> None:
    line = Line(GREETING)

    line.hang_up("user_busy")
    line.hear("call.answered", at=0.01)

    assert (line.call.phase, line.call.answered_at, line.call.hangup_cause) == (
        "ended",
        BEGAN + timedelta(seconds=0.01),
        "user_busy",
    )


def test_a_cause_that_comes_as_a_number_is_kept_as_text(greeted: Line) -> None:
    greeted.hear("call.hangup", {"hangup_cause": "normal_clearing", "sip_hangup_cause": 16})

    assert greeted.call.sip_hangup_cause == "16"


def test_a_rejected_dial_ends_the_call_and_settles_at_once() -> None:
    line = Line(GREETING)

    decision = line.own("dial.rejected", {"code": "10010", "title": "D13", "detail": "country"})

    assert (line.call.phase, line.call.settled, decision.settle) == ("ended", True, True)
    assert line.call.error == {"code": "10010", "title": "D13", "detail": "country"}
    assert decision.timers["settle"] is None


def test_a_rejection_does_not_end_a_call_that_was_heard_of() -> None:
    line = Line(GREETING)
    line.hear("call.initiated")

    line.own("dial.rejected", {"code": "10016"})

    assert line.call.phase == "ringing"


def test_a_hangup_that_fails_is_tried_three_times() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("fax")

    for _ in range(5):
        line.refuse(code="10007")

    assert line.actions == ["hangup"] * 3
    assert len({command.command_id for command in line.sent}) == 3


def test_a_hangup_without_effect_is_said_again_after_30_s() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("fax")
    due_s = line.due_in_s("stall:0")

    line.fire("stall:0")

    assert (due_s, line.last) == (30.0, ["hangup"])


@pytest.mark.parametrize("action", ["speak", "send_dtmf"])
def test_a_command_from_outside_goes_beside_the_flow(greeted: Line, action: str) -> None:
    decision = greeted.own("action.requested", {"command_id": "c", "action": action, "body": {"payload": "x"}})

    assert (greeted.last, decision.drop, greeted.call.step) == ([action], "none", "greet")
    assert decision.commands[0].command_id == "c"


def test_what_was_asked_for_from_outside_ends_without_moving_the_flow() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("human")
    line.own("action.requested", {"command_id": "c", "action": "speak", "body": {}})
    line.press("1")

    line.hear("call.speak.ended", {"status": "completed"})

    assert line.call.step == "thanks"


def test_a_hangup_from_outside_ends_the_flow(greeted: Line) -> None:
    decision = greeted.own("action.requested", {"command_id": "c", "action": "hangup", "body": {}})

    greeted.press("1")

    assert (decision.drop, [c.command_id for c in decision.commands]) == ("all", ["c"])
    assert (greeted.last, greeted.call.outcome) == ([], "hung_up")


def test_the_end_of_a_greeting_does_not_revive_a_flow_that_was_ended_from_outside() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("machine")
    line.own("action.requested", {"command_id": "c", "action": "hangup", "body": {}})

    line.hear("call.machine.premium.greeting.ended", {"result": "beep_detected"})

    assert (line.actions, line.call.step, line.call.outcome) == (["hangup"], "voicemail", "hung_up")


def test_a_command_from_outside_after_the_end_is_not_sent(greeted: Line) -> None:
    greeted.hang_up()

    decision = greeted.own("action.requested", {"command_id": "c", "action": "speak", "body": {}})

    assert (decision.commands, decision.note) == ((), "speak came too late")


def adopted(flow: Flow) -> Line:
    line = Line(flow)
    line.call = LiveCall(call_id="call_1", adopted=True, phase="answered", call_control_id="v3:ours", answered_at=BEGAN)
    return line


def test_r20_an_adopted_call_gets_no_command_but_the_hangup_at_its_deadline() -> None:
    line = adopted(load_flow(GREETING))
    line.detect("human")
    line.press("1")
    line.own("action.requested", {"command_id": "c", "action": "speak", "body": {}})
    before = list(line.actions)

    line.fire("deadline")

    assert (before, line.actions) == ([], ["hangup"])


def test_r20_an_adopted_call_may_be_hung_up_from_outside_and_ends_as_any_other() -> None:
    line = adopted(load_flow(GREETING))
    line.own("action.requested", {"command_id": "c", "action": "hangup", "body": {}})

    line.hang_up()

    assert (line.actions, line.call.phase) == (["hangup"], "ended")


def test_a_step_that_no_longer_exists_ends_the_call_with_an_error(greeted: Line) -> None:
    greeted.flow = load_flow(flow_text("steps:\n  first: {hangup: {}}"))

    greeted.press("1")

    assert greeted.call.phase == "answered"
    assert greeted.last == []
