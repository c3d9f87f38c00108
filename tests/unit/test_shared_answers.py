"""Answers are made once for all who ask within a moment, and failures are kept for nobody."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from orchestrator.shared_answers import SharedAnswers
from tests.support.poll import eventually


class Counted:
    """Makes 1, 2, 3 … and holds the time."""

    def __init__(self) -> None:
        self.made, self.now, self.read_by = 0, 100.0, 0

    def make(self) -> int:
        self.made += 1
        return self.made

    def read(self) -> float:
        self.read_by += 1
        return self.now


def test_an_answer_is_kept_for_so_long_from_when_it_was_begun() -> None:
    counted = Counted()
    answers = SharedAnswers(kept_s=1, now=counted.read)

    first, counted.now = answers.get("a", counted.make), 100.9
    again, counted.now = answers.get("a", counted.make), 101.0
    anew = answers.get("a", counted.make)

    assert (first, again, anew) == (1, 1, 2)
    assert answers.get("b", counted.make) == 3


def test_what_is_not_ready_is_neither_made_nor_waited_for() -> None:
    counted = Counted()
    answers, let_go = SharedAnswers(kept_s=1, now=counted.read), threading.Event()

    def make() -> int:
        assert let_go.wait(10)
        return counted.make()

    def refuse() -> int:
        raise LookupError

    assert answers.if_ready("a") is None
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(answers.get, "a", make)
        eventually(lambda: counted.read_by)
        assert answers.if_ready("a") is None
        let_go.set()
        assert asked.result() == answers.if_ready("a") == 1
    counted.now += 1
    assert answers.if_ready("a") is None
    with pytest.raises(LookupError):
        answers.get("b", refuse)
    assert answers.if_ready("b") is None


def test_nothing_old_is_held() -> None:
    counted = Counted()
    answers = SharedAnswers(kept_s=1, now=counted.read)
    for n in range(50):
        answers.get(n, counted.make)
        counted.now += 0.5

    assert len(answers._begun) <= 3


@pytest.mark.parametrize("kept_s", [0.0, 1.0])
def test_whoever_asks_while_it_is_made_waits_for_it_and_makes_none(kept_s: float) -> None:
    counted, let_go = Counted(), threading.Event()
    answers = SharedAnswers(kept_s=kept_s, now=counted.read)

    def make() -> int:
        assert let_go.wait(10)
        return counted.make()

    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(answers.get, "a", make)
        eventually(lambda: counted.read_by == 2)
        counted.now += 5  # it takes longer than an answer is kept
        others = [pool.submit(answers.get, "a", make) for _ in range(19)]
        eventually(lambda: counted.read_by == 21)
        with answers._lock:  # all of them have looked
            let_go.set()
        assert {each.result(10) for each in (first, *others)} == {1}


def test_what_fails_fails_for_those_who_wait_and_is_made_anew_for_the_next() -> None:
    counted = Counted()
    answers = SharedAnswers(kept_s=1, now=counted.read)

    def fail() -> int:
        raise ConnectionError("away")

    with pytest.raises(ConnectionError):
        answers.get("a", fail)

    assert answers.get("a", counted.make) == 1
