"""Which number a contact sees."""

from __future__ import annotations

from collections import Counter

from orchestrator.policy.caller_id import choose_caller_id

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
