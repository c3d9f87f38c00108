"""Signing in and out: passwords, sessions, and links that work once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from argon2 import PasswordHasher, profiles
from sqlalchemy import event, text

from orchestrator.errors import LimitReached
from orchestrator.operations.access import passwords, sign_in
from orchestrator.operations.access.manage_users import change_user, create_user, delete_user
from orchestrator.policy.roles import Role
from orchestrator.services import Services
from tests.support.lock_points import LockPoint, in_thread

pytestmark = pytest.mark.usefixtures("quick_hashes")

LOGIN, PASSWORD, ANOTHER = "ada@example.com", "correct horse battery", "staple of the other horse"


@pytest.fixture
def ada(services: Services) -> str:
    made = create_user(
        user_id="usr_01ARZ3NDEKTSV4RRFFQ69G5FAV",
        name="Ada",
        login=LOGIN,
        role=Role.OPERATOR,
        password=PASSWORD,
        by="api",
        sql=services.sql,
    )
    return str(made.id)


def opened(services: Services, password: str = PASSWORD) -> sign_in.SignedIn | None:
    return sign_in.sign_in(LOGIN, password, now=services.clock(), sql=services.sql)


def all_of(services: Services, query: str) -> list[Any]:
    with services.sql.connect() as tx:
        return [tuple(row) for row in tx.execute(text(query))]


@contextmanager
def lost_at(services: Services, statement: str) -> Iterator[None]:
    """Lose the store at a statement, meanwhile."""

    def broken(*args: Any) -> None:
        if statement in args[2]:
            raise ConnectionError("lost")

    event.listen(services.sql, "before_cursor_execute", broken)
    try:
        yield
    finally:
        event.remove(services.sql, "before_cursor_execute", broken)


@pytest.mark.parametrize("login", [LOGIN, "ADA@example.com", " ada@Example.COM "])
def test_a_password_is_verified_for_a_login_however_it_is_written(services: Services, ada: str, login: str) -> None:
    found = sign_in.verify_password(login, PASSWORD, sql=services.sql)

    assert found is not None and (found.id, found.name, found.role) == (ada, "Ada", Role.OPERATOR)


@pytest.mark.parametrize(
    ("login", "password"),
    [
        (LOGIN, ANOTHER),
        (LOGIN, ""),
        (LOGIN, PASSWORD.upper()),
        (LOGIN, PASSWORD + "x" * 1_000_000),
        (LOGIN, "\ud800" * 12),
        ("bob", PASSWORD),
        ("", PASSWORD),
        ("a\0b", PASSWORD),
        ("x" * 1_000_000, PASSWORD),
    ],
    ids=["wrong", "none", "upper", "megabyte", "half", "unknown", "nobody", "nul", "long"],
)
def test_nobody_is_let_in_by_anything_else(services: Services, ada: str, login: str, password: str) -> None:
    assert sign_in.verify_password(login, password, sql=services.sql) is None


def test_an_unknown_login_takes_as_much_hashing_as_a_known_one(
    services: Services, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, *given: Any) -> Any:
            verified.append(given[0].rpartition("$")[0].rpartition("$")[0])
            return super().verify(*given)

    monkeypatch.setattr(passwords, "_HASHER", Counting(time_cost=1, memory_cost=8, parallelism=1))
    for login in (LOGIN, "bob", "a\0b"):
        sign_in.verify_password(login, ANOTHER, sql=services.sql)

    assert verified == ["$argon2id$v=19$m=8,t=1,p=1"] * 3


def test_what_is_hashed_is_never_long(services: Services, ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []

    class Measuring(PasswordHasher):
        def verify(self, *given: Any) -> Any:
            lengths.append(len(given[1]))
            return super().verify(*given)

    monkeypatch.setattr(passwords, "_HASHER", Measuring(time_cost=1, memory_cost=8, parallelism=1))
    sign_in.verify_password(LOGIN, PASSWORD + "x" * 1_000_000, sql=services.sql)

    assert lengths == [passwords.LONGEST + 1]


def test_a_digest_of_older_parameters_is_written_anew(
    services: Services, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(old,)] = all_of(services, "SELECT password_hash FROM users")
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY))

    assert sign_in.verify_password(LOGIN, ANOTHER, sql=services.sql) is None
    assert all_of(services, "SELECT password_hash FROM users") == [(old,)]
    assert opened(services) is not None
    [(renewed,)] = all_of(services, "SELECT password_hash FROM users")
    assert "m=65536,t=3,p=4" in renewed and opened(services) is not None


def test_no_more_passwords_are_hashed_at_once_than_memory_allows(
    services: Services, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_turns", threading.BoundedSemaphore(1))
    monkeypatch.setattr(passwords, "_WAITS_S", 0.0)

    with passwords._turn(), pytest.raises(LimitReached) as refused:
        sign_in.verify_password(LOGIN, PASSWORD, sql=services.sql)

    assert refused.value.code == "sign_in_busy"
    assert sign_in.verify_password(LOGIN, PASSWORD, sql=services.sql) is not None


def test_a_session_says_who_is_signed_in_and_its_token_stands_nowhere(services: Services, ada: str) -> None:
    signed_in = opened(services)
    assert signed_in is not None
    session = sign_in.find_session(signed_in.token, now=services.clock(), sql=services.sql)

    assert session == signed_in.session
    assert (session.user_id, session.name, session.role) == (ada, "Ada", Role.OPERATOR)
    assert len(session.csrf) == 43 and session.csrf != signed_in.token
    assert signed_in.token not in str(all_of(services, "SELECT to_jsonb(s) FROM sign_in_sessions s"))
    for other in ("", signed_in.token[:-1], session.csrf, "\0", "é\ud800"):
        assert sign_in.find_session(other, now=services.clock(), sql=services.sql) is None


def test_a_session_ends_without_use_and_in_any_case(services: Services, ada: str) -> None:
    first, second = opened(services), opened(services)
    assert first and second
    start = services.clock()
    find = partial(sign_in.find_session, sql=services.sql)

    assert find(first.token, now=start + sign_in.IDLE - timedelta(minutes=1))
    assert find(first.token, now=start + sign_in.IDLE + timedelta(hours=1))
    assert find(second.token, now=start + sign_in.IDLE + timedelta(minutes=1)) is None
    at = start
    while at < start + sign_in.LONGEST - sign_in.IDLE:
        at += sign_in.IDLE - timedelta(minutes=5)
        assert find(first.token, now=at)
    assert find(first.token, now=first.session.expires_at) is None


def test_who_signs_out_is_out(services: Services, ada: str) -> None:
    first, second, third = (opened(services) for _ in range(3))
    assert first and second and third

    sign_in.sign_out(first.token, sql=services.sql)
    sign_in.sign_out(first.token, sql=services.sql)
    left = [sign_in.find_session(each.token, now=services.clock(), sql=services.sql) for each in (first, second)]
    assert [each is not None for each in left] == [False, True]
    assert sign_in.sign_out_everywhere(ada, sql=services.sql) == 2
    assert sign_in.find_session(third.token, now=services.clock(), sql=services.sql) is None


@pytest.mark.parametrize(
    "change", [{"password": ANOTHER}, {"disabled": True}, None], ids=["password", "disabled", "gone"]
)
def test_a_change_between_password_and_session_wins(
    services: Services, ada: str, change: dict[str, Any] | None
) -> None:
    """The password takes its time to verify: what an admin does meanwhile must not leave a session behind."""
    verified = LockPoint(services.sql, before="UPDATE users SET last_sign_in_at")

    with in_thread(lambda: opened(services)) as signing_in:
        verified.is_reached()
        if change is None:
            delete_user(ada, sql=services.sql)
        else:
            change_user(ada, change, now=services.clock(), sql=services.sql)
        verified.go_on()

    assert signing_in.result() is None
    assert all_of(services, "SELECT * FROM sign_in_sessions") == []


def test_sign_ins_are_recorded_and_refused_ones_without_what_was_typed(services: Services, ada: str) -> None:
    opened(services)
    opened(services, ANOTHER)
    sign_in.sign_in("my password by mistake", PASSWORD, now=services.clock(), sql=services.sql)

    recorded = all_of(services, "SELECT action, by, user_id, subject FROM audit_events ORDER BY at")
    assert recorded == [
        ("sign in", "Ada", ada, ada),
        ("sign in refused", "nobody", None, ada),
        ("sign in refused", "nobody", None, "user"),
    ]


def test_who_cannot_be_recorded_is_not_signed_in(services: Services, ada: str) -> None:
    """The process dies, or the store is lost, before the record is written: no session stands without it."""
    now = services.clock()
    token = sign_in.create_sign_in_link(Role.VIEWER, by="api", now=now, sql=services.sql)

    with lost_at(services, "INSERT INTO audit_events"):
        with pytest.raises(ConnectionError):
            opened(services)
        with pytest.raises(ConnectionError):
            sign_in.use_sign_in_link(token, now=now, sql=services.sql)

    assert all_of(services, "SELECT * FROM sign_in_sessions") == []
    assert all_of(services, "SELECT last_sign_in_at FROM users") == [(None,)]
    assert sign_in.use_sign_in_link(token, now=now, sql=services.sql) is not None


def test_a_link_signs_in_once(services: Services) -> None:
    now = services.clock()
    token = sign_in.create_sign_in_link(Role.ADMIN, by="api", now=now, sql=services.sql)

    first = sign_in.use_sign_in_link(token, now=now, sql=services.sql)
    second = sign_in.use_sign_in_link(token, now=now, sql=services.sql)

    assert first is not None and second is None
    session = sign_in.find_session(first.token, now=now, sql=services.sql)
    assert session == first.session
    assert (session.user_id, session.name, session.role) == (None, "link of api", Role.ADMIN)
    recorded = all_of(services, "SELECT action, by, subject FROM audit_events ORDER BY at")
    assert recorded == [("sign in by link", "link of api", "link"), ("sign in refused", "nobody", "link")]


def test_of_many_who_use_a_link_at_once_one_is_signed_in(services: Services) -> None:
    now = services.clock()
    token = sign_in.create_sign_in_link(Role.VIEWER, by="api", now=now, sql=services.sql)
    ready = threading.Barrier(6)

    def use(_: int) -> sign_in.SignedIn | None:
        ready.wait(timeout=30)
        return sign_in.use_sign_in_link(token, now=now, sql=services.sql)

    with ThreadPoolExecutor(6) as pool:
        used = [each for each in pool.map(use, range(6)) if each is not None]

    assert len(used) == 1
    assert all_of(services, "SELECT count(*) FROM sign_in_sessions") == [(1,)]


def test_a_link_ends_after_ten_minutes(services: Services) -> None:
    now = services.clock()
    token = sign_in.create_sign_in_link(Role.VIEWER, by="api", now=now, sql=services.sql)

    assert sign_in.use_sign_in_link(token, now=now + timedelta(minutes=10), sql=services.sql) is None
    assert sign_in.use_sign_in_link(token[:-1], now=now, sql=services.sql) is None
    assert sign_in.use_sign_in_link(token, now=now + timedelta(minutes=9), sql=services.sql) is not None


def test_a_link_is_not_used_up_by_a_sign_in_that_failed(services: Services) -> None:
    """The process dies, or the store is lost, between using the link and opening the session: it works once more."""
    now = services.clock()
    token = sign_in.create_sign_in_link(Role.VIEWER, by="api", now=now, sql=services.sql)

    with lost_at(services, "INSERT INTO sign_in_sessions"), pytest.raises(ConnectionError):
        sign_in.use_sign_in_link(token, now=now, sql=services.sql)

    assert sign_in.use_sign_in_link(token, now=now, sql=services.sql) is not None


def test_what_is_over_is_deleted_by_the_next_sign_in(services: Services, ada: str) -> None:
    now = services.clock()
    opened(services)
    sign_in.create_sign_in_link(Role.VIEWER, by="api", now=now, sql=services.sql)

    later = now + sign_in.LONGEST + timedelta(minutes=1)
    assert sign_in.sign_in(LOGIN, PASSWORD, now=later, sql=services.sql)

    assert all_of(services, "SELECT count(*) FROM sign_in_sessions") == [(1,)]
    assert all_of(services, "SELECT count(*) FROM sign_in_links") == [(0,)]
