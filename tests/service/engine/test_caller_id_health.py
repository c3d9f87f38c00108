"""Numbers of pools go to rest by what the ledger says of their calls, and the carrier says whose they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from orchestrator.clock import utc_now
from orchestrator.errors import OrchestratorError
from orchestrator.operations.caller_ids.attest_numbers import attest_numbers
from orchestrator.operations.caller_ids.find_pools import NumberNow, find_pool
from orchestrator.operations.caller_ids.rest_numbers import rest_numbers
from orchestrator.store.sql.caller_id_health import put_to_rest
from tests.support.caller_id_pools import ONE, OTHER, THIRD, change, history, pool, pooled, rest_number, shown
from tests.support.carrier_stub import Answer, Asked, CarrierStub, refusal
from tests.support.world import World

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def answered(world: World, number: str, count: int, *, lasted_s: float = 60, ago: timedelta = HOUR) -> None:
    """Let people have answered calls from a number."""
    at = utc_now() - ago
    history(world, number, count, ago=ago, answered_at=at, ended_at=at + timedelta(seconds=lasted_s))


def number_now(world: World, pool_id: str, number: str) -> NumberNow:
    [found] = [each for each in world.run(find_pool, pool_id).numbers if each.number["number"] == number]
    return found


@pytest.fixture
def in_use(world: World) -> str:
    """Return a pool that a running campaign dials from; people answer half of the calls from two of its numbers."""
    pool_id = pool(world, ONE, OTHER, THIRD)
    pooled(world, pool_id)
    for number in (OTHER, THIRD):
        history(world, number, 30, ago=HOUR)
        answered(world, number, 30)
    return pool_id


@pytest.mark.parametrize(("unanswered", "taken", "rests"), [(45, 15, False), (46, 14, True), (38, 11, False)])
def test_a_number_that_hardly_anybody_answers_goes_to_rest(
    world: World, in_use: str, unanswered: int, taken: int, rests: bool
) -> None:
    history(world, ONE, unanswered, ago=HOUR)
    answered(world, ONE, taken)

    rested = rest_numbers(world.sql)

    assert list(rested) == [ONE] * rests
    if rests:
        assert abs(rested[ONE] - utc_now() - DAY) < MINUTE


@pytest.mark.parametrize(("lasted_s", "rests"), [(5.9, True), (6, False)])
def test_a_number_that_people_hang_up_on_goes_to_rest(world: World, in_use: str, lasted_s: float, rests: bool) -> None:
    history(world, ONE, 20, ago=HOUR)
    answered(world, ONE, 11)
    answered(world, ONE, 19, lasted_s=lasted_s)

    assert list(rest_numbers(world.sql)) == [ONE] * rests


def test_a_rest_is_kept_with_its_figures_and_nobody_dials_from_the_number(world: World, in_use: str) -> None:
    history(world, ONE, 59, ago=HOUR)
    answered(world, ONE, 1)

    rest_numbers(world.sql)

    resting = number_now(world, in_use, ONE)
    assert resting.use.rests(utc_now()) and resting.rested_for is not None
    figures = {name: resting.rested_for[name] for name in ("code", "calls", "pool_median", "short_call_share")}
    assert figures == {"code": "answer_rate", "calls": 60, "pool_median": 0.5, "short_call_share": 0.0}
    campaign_id = pooled(world, in_use, name="another")
    world.contacts(campaign_id, 9)
    assert ONE not in shown(world, world.claim(campaign_id))


def test_a_pool_that_cannot_be_judged_leaves_the_numbers_of_no_other_tired(world: World, in_use: str) -> None:
    world.execute("""UPDATE caller_id_pools SET health = '{"of_a_newer_version": 1}' WHERE id = :id""", id=in_use)
    pooled(world, pool(world, ONE, OTHER, THIRD, name="another"))
    history(world, ONE, 60, ago=HOUR)

    assert list(rest_numbers(world.sql)) == [ONE]


def test_a_number_that_rests_already_rests_no_longer_for_it(world: World, in_use: str) -> None:
    history(world, ONE, 60, ago=HOUR)
    until = utc_now() + HOUR
    rest_number(world, ONE, until)

    assert rest_numbers(world.sql) == {}
    assert number_now(world, in_use, ONE).use.resting_until == until


def test_of_two_looks_at_once_the_first_says_how_long_a_number_rests(world: World) -> None:
    with world.sql.begin() as tx:
        first = put_to_rest(tx, {ONE: {}}, rest_s=60)
    with world.sql.begin() as tx:
        second = put_to_rest(tx, {ONE: {}}, rest_s=3600)

    assert (list(first), second) == ([ONE], {})
    assert number_now(world, pool(world, ONE), ONE).use.resting_until == first[ONE]


def test_behind_its_rest_a_number_begins_anew(world: World, in_use: str) -> None:
    change(world, in_use, rest="1h")
    history(world, ONE, 60, ago=3 * HOUR)
    [until] = rest_numbers(world.sql).values()
    assert abs(until - utc_now() - HOUR) < MINUTE
    rest_number(world, ONE, utc_now() - 2 * HOUR)  # it has ended

    assert rest_numbers(world.sql) == {}
    history(world, ONE, 50, ago=HOUR)
    assert list(rest_numbers(world.sql)) == [ONE]


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "withdrawn"},
        {"state": "dialing"},
        {"state": "unknown"},
        {"direction": "inbound"},
    ],
)
def test_what_was_no_call_of_ours_or_has_not_ended_is_not_judged(
    world: World, in_use: str, columns: dict[str, Any]
) -> None:
    distinct = columns.get("state") in ("dialing", "unknown")  # one live call for each number
    for n in range(60 if distinct else 1):
        history(world, ONE, 1 if distinct else 60, ago=HOUR + n * MINUTE / 10, to=n, **columns)

    assert rest_numbers(world.sql) == {}


def test_calls_of_the_day_before_are_not_judged(world: World, in_use: str) -> None:
    history(world, ONE, 60, ago=DAY + MINUTE)

    assert rest_numbers(world.sql) == {}


def test_a_pool_that_nobody_dials_from_is_left_alone(world: World, in_use: str) -> None:
    history(world, ONE, 60, ago=HOUR)
    world.execute("UPDATE campaigns SET status = 'paused' WHERE caller_id_pool IS NOT NULL")

    assert rest_numbers(world.sql) == {}


def test_the_carrier_says_whose_the_numbers_are(world: World, carrier: CarrierStub) -> None:
    pool_id = pool(world, ONE, OTHER, THIRD)
    carrier.get = account(owned={ONE}, verified={OTHER})

    assert attest_numbers(world.sql, world.carrier) == 3

    attested = {each.number["number"]: each.attestation for each in world.run(find_pool, pool_id).numbers}
    assert attested == {ONE: "owned", OTHER: "verified", THIRD: None}
    carrier.asked.clear()
    assert attest_numbers(world.sql, world.carrier) == 0 and carrier.asked == []


def test_the_carrier_is_asked_again_after_a_day(world: World, carrier: CarrierStub) -> None:
    pool_id = pool(world, ONE)
    carrier.get = account(owned={ONE}, verified=set())
    attest_numbers(world.sql, world.carrier)
    world.execute("UPDATE caller_id_states SET attested_at = attested_at - interval '25 hours'")
    carrier.get = account(owned=set(), verified={ONE})

    assert attest_numbers(world.sql, world.carrier) == 1
    assert number_now(world, pool_id, ONE).attestation == "verified"


def test_what_is_known_of_a_number_stays_while_the_carrier_is_away(world: World, carrier: CarrierStub) -> None:
    pool_id = pool(world, ONE)
    carrier.get = account(owned={ONE}, verified=set())
    attest_numbers(world.sql, world.carrier)
    world.execute("UPDATE caller_id_states SET attested_at = attested_at - interval '25 hours'")
    carrier.get = lambda _asked: refusal(503, "10000")

    with pytest.raises(OrchestratorError):
        attest_numbers(world.sql, world.carrier)

    assert number_now(world, pool_id, ONE).attestation == "owned"


def account(*, owned: set[str], verified: set[str]) -> Any:
    """Return the answers of an account with these numbers."""

    def answer(asked: Asked) -> Answer:
        parts = urlsplit(asked.path)
        if parts.path.endswith("/phone_numbers"):
            [wanted] = parse_qs(parts.query)["filter[phone_number]"]
            return 200, {"data": [{"phone_number": number} for number in owned if number[1:] == wanted]}
        is_verified = any(number[1:] in parts.path for number in verified)
        return (200, {"data": {}}) if is_verified else refusal(404, "10005")

    return answer
