"""R6 and rule 8: whose event it is."""

from __future__ import annotations

import pytest

from orchestrator.model.decision import Decision
from tests.support.flows import CONTROL_ID, GREETING, OTHER_ID, Line, flow_text

AGENTS = """
    inputs: {one: {}, two: {}}
    outcomes: [connected, nobody]
    steps:
      first:
        transfer: {to: "{{ contact.one }}", timeout_secs: 15}
        on: {target.call.bridged: {outcome: connected, goto: talk}, target.call.hangup: second}
        timeout: {after: 30s, goto: second}
      second:
        transfer: {to: "{{ contact.two }}", timeout_secs: 15}
        on: {target.call.bridged: {outcome: connected, goto: talk}, target.call.hangup: {outcome: nobody, goto: bye}}
      talk: {wait_for: target.call.hangup, goto: bye}
      bye: {hangup: {}}
"""


@pytest.fixture
def lead() -> Line:
    line = Line(flow_text(AGENTS), one="+13125550143", two="+13125550144")
    line.answer()
    line.accept()
    return line


def from_agent(line: Line, kind: str, leg_id: str = "v3:agent-1", letter: str = "B", **payload: str) -> Decision:
    return line.hear(kind, dict(payload), leg=letter, control_id=leg_id)


def test_r6_the_first_control_id_binds_the_call() -> None:
    line = Line(GREETING)

    line.own("dial.accepted", {"call_control_id": CONTROL_ID, "call_leg_id": "l", "call_session_id": "s"})

    assert (line.call.call_control_id, line.call.call_leg_id, line.call.call_session_id) == (CONTROL_ID, "l", "s")
    assert line.call.phase == "ringing"


def test_r6_a_second_call_is_hung_up_counted_and_moves_nothing() -> None:
    line = Line(GREETING)
    line.hear("call.initiated")

    decision = line.hear("call.answered", control_id=OTHER_ID)

    assert [(c.action, c.call_control_id) for c in decision.commands] == [("hangup", OTHER_ID)]
    assert (line.call.doubles, line.call.phase, line.call.call_control_id) == ((OTHER_ID,), "ringing", CONTROL_ID)


def test_r6_a_second_call_is_hung_up_once() -> None:
    line = Line(GREETING)
    line.hear("call.initiated")
    line.hear("call.initiated", control_id=OTHER_ID)

    line.hear("call.answered", control_id=OTHER_ID)
    line.hear("call.hangup", control_id=OTHER_ID)

    assert line.actions == ["hangup"]
    assert line.call.phase == "ringing"


def test_r6_the_dials_own_answer_may_tell_of_the_second_call() -> None:
    line = Line(GREETING)
    line.hear("call.initiated")

    decision = line.own("dial.accepted", {"call_control_id": OTHER_ID})

    assert [(c.action, c.call_control_id) for c in decision.commands] == [("hangup", OTHER_ID)]


def test_r6_dropping_everything_does_not_drop_the_hangup_of_the_second_call() -> None:
    line = Line(GREETING)
    line.hear("call.initiated")
    doubles = line.hear("call.initiated", control_id=OTHER_ID).commands

    decision = line.hang_up()

    assert (decision.drop, decision.commands) == ("all", doubles)


def test_r6_that_the_second_call_is_gone_is_no_news_about_ours() -> None:
    line = Line(GREETING)
    line.answer()
    line.detect("human")
    double = line.hear("call.initiated", control_id=OTHER_ID).commands[0]

    line.refuse(double, kind="command.gone")

    assert (line.call.gone_at, line.decision.timers) == (None, {})


def test_r6_only_the_hangup_of_the_calls_own_leg_ends_it(lead: Line) -> None:
    from_agent(lead, "call.initiated")

    from_agent(lead, "call.hangup", hangup_cause="user_busy")

    assert lead.call.phase == "answered"
    assert lead.call.target_legs == ("v3:agent-1",)


def test_rule_8_the_other_leg_moves_the_flow_under_its_own_name(lead: Line) -> None:
    from_agent(lead, "call.initiated")
    from_agent(lead, "call.answered")
    lead.hear("call.bridged")

    from_agent(lead, "call.bridged")

    assert (lead.call.step, lead.call.outcome, lead.last) == ("talk", "connected", [])


def test_rule_8_who_does_not_take_the_call_leads_to_the_next(lead: Line) -> None:
    from_agent(lead, "call.hangup", hangup_cause="timeout")

    assert (lead.call.step, lead.last) == ("second", ["transfer"])
    assert lead.sent[-1].body == {"to": "+13125550144", "timeout_secs": 15}


