"""Which number of a pool a contact sees: the same as if all of them were looked at and sorted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from hashlib import blake2b

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.policy.caller_id_choice import Choose
from orchestrator.policy.caller_id_index import CallerIdIndex
from orchestrator.policy.caller_id_pool import CallerIdPool, PoolNumber
from orchestrator.policy.law.regions import regions_of
from orchestrator.policy.phone.area_code import area_code

NEW_YORK, MIAMI, TAMPA, CHICAGO, FREE, TORONTO, BERLIN = (
    "+12125550101",
    "+13055550101",
    "+18135550102",
    "+13125550103",
    "+18005550101",
    "+14165550101",
    "+4930901820",
)
CONTACTS = [f"con_{n}" for n in range(1000)]
SAMPLED = [f"+1{area}55501{n:02d}" for area in (212, 305, 813, 312, 800, 416) for n in range(8)] + [BERLIN]
REGIONS = ["US", "US-FL", "US-NY", "CA", "CA-ON", "DE"]


def pool_of(*numbers: Mapping[str, object], choose: Choose = Choose.LOCAL_THEN_STICKY) -> CallerIdPool:
    named = [PoolNumber.model_validate(each) for each in numbers]
    return CallerIdPool(CallerIdIndex(named), choose, per_day=75, per_hour=20)


def groups_of(pool: CallerIdPool, phone: str, *regions: str) -> list[set[str]]:
    return [set(group) for group in pool.numbers.nearest_first(phone, regions)]


def test_the_region_counts_more_than_the_area_code() -> None:
    pool = pool_of({"number": MIAMI, "regions": ["US-FL"]}, {"number": TAMPA}, {"number": CHICAGO, "regions": ["US"]})

    assert groups_of(pool, "+18135550199", "US", "US-FL") == [{TAMPA}, {MIAMI, CHICAGO}, set(), set()]
    assert groups_of(pool, "+18135550199", "US", "US-NY") == [set(), {CHICAGO}, {TAMPA}, {MIAMI}]
    assert groups_of(pool, "+13055550199", "US", "US-FL") == [{MIAMI}, {TAMPA, CHICAGO}, set(), set()]


def test_a_number_that_names_no_region_is_of_its_own_place() -> None:
    pool = pool_of(*({"number": number} for number in (NEW_YORK, FREE, TORONTO, BERLIN)))

    assert groups_of(pool, "+13475550199", "US", "US-NY")[1] == {NEW_YORK}
    assert groups_of(pool, "+16475550199", "CA", "CA-ON")[1] == {TORONTO}
    assert groups_of(pool, "+4915112345678", "DE")[1] == {BERLIN}
    assert groups_of(pool, "+4930123456", "DE")[0] == {BERLIN}


def test_a_sticky_pool_prefers_no_number() -> None:
    numbers = [{"number": NEW_YORK}, {"number": MIAMI}]
    pool = pool_of(*numbers, choose=Choose.STICKY)

    seen = {pool.choose_for(contact, MIAMI, regions=("US", "US-FL")) for contact in CONTACTS}

    assert seen == {NEW_YORK, MIAMI}


def test_a_resting_number_is_passed_over_and_none_is_left_when_all_rest() -> None:
    pool = pool_of(*({"number": number} for number in SAMPLED[:8]), choose=Choose.STICKY)
    own = pool.choose_for("con_1", MIAMI, regions=())
    assert own is not None

    assert pool.choose_for("con_1", MIAMI, regions=(), resting={own}) not in (None, own)
    assert pool.choose_for("con_1", MIAMI, regions=(), resting=set(SAMPLED)) is None


def _sorted_as_before(
    numbers: Collection[PoolNumber],
    contact_id: str,
    phone: str,
    *,
    regions: Collection[str],
    resting: Collection[str],
    before: str | None,
    is_local: bool,
) -> str | None:
    """Choose by looking at each number, as it was done before there was an index."""

    def own(number: PoolNumber) -> set[str]:
        places = set(regions_of(number.number))
        return set(number.regions) or ({p for p in places if "-" in p} if number.number.startswith("+1") else places)

    def rank(number: PoolNumber) -> tuple[int, bool, bytes]:
        area = area_code(phone)
        near = 2 * (not own(number).isdisjoint(regions)) + (area is not None and area == area_code(number.number))
        weight = blake2b(f"{number.number}/{contact_id}".encode(), digest_size=8).digest()
        return near if is_local else 0, number.number == before, weight

    awake = [each for each in numbers if each.number not in resting]
    return max(awake, key=rank).number if awake else None


@given(
    numbers=st.lists(
        st.tuples(st.sampled_from(SAMPLED), st.lists(st.sampled_from(REGIONS), max_size=2)),
        min_size=1,
        unique_by=lambda each: each[0],
    ),
    phone=st.sampled_from(["+18135550199", "+13475550199", "+8001234567890", "+4930123456", "+18005550199"]),
    region=st.sampled_from([None, "US-FL", "CA-ON"]),
    resting=st.sets(st.sampled_from(SAMPLED)),
    before=st.sampled_from([None, *SAMPLED]),
    contact_id=st.sampled_from(CONTACTS),
    choose=st.sampled_from(Choose),
)
def test_the_index_chooses_what_looking_at_each_number_chose(
    numbers: list[tuple[str, list[str]]],
    phone: str,
    region: str | None,
    resting: set[str],
    before: str | None,
    contact_id: str,
    choose: Choose,
) -> None:
    named = [PoolNumber(number=number, regions=tuple(regions)) for number, regions in numbers]
    pool = replace(pool_of({"number": NEW_YORK}), numbers=CallerIdIndex(named), choose=choose)
    regions = regions_of(phone, region)

    chosen = pool.choose_for(contact_id, phone, regions=regions, resting=resting, before=before)

    is_local = choose is Choose.LOCAL_THEN_STICKY
    assert chosen == _sorted_as_before(
        named, contact_id, phone, regions=regions, resting=resting, before=before, is_local=is_local
    )
