"""Which number a contact sees."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.policy.caller_id import CallerIdUse, ClosedCallerIds, choose_caller_id, why_all_closed
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.phone.area_code import area_code

POOL = [f"+121255501{n:02d}" for n in range(8)]
CONTACTS = [f"con_{n}" for n in range(4000)]


def test_a_contact_sees_the_same_number_at_every_attempt_whatever_the_order_of_the_list() -> None:
    for contact in CONTACTS[:100]:
        assert choose_caller_id(POOL, contact) == choose_caller_id(list(reversed(POOL)), contact)


def test_contacts_are_spread_evenly_over_the_numbers() -> None:
    seen = Counter(choose_caller_id(POOL, contact) for contact in CONTACTS)

    assert set(seen) == set(POOL)
    assert max(seen.values()) < 1.3 * min(seen.values())


def test_a_number_taken_away_moves_only_its_own_contacts() -> None:
    assert choose_caller_id([], CONTACTS[0]) is None
    moved = [c for c in CONTACTS if choose_caller_id(POOL, c) != choose_caller_id(POOL[1:], c)]

    assert all(choose_caller_id(POOL, contact) == POOL[0] for contact in moved)


@pytest.mark.parametrize(
    ("number", "area"),
    [
        ("+12125550123", "+1212"),
        ("+4930901820", "+4930"),
        ("+4915112345678", None),
        ("+80012345678", None),
        ("+1", None),
    ],
)
def test_the_area_code_of_a_number(number: str, area: str | None) -> None:
    assert area_code(number) == area


NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
FREE = CallerIdUse(per_day=75, per_hour=20)


@pytest.mark.parametrize(
    ("use", "is_open"),
    [
        (FREE, True),
        (replace(FREE, dials_day=74, dials_hour=19), True),
        (replace(FREE, dials_day=75), False),
        (replace(FREE, dials_hour=20), False),
        (replace(FREE, resting_until=NOW), True),
        (replace(FREE, resting_until=NOW + timedelta(microseconds=1)), False),
    ],
)
def test_a_number_is_open_up_to_the_edge_of_its_caps_and_from_the_end_of_its_rest(
    use: CallerIdUse, is_open: bool
) -> None:
    assert use.is_open(NOW) is is_open
    assert (why_all_closed([use], NOW) is None) is is_open


def test_row_39_two_full_numbers_are_closed_until_the_first_has_room() -> None:
    full = replace(FREE, dials_day=75)
    uses = [replace(full, day_frees_at=NOW + timedelta(hours=hours)) for hours in (7, 1)]

    closed = ClosedCallerIds(Reason.CALLER_ID_QUOTA, NOW + timedelta(hours=1))
    assert why_all_closed(uses, NOW) == closed


def test_a_dial_that_may_be_withdrawn_is_waited_for_15_minutes() -> None:
    [use] = [replace(FREE, per_hour=1, per_day=1).with_one_more()]

    assert why_all_closed([use], NOW) == ClosedCallerIds(Reason.CALLER_ID_QUOTA, NOW + timedelta(minutes=15))
