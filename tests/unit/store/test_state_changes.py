"""An UPDATE of a state is built from its table, and a row that moves otherwise raises."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.errors import ForbiddenTransition
from orchestrator.model.attempt_state import MAY_RING, AttemptState
from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.model.contact_status import CLAIMABLE, ContactStatus
from orchestrator.store.sql.call_records import ContactAfter
from orchestrator.store.sql.contact_transitions import ContactRelease, Move
from orchestrator.store.sql.state_changes import change_state, sources_of


def sql(target: Any, **more: Any) -> str:
    return str(change_state(target, **more).compile(compile_kwargs={"literal_binds": True})).replace("\n", " ")


def test_an_update_moves_from_the_states_of_the_table_alone() -> None:
    assert sql(AttemptState.ACCEPTED) == (
        "UPDATE calls SET state='accepted' WHERE calls.state IN ('dialing', 'unknown')"
    )
    assert sql(CampaignStatus.PAUSED) == (
        "UPDATE campaigns SET status='paused' WHERE campaigns.status IN ('scheduled', 'running')"
    )


def test_an_update_may_be_narrowed_to_some_of_the_sources() -> None:
    assert "IN ('waiting', 'held')" in sql(ContactStatus.CANCELED, among=CLAIMABLE)
    assert sources_of(AttemptState.ENDED, among=MAY_RING) == "('dialing', 'accepted', 'unknown')"


def test_one_update_that_leads_to_several_states_starts_where_all_of_them_may_follow() -> None:
    assert sources_of(ContactStatus.COMPLETED, ContactStatus.UNKNOWN) == "('waiting', 'held', 'calling')"


def test_no_update_is_built_for_a_change_that_is_not_in_the_table() -> None:
    with pytest.raises(ForbiddenTransition):
        change_state(AttemptState.RESERVED)
    with pytest.raises(ForbiddenTransition):
        change_state(CampaignStatus.RUNNING, among=(CampaignStatus.COMPLETED,))
    with pytest.raises(ForbiddenTransition):
        sources_of(ContactStatus.CALLING, among=(ContactStatus.EXPIRED,))


def test_a_contact_that_has_ended_is_not_claimed() -> None:
    with pytest.raises(ForbiddenTransition):
        Move("con_1", ContactStatus.COMPLETED, ContactStatus.CALLING, current_call_id="call_1")


def test_r4_only_a_contact_that_is_being_called_is_put_back() -> None:
    with pytest.raises(ForbiddenTransition):
        ContactRelease("con_1", ContactStatus.CANCELED, ContactStatus.WAITING, "carrier_busy", None, 1)


def test_r12_a_record_never_reopens_a_contact() -> None:
    told: dict[str, Any] = {"attempts": 1, "tally": {}, "disposition": "busy", "outcome": None, "answers": {}}
    with pytest.raises(ForbiddenTransition):
        ContactAfter("con_1", "call_1", ContactStatus.EXHAUSTED, ContactStatus.WAITING, None, None, **told)
