"""The sample flows: accepted, and played through at a desk with the engine that runs calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.flow import check_flow, load_flow
from orchestrator.flow.dry_run.dry_run import DryRun
from orchestrator.flow.dry_run.scripted_callee import Callee, CalleeKind
from orchestrator.flow.samples import SAMPLES, sample
from orchestrator.flow.syntax.problem import Findings
from orchestrator.model.call_end import end_of
from orchestrator.model.live_call import LiveCall
from orchestrator.policy.purposes import Purpose
from tests.support.flows import BEGAN, problems_of

PHONE = "+12025550123"


def played(name: str, *presses: str, kind: CalleeKind = CalleeKind.HUMAN, **callee: object) -> tuple[LiveCall, str]:
    flow = load_flow(sample(name))
    variables = {wanted: "+13125550143" if "agent" in wanted else wanted for wanted in flow.required_inputs}
    rehearsal = DryRun(flow, Callee(kind, presses, **callee), PHONE, variables, BEGAN)  # type: ignore[arg-type]
    said = "\n".join(line.text for line in rehearsal.play())
    return rehearsal.call, said


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_accepted(name: str) -> None:
    assert problems_of(sample(name)) == []


@pytest.mark.parametrize(
    ("presses", "kind", "outcome", "disposition"),
    [
        (("1",), CalleeKind.HUMAN, "confirmed", "human"),
        (("9",), CalleeKind.HUMAN, "opted_out", "human"),
        (("5", "1"), CalleeKind.HUMAN, "confirmed", "human"),
        ((), CalleeKind.HUMAN, "heard", "human"),
        ((), CalleeKind.SILENCE, "heard", "human"),
        ((), CalleeKind.MACHINE, "voicemail", "machine"),
        ((), CalleeKind.FAX, "hung_up", "fax"),
        ((), CalleeKind.BUSY, None, "busy"),
        ((), CalleeKind.NO_ANSWER, None, "no_answer"),
        ((), CalleeKind.REJECTED, None, "rejected"),
    ],
)
def test_the_reminder_ends_as_it_should(
    presses: tuple[str, ...], kind: CalleeKind, outcome: str | None, disposition: str
) -> None:
    call, _ = played("appointment", *presses, kind=kind)

    assert (call.phase, call.outcome, end_of(call).disposition) == ("ended", outcome, disposition)


def test_the_reminder_remembers_who_wants_no_more_calls() -> None:
    call, _ = played("appointment", "9")

    assert [(wish.scope, wish.reason) for wish in call.suppressions] == [("global", "opt-out")]


def test_the_reminder_says_who_and_when() -> None:
    _, said = played("appointment", "1")

    assert "This is Elm Clinic for first_name: appointment. Press 1 to confirm" in said


@pytest.mark.parametrize(
    ("presses", "answers", "outcome"),
    [
        (("5", "4"), {"q1": 5, "q2": 4, "q3": None}, "complete"),
        (("2", "4", "3"), {"q1": 2, "q2": 4, "q3": 3}, "complete"),
        (("2", "4"), {"q1": 2, "q2": 4, "q3": None}, "partial"),
        (("3",), {"q1": 3, "q2": None, "q3": None}, "partial"),
        ((), {"q1": None, "q2": None, "q3": None}, "no_answers"),
    ],
)
def test_the_survey_asks_the_third_question_only_below_3(
    presses: tuple[str, ...], answers: dict[str, int | None], outcome: str
) -> None:
    call, said = played("survey", *presses)

    assert (call.answers, call.outcome) == (answers, outcome)
    assert ("We are sorry" in said) == (len(presses) > 1 and presses[0] == "2")


def test_what_was_answered_stays_when_the_callee_hangs_up() -> None:
    call, _ = played("survey", "2", hangs_up_after_s=12.0)

    assert (call.answers["q1"], call.outcome) == (2, "partial")


@pytest.mark.parametrize(
    ("presses", "outcome", "asked"), [(("5",), "acknowledged", 1), (("", "5"), "acknowledged", 2), ((), "heard", 3)]
)
def test_the_alert_is_repeated_until_it_is_acknowledged(presses: tuple[str, ...], outcome: str, asked: int) -> None:
    call, said = played("alert", *presses)

    assert (call.outcome, said.count("Attention: message.")) == (outcome, asked)


@pytest.mark.parametrize(
    ("presses", "agent_answers", "outcome", "transfers"),
    [(("1",), True, "connected", 1), (("1",), False, "nobody_free", 2), ((), True, "not_interested", 0)],
)
def test_the_lead_is_put_through_or_told_to_wait(
    presses: tuple[str, ...], agent_answers: bool, outcome: str, transfers: int
) -> None:
    call, said = played("lead", *presses, agent_answers=agent_answers)

    assert (call.outcome, said.count("transfer (")) == (outcome, transfers)


def test_the_lead_is_fit_for_sales_calls_and_silent_to_nobody() -> None:
    assert check_flow(sample("lead"), purpose=Purpose.SALES) == Findings([], [])


@pytest.mark.parametrize("kind", list(CalleeKind))
def test_the_lead_speaks_at_once_and_no_message_is_left(kind: CalleeKind) -> None:
    call, said = played("lead", kind=kind)

    spoken = "This is Elm Solar, 312 555 0100. offer" in said
    assert (call.phase, spoken) == ("ended", kind not in {CalleeKind.BUSY, CalleeKind.NO_ANSWER, CalleeKind.REJECTED})
    if call.heard_at is not None and call.answered_at is not None:
        assert (call.heard_at - call.answered_at).total_seconds() < 2


def test_the_lead_takes_an_opt_out() -> None:
    call, said = played("lead", "9")

    assert [wish.scope for wish in call.suppressions] == ["global"] and "You will not be called again" in said


def test_the_guides_first_flow_is_accepted() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "flows.md").read_text(encoding="utf-8")

    assert problems_of(guide.split("```yaml\n")[1].split("```")[0]) == []


# The greeting ends 8 s behind the answer, the message 7 s later: it says first that its voice is artificial.
@pytest.mark.parametrize("after_s", [0.1, 1.0, 1.3, 2.5, 4.0, 6.0, 7.9, 8.1, 9.0, 9.3, 10.0, 12.0, 14.0, 14.8])
def test_a_message_that_is_cut_off_at_any_moment_is_not_told_as_left(after_s: float) -> None:
    call, said = played("appointment", kind=CalleeKind.MACHINE, hangs_up_after_s=after_s)

    assert (call.phase, call.outcome) == ("ended", "hung_up")
    assert said.count("speak") == (after_s > 8.0)


@pytest.mark.parametrize("after_s", [15.5, 16.0, 20.0, 60.0])
def test_a_message_that_was_heard_whole_is_told_as_left_whoever_hangs_up(after_s: float) -> None:
    call, said = played("appointment", kind=CalleeKind.MACHINE, hangs_up_after_s=after_s)

    assert (call.outcome, said.count("speak")) == ("voicemail", 1)
