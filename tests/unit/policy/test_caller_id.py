"""Which number a contact sees."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.policy.caller_id import CallerIdUse, ClosedCallerIds, choose_caller_id, why_all_closed
from orchestrator.policy.caller_id_pool import CallerIdPool, Choose, PoolNumber
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
    moved = [c for c in CONTACTS if choose_caller_id(POOL, c) != choose_caller_id(POOL[1:], c)]

    assert all(choose_caller_id(POOL, contact) == POOL[0] for contact in moved)


def test_a_resting_number_is_passed_over_and_none_is_left_when_all_rest() -> None:
    contact = next(c for c in CONTACTS if choose_caller_id(POOL, c) == POOL[3])

    assert choose_caller_id(POOL, contact, resting={POOL[3]}) not in (None, POOL[3])
    assert choose_caller_id(POOL, contact, resting=set(POOL)) is None
    assert choose_caller_id([], contact) is None


def test_the_nearest_number_comes_first_and_of_the_nearest_the_one_seen_before() -> None:
    for contact in CONTACTS[:100]:
        assert choose_caller_id(POOL, contact, nearness={POOL[2]: 1}) == POOL[2]
        assert choose_caller_id(POOL, contact, nearness={POOL[2]: 1}, before=POOL[5]) == POOL[2]
        assert choose_caller_id(POOL, contact, before=POOL[5]) == POOL[5]
        assert choose_caller_id(POOL, contact, nearness=dict.fromkeys(POOL[:4], 1), before=POOL[3]) == POOL[3]
        assert choose_caller_id(POOL, contact, before="+12125559999") == choose_caller_id(POOL, contact)


def test_the_nearest_number_that_rests_is_passed_over() -> None:
    assert choose_caller_id(POOL, "con_1", resting={POOL[2]}, nearness={POOL[2]: 2, POOL[3]: 1}) == POOL[3]


def local(*numbers: dict[str, object]) -> CallerIdPool:
    named = tuple(PoolNumber.model_validate(each) for each in numbers)
    return CallerIdPool(named, Choose.LOCAL_THEN_STICKY, per_day=75, per_hour=20)


def test_the_region_counts_more_than_the_area_code() -> None:
    miami, tampa, chicago = "+13055550101", "+18135550102", "+13125550103"
    pool = local({"number": miami, "regions": ["US-FL"]}, {"number": tampa}, {"number": chicago, "regions": ["US"]})

    assert pool.nearness("+18135550199", ["US", "US-FL"]) == {miami: 2, tampa: 3, chicago: 2}
    assert pool.nearness("+18135550199", ["US", "US-NY"]) == {miami: 0, tampa: 1, chicago: 2}
    assert pool.nearness("+13055550199", ["US", "US-FL"]) == {miami: 3, tampa: 2, chicago: 2}


def test_a_number_that_names_no_region_is_of_its_own_place() -> None:
    numbers = "+12125550101", "+18005550101", "+14165550101", "+4930901820"
    pool = local(*({"number": number} for number in numbers))

    assert [*pool.nearness("+13475550199", ["US", "US-NY"]).values()] == [2, 0, 0, 0]
    assert [*pool.nearness("+16475550199", ["CA", "CA-ON"]).values()] == [0, 0, 2, 0]
    assert [*pool.nearness("+4915112345678", ["DE"]).values()] == [0, 0, 0, 2]
    assert [*pool.nearness("+4930123456", ["DE"]).values()] == [0, 0, 0, 3]


def test_a_sticky_pool_prefers_no_number() -> None:
    assert replace(local({"number": POOL[0]}), choose=Choose.STICKY).nearness(POOL[0], ["US-NY"]) == {}


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
