"""Numbers are added to a pool and taken out one by one, over REST."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.service.api.test_api_caller_id_pools import POOLS, answered, pool
from tests.support.rest import CALLER_ID, Rest, fresh_number, pointers


def numbers(shown: Any) -> list[tuple[str, list[str]]]:
    return [(each["number"], each["regions"]) for each in shown.json["numbers"]]


def test_numbers_are_added_one_by_one_and_one_that_is_there_is_written_anew(rest: Rest) -> None:
    path = f"{POOLS}/{pool(rest, CALLER_ID)['id']}/numbers"

    more = {
        "numbers": [{"number": "+1 (212) 555-0111", "regions": ["US-NY"]}, {"number": CALLER_ID, "regions": ["US"]}]
    }
    for _ in range(2):
        added = rest.post(path, more)
        assert added.status_code == 200, added.text
        assert numbers(added) == [(CALLER_ID, ["US"]), ("+12125550111", ["US-NY"])]

    assert list(pointers(rest.post(path, {"numbers": [{"number": "+44"}]}))) == ["/numbers/0/number"]
    assert list(pointers(rest.post(path, {"numbers": []}))) == ["/numbers"]
    assert rest.post(f"{POOLS}/pool_01ARZ3NDEKTSV4RRFFQ69G5FAV/numbers", more).status_code == 404


def test_a_number_is_taken_out_and_the_last_one_stays(rest: Rest) -> None:
    path = f"{POOLS}/{pool(rest, CALLER_ID, '+12125550111')['id']}/numbers"

    taken = rest.delete(f"{path}?number=%2B12125550111")
    assert taken.status_code == 200, taken.text
    assert numbers(taken) == [(CALLER_ID, [])]
    assert rest.delete(f"{path}?number=%2B12125550111").status_code == 404
    assert list(pointers(rest.delete(f"{path}?number={CALLER_ID.replace('+', '%2B')}"))) == ["/numbers"]


def test_a_number_added_to_a_local_pool_must_be_answered(rest: Rest) -> None:
    number, _ = answered(rest)
    path = f"{POOLS}/{pool(rest, number, choose='local_then_sticky')['id']}/numbers"

    assert list(pointers(rest.post(path, {"numbers": [{"number": fresh_number()}]}))) == ["/numbers/0/number"]


def test_two_who_add_a_number_at_once_both_add_it(rest: Rest) -> None:
    path = f"{POOLS}/{pool(rest, CALLER_ID)['id']}/numbers"
    wanted = [f"+1212555{n:04d}" for n in range(101, 109)]

    with ThreadPoolExecutor(4) as people:
        added = list(people.map(lambda number: rest.post(path, {"numbers": [{"number": number}]}), wanted))
    assert [each.status_code for each in added] == [200] * len(wanted)

    shown = rest.get(path.removesuffix("/numbers"))
    assert sorted(number for number, _ in numbers(shown)) == sorted([CALLER_ID, *wanted])
