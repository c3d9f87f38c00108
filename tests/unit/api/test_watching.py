"""Who watches a page is looked up with all others who do, and is out two seconds after the session's end at most."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from api.pages.watching import Watching
from orchestrator.clock import utc_now
from orchestrator.operations.access.sign_in import Session
from orchestrator.policy.roles import Role

ADA, BOB = b"ada", b"bob"


class Store:
    """Sessions, and what was read of them at which moment."""

    def __init__(self) -> None:
        self.now = 1_000.0
        ends = utc_now() + timedelta(hours=1)
        self.sessions = {who: Session(None, who.decode(), Role.VIEWER, "token", ends) for who in (ADA, BOB)}
        self.reads: list[set[bytes]] = []
        self.is_down = False
        self.watching = Watching(self.read, now=lambda: self.now)

    def read(self, digests: Sequence[bytes]) -> dict[bytes, Session]:
        self.reads.append(set(digests))
        if self.is_down:
            raise ConnectionError
        return {digest: self.sessions[digest] for digest in digests if digest in self.sessions}

    def is_in(self, digest: bytes) -> bool:
        return self.watching.session(digest) is not None


@pytest.fixture
def store() -> Store:
    return Store()


def test_all_who_watch_are_read_at_once_and_again_behind_two_seconds(store: Store) -> None:
    assert store.is_in(ADA) and store.is_in(BOB) and store.is_in(ADA)  # who comes meanwhile is read alone
    assert store.reads == [{ADA}, {BOB}]

    store.now += 2
    assert store.is_in(ADA) and store.is_in(BOB)
    assert store.reads[2:] == [{ADA, BOB}]


def test_whose_session_was_ended_is_out_within_two_seconds(store: Store) -> None:
    assert store.is_in(ADA) and store.is_in(BOB)

    del store.sessions[ADA]
    store.now += 2

    assert store.is_in(BOB) and not store.is_in(ADA)


def test_who_closed_the_page_is_read_no_longer(store: Store) -> None:
    assert store.is_in(ADA)
    for _ in range(6):
        store.now += 2
        assert store.is_in(BOB)

    assert store.reads[-1] == {BOB}


def test_a_stranger_is_out_and_is_not_read_again_and_again_with_others(store: Store) -> None:
    assert store.is_in(ADA) and not store.is_in(b"stranger")

    for _ in range(2):
        store.now += 2
        assert store.is_in(ADA)
    assert store.reads[-1] == {ADA}


def test_without_asking_the_store_it_knows_who_was_just_read(store: Store) -> None:
    assert store.watching.session_if_ready(ADA) is None
    assert store.is_in(ADA) and store.watching.session_if_ready(ADA) == store.sessions[ADA]
    assert store.watching.session_if_ready(BOB) is None

    store.now += 2
    assert store.watching.session_if_ready(ADA) is None
    assert store.reads == [{ADA}]


def test_who_is_answered_without_asking_the_store_watches_on(store: Store) -> None:
    assert store.is_in(ADA) and store.is_in(BOB)
    for _ in range(6):
        store.now += 2
        assert store.is_in(BOB)
        assert store.watching.session_if_ready(ADA) == store.sessions[ADA]

    assert store.reads[-1] == {ADA, BOB}


def test_nobody_is_in_by_what_was_read_before_the_store_was_lost(store: Store) -> None:
    assert store.is_in(ADA) and store.is_in(BOB)
    store.now += 2
    store.is_down = True

    for who in (ADA, BOB):
        with pytest.raises(ConnectionError):
            store.watching.session(who)

    store.is_down = False
    assert store.is_in(ADA) and store.is_in(BOB)
