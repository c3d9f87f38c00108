"""A live call is frozen; the draft that one event changes takes its own fields and no others."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.model.live_call import CallDraft, LiveCall, Outstanding
from tests.support.flows import GREETING, Line

COMMAND = Outstanding(command_id="1", action="transfer", visit=3)


def test_a_misspelt_field_is_an_error() -> None:
    draft: Any = CallDraft.of(LiveCall(call_id="call_1"))

    with pytest.raises(ValueError, match="outcom"):
        draft.outcom = "confirmed"


def test_a_live_call_takes_no_assignment() -> None:
    call: Any = LiveCall(call_id="call_1")

    with pytest.raises(ValidationError, match="frozen"):
        call.outcome = "confirmed"


def test_a_draft_leaves_its_call_as_it_is() -> None:
    call = LiveCall(call_id="call_1", answers={"confirmed": False})
    draft = CallDraft.of(call)

    draft.outcome, draft.visit = "confirmed", 3

    assert call == LiveCall(call_id="call_1", answers={"confirmed": False})
    assert draft.frozen() == LiveCall(call_id="call_1", answers={"confirmed": False}, outcome="confirmed", visit=3)


def test_a_draft_has_the_fields_of_a_live_call_and_none_besides() -> None:
    assert CallDraft.model_fields.keys() == LiveCall.model_fields.keys()


def test_a_decision_holds_a_frozen_call_that_is_written_and_read_as_ever() -> None:
    line = Line(GREETING)

    call = line.hear("call.answered").call

    assert type(call) is LiveCall
    assert LiveCall.model_validate_json(call.model_dump_json()) == call


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        (COMMAND.as_accepted(), {"accepted": True}),
        (COMMAND.as_started(), {"started": True}),
        (COMMAND.as_joined(), {"joined": True}),
        (COMMAND.as_stopped(), {"stopped": True}),
        (COMMAND.with_leg("v3:other"), {"leg": "v3:other"}),
    ],
)
def test_a_command_changes_in_one_field_only(changed: Outstanding, fields: dict[str, Any]) -> None:
    assert changed == Outstanding(command_id="1", action="transfer", visit=3, **fields)
