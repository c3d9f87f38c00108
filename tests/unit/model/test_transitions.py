"""A state changes only as its table allows, and the tables say the same as docs/states.md."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.errors import ForbiddenTransition
from orchestrator.model.attempt_state import ATTEMPT_TRANSITIONS, FINAL_STATES, AttemptState
from orchestrator.model.campaign_status import CAMPAIGN_TRANSITIONS, FINAL_CAMPAIGN, CampaignStatus
from orchestrator.model.contact_status import CLAIMABLE, CONTACT_TRANSITIONS, FINAL_STATUSES, REDIALED, ContactStatus
from orchestrator.model.transitions import TransitionTable
from tests.support.rule_tests import rules
from tests.support.state_tables import PAGE, text

TABLES: list[TransitionTable[Any]] = [ATTEMPT_TRANSITIONS, CONTACT_TRANSITIONS, CAMPAIGN_TRANSITIONS]
BY_THING = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.thing)


def test_the_page_of_states_is_what_the_tables_say() -> None:
    assert PAGE.read_text() == text(), "write it anew: make docs"


@BY_THING
def test_a_table_has_each_transition_once_and_none_that_changes_nothing(table: TransitionTable[Any]) -> None:
    pairs = [(row.source, row.target) for row in table]

    assert len(pairs) == len(set(pairs))
    assert [pair for pair in pairs if pair[0] == pair[1]] == []


@BY_THING
def test_every_state_is_in_its_table(table: TransitionTable[Any]) -> None:
    named = {state for row in table for state in (row.source, row.target)}

    assert named == set(table.states)


@BY_THING
def test_a_transition_names_who_makes_it_and_a_rule_that_is_on_the_page(table: TransitionTable[Any]) -> None:
    assert all(row.by for row in table)
    assert {row.rule for row in table if row.rule} <= set(rules())


def test_a_state_that_is_called_final_has_no_way_out_but_to_the_truth() -> None:
    assert [state for state in AttemptState if ATTEMPT_TRANSITIONS.is_final(state)] == [AttemptState.ENDED]
    assert [row.target for row in ATTEMPT_TRANSITIONS if row.source is AttemptState.WITHDRAWN] == [AttemptState.ENDED]
    assert set(FINAL_STATES) == {AttemptState.ENDED, AttemptState.WITHDRAWN}
    assert {row.source for row in CONTACT_TRANSITIONS if row.source in FINAL_STATUSES and not row.on_request} == {
        ContactStatus.UNKNOWN
    }
    assert {row.target for row in CONTACT_TRANSITIONS if row.source is ContactStatus.UNKNOWN} <= set(FINAL_STATUSES)
    assert {state for state in CampaignStatus if CAMPAIGN_TRANSITIONS.is_final(state)} == set(FINAL_CAMPAIGN)


def test_only_a_person_lets_who_has_ended_wait_again_and_never_the_unknown() -> None:
    assert set(CONTACT_TRANSITIONS.sources(ContactStatus.WAITING, on_request=True)) == set(REDIALED)
    assert not set(CONTACT_TRANSITIONS.sources(ContactStatus.WAITING)) & set(FINAL_STATUSES)
    assert ContactStatus.UNKNOWN not in REDIALED
    assert CAMPAIGN_TRANSITIONS.sources(CampaignStatus.RUNNING, on_request=True) == (CampaignStatus.COMPLETED,)


def test_r21_a_contact_whose_attempt_stayed_unknown_is_never_dialed_again() -> None:
    with pytest.raises(ForbiddenTransition, match="contact from unknown to waiting"):
        CONTACT_TRANSITIONS.check(ContactStatus.UNKNOWN, ContactStatus.WAITING)


def test_a_change_that_the_table_does_not_have_raises_and_staying_does_not() -> None:
    ATTEMPT_TRANSITIONS.check(AttemptState.ENDED, AttemptState.ENDED)

    with pytest.raises(ForbiddenTransition, match="attempt from ended to dialing is not in the table"):
        ATTEMPT_TRANSITIONS.check(AttemptState.ENDED, AttemptState.DIALING)


def test_the_sources_of_a_state_are_those_of_its_table_in_the_order_of_the_states() -> None:
    assert CAMPAIGN_TRANSITIONS.sources(CampaignStatus.PAUSED) == (CampaignStatus.SCHEDULED, CampaignStatus.RUNNING)
    assert CONTACT_TRANSITIONS.sources(ContactStatus.CANCELED, among=CLAIMABLE) == CLAIMABLE


def test_a_state_that_nothing_leads_to_has_no_sources() -> None:
    with pytest.raises(ForbiddenTransition):
        ATTEMPT_TRANSITIONS.sources(AttemptState.RESERVED)


def test_sources_among_which_one_is_not_allowed_are_refused() -> None:
    with pytest.raises(ForbiddenTransition, match="contact from completed to canceled"):
        CONTACT_TRANSITIONS.sources(ContactStatus.CANCELED, among=(*CLAIMABLE, ContactStatus.COMPLETED))
