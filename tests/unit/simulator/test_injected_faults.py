"""Injected faults: for all numbers or for one, drawn the same way for one seed."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from simulator.seeded_random import SeededRandom
from simulator.state.faults import ActiveFaults, Faults, InvalidFaults, RequestFault, parse_faults


def _switch(faults: Faults, **own: object) -> ActiveFaults:
    return ActiveFaults(faults, of_test_number=lambda _number: own)


def test_a_certain_fault_always_happens_and_an_impossible_one_never() -> None:
    random = SeededRandom(1)

    assert {Faults(reset_after=1).request_fault(random, "dial", n) for n in range(50)} == {RequestFault.RESET_AFTER}
    assert {Faults().request_fault(random, "dial", n) for n in range(50)} == {None}


def test_a_fault_happens_about_as_often_as_it_should() -> None:
    random, faults = SeededRandom(3), Faults(error_before=0.2)

    hits = sum(faults.request_fault(random, "dial", n) is not None for n in range(5_000))

    assert 850 < hits < 1_150


def test_the_same_seed_draws_the_same_faults() -> None:
    faults = Faults(error_after=0.5)

    draws = [[faults.request_fault(SeededRandom(9), "actions", n) for n in range(200)] for _ in range(2)]

    assert draws[0] == draws[1]


def test_faults_may_be_for_dials_only() -> None:
    faults = Faults(refuse_429=1, on=frozenset({"dial"}))

    assert faults.request_fault(SeededRandom(1), "actions", 1) is None
    assert faults.request_fault(SeededRandom(1), "dial", 1) is RequestFault.REFUSE_429


def test_a_number_may_have_faults_of_its_own_on_top() -> None:
    switch = _switch(Faults(webhook_lose=0.5, numbers={"+14155550101": {"refuse": "D13"}}))

    assert switch.of("+14155550101").refuse == "D13"
    assert switch.of("+14155550101").webhook_lose == 0.5
    assert switch.of("+14155550102").refuse is None


def test_a_test_number_adds_its_faults() -> None:
    assert _switch(Faults(), webhook_repeat=1.0).of("+14155550171").webhook_repeat == 1


@pytest.mark.parametrize("wrong", [{"reset_after": 1.1}, {"unheard_of": 1}, {"refuse": "13"}, {"on": ["webhooks"]}])
def test_wrong_faults_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Faults.model_validate(wrong)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"webhook_lost": 1}', "webhook_lost: there is no such fault; did you mean webhook_lose?"),
        ('{"colour": 1}', "colour: there is no such fault; known are refuse_429"),
        ('{"numbers": {"+14155550101": {"hangs": 1}}}', "numbers.+14155550101: hangs: there is no such fault"),
        ('{"reset_after": 2}', "reset_after: Input should be less than or equal to 1"),
        ('{"error_status": 418}', "error_status: "),
        ("{", "Invalid JSON"),
    ],
)
def test_invalid_faults_are_named(text: str, message: str) -> None:
    with pytest.raises(InvalidFaults) as refused:
        parse_faults(text)

    assert message in str(refused.value)


def test_wrong_faults_of_one_number_are_refused_when_they_are_set() -> None:
    switch = _switch(Faults(hang=0.1))

    with pytest.raises(ValidationError):
        switch.replace(Faults(numbers={"+14155550101": {"unheard_of": 1}}))

    assert switch.current == Faults(hang=0.1)