def test_rule_8_a_leg_that_still_rings_is_hung_up_when_its_step_is_left(lead: Line) -> None:
    from_agent(lead, "call.initiated")

    decision = lead.fire("step:1")

    assert [(c.action, c.call_control_id) for c in decision.commands] == [("hangup", "v3:agent-1"), ("transfer", None)]


def test_rule_8_a_late_hangup_of_the_first_agent_is_not_the_second_agents(lead: Line) -> None:
    from_agent(lead, "call.initiated")
    lead.fire("step:1")
    from_agent(lead, "call.initiated", "v3:agent-2", letter="C")

    from_agent(lead, "call.hangup", "v3:agent-1")

    assert lead.call.step == "second"


def test_rule_8_the_second_agents_own_hangup_is(lead: Line) -> None:
    from_agent(lead, "call.initiated")
    lead.fire("step:1")
    from_agent(lead, "call.initiated", "v3:agent-2", letter="C")
    from_agent(lead, "call.hangup", "v3:agent-1")

    from_agent(lead, "call.hangup", "v3:agent-2", letter="C")

    assert (lead.call.step, lead.call.outcome) == ("bye", "nobody")


def test_rule_8_when_the_conversation_is_over_the_call_is_hung_up(lead: Line) -> None:
    from_agent(lead, "call.bridged")

    from_agent(lead, "call.hangup")

    assert (lead.last, lead.call.outcome) == (["hangup"], "connected")


def test_rule_8_a_bridged_leg_is_not_hung_up_when_its_step_is_left(lead: Line) -> None:
    from_agent(lead, "call.answered")

    from_agent(lead, "call.bridged")

    assert lead.last == []


def test_rule_8_the_callees_hangup_ends_the_flow_whatever_the_agent_does(lead: Line) -> None:
    from_agent(lead, "call.initiated")
    lead.hang_up()

    from_agent(lead, "call.hangup")

    assert (lead.call.phase, lead.last) == ("ended", [])


def test_a_recording_of_the_other_leg_is_kept(lead: Line) -> None:
    from_agent(lead, "call.recording.saved", channels="single")

    assert lead.call.recordings[0]["leg"] == "B"


def test_rule_8_each_transfer_gives_its_leg_a_letter_of_its_own(lead: Line) -> None:
    from_agent(lead, "call.hangup", hangup_cause="timeout")

    assert [c.target_role for c in lead.sent if c.action == "transfer"] == ["B", "C"]


def test_rule_8_the_second_agent_may_be_heard_of_before_the_first(lead: Line) -> None:
    lead.fire("step:1")
    from_agent(lead, "call.initiated", "v3:agent-2", letter="C")

    from_agent(lead, "call.hangup", "v3:agent-1", letter="B")

    assert lead.call.step == "second"
    assert [(one.action, one.leg) for one in lead.call.outstanding] == [("transfer", "v3:agent-2")]


def test_rule_8_an_agent_who_was_given_up_before_it_rang_is_hung_up_when_it_rings(lead: Line) -> None:
    lead.fire("step:1")

    decision = from_agent(lead, "call.initiated")

    assert [(c.action, c.call_control_id, c.role) for c in decision.commands] == [("hangup", "v3:agent-1", "B")]
    assert from_agent(lead, "call.initiated").commands == ()


def test_rule_8_nothing_the_first_agent_does_is_taken_for_the_second_who_is_over(lead: Line) -> None:
    from_agent(lead, "call.initiated")
    lead.fire("step:1")
    from_agent(lead, "call.answered", "v3:agent-2", letter="C")
    from_agent(lead, "call.bridged", "v3:agent-2", letter="C")

    from_agent(lead, "call.hangup", "v3:agent-1")

    assert lead.call.step == "talk"


def test_the_users_own_state_stays_on_the_leg_until_another_is_said() -> None:
    line = Line(
        flow_text("""
        steps:
          first: {speak: {payload: One}, state: "one", on: {call.speak.ended: second}}
          second: {speak: {payload: Two}, on: {call.speak.ended: third}}
          third: {speak: {payload: Three}, state: "three", on: {call.speak.ended: bye}}
          bye: {hangup: {}}
    """)
    )
    line.answer()
    for _ in range(3):
        line.accept()
        line.hear("call.speak.ended", {"status": "completed"})

    assert [c.user_state for c in line.sent] == ["one", "one", "three", "three"]


def test_a_transfer_that_an_earlier_version_began_is_heard_of(lead: Line) -> None:
    begun = tuple(one.model_copy(update={"role": None}) for one in lead.call.outstanding)
    lead.call = lead.call.model_copy(update={"outstanding": begun, "transfers": 0})

    from_agent(lead, "call.initiated")
    from_agent(lead, "call.hangup", hangup_cause="timeout")

    assert lead.call.step == "second"
