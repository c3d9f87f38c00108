"""Who answers: the same for one seed, in the proportions of the mix, and as test numbers define."""

from __future__ import annotations

from collections import Counter

import pytest

from simulator.callees.callee import Kind, Persona
from simulator.callees.population import DEFAULT_MIX, CalleePopulation
from simulator.callees.test_numbers import TEST_NUMBERS
from simulator.seeded_random import SeededRandom

_NUMBERS = [f"+1415{n:07d}" for n in range(5_000_000, 5_002_000)]


def _population(
    *, seed: int = 1, mix: dict[str, float] | None = None, with_test_numbers: bool = False
) -> CalleePopulation:
    return CalleePopulation(random=SeededRandom(seed), mix=mix or DEFAULT_MIX, with_test_numbers=with_test_numbers)


def _answers(population: CalleePopulation, *, nth: int = 0) -> list[Persona]:
    return [population.answer(number, nth=nth) for number in _NUMBERS]


def test_the_same_seed_gives_the_same_callees() -> None:
    assert _answers(_population(seed=7)) == _answers(_population(seed=7))


def test_another_seed_gives_other_callees() -> None:
    assert _answers(_population(seed=7)) != _answers(_population(seed=8))


def test_the_callees_follow_the_mix() -> None:
    kinds = Counter(persona.kind for persona in _answers(_population()))

    assert {kind: round(count / len(_NUMBERS), 1) for kind, count in kinds.items()} == pytest.approx(
        {Kind(kind): weight / 100 for kind, weight in DEFAULT_MIX.items()}, abs=0.06
    )


def test_a_wrong_number_stays_wrong_and_a_busy_line_clears() -> None:
    population = _population()
    first, later = _answers(population), _answers(population, nth=5)
    pairs = list(zip(first, later, strict=True))

    assert all(b.kind is a.kind for a, b in pairs if a.kind in (Kind.REJECTED, Kind.NOT_FOUND, Kind.MACHINE))
    assert any(b.kind is Kind.HUMAN for a, b in pairs if a.kind is Kind.BUSY)
    assert not any(b.kind is Kind.NOT_FOUND for a, b in pairs if a.kind is Kind.BUSY)


def test_callees_press_1_mostly_and_sometimes_9_or_nothing() -> None:
    pressed = Counter(persona.presses for persona in _answers(_population(mix={"human": 1})))

    assert pressed.most_common(1)[0][0] == "1"
    assert {"9", ""} < set(pressed)


def test_a_mix_of_one_kind_draws_only_that_kind() -> None:
    assert {persona.kind for persona in _answers(_population(mix={"busy": 1}), nth=3)} == {Kind.BUSY}


@pytest.mark.parametrize("digits", sorted(TEST_NUMBERS))
def test_every_test_number_exists_in_any_area_code(digits: str) -> None:
    population = _population(with_test_numbers=True)

    assert (
        population.answer(f"+121255501{digits}", nth=0)
        == population.answer(f"+141555501{digits}", nth=0)
        == TEST_NUMBERS[digits].persona
    )


def test_any_other_number_is_drawn_from_the_mix() -> None:
    population = _population(with_test_numbers=True, mix={"fax": 1})

    assert population.answer("+14155550199", nth=0).kind is Kind.FAX
    assert population.answer("+14155551101", nth=0).kind is Kind.FAX


def test_test_numbers_are_off_by_default() -> None:
    assert _population(mix={"human": 1}).answer("+14155550140", nth=0).kind is Kind.HUMAN


def test_a_test_number_may_change_at_the_second_call() -> None:
    population = _population(with_test_numbers=True)

    kinds = [population.answer("+14155550141", nth=nth).kind for nth in range(3)]

    assert kinds == [Kind.BUSY, Kind.HUMAN, Kind.HUMAN]
