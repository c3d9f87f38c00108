"""Two requests that wait for each other: PostgreSQL gives one of them up, which is told to come again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from orchestrator.operations.system.idempotency import Begun, Taken, begin_request
from orchestrator.services import Services
from tests.support.lock_points import LockPoint, in_thread
from tests.support.poll import eventually
from tests.support.rest import CALLER_ID, Rest, fresh_number

pytestmark = pytest.mark.usefixtures("quick_hashes")

Request = tuple[str, str, object]  # method, path, body


@contextmanager
def given_up(services: Services, table: str) -> Iterator[None]:
    """Let PostgreSQL give up who writes to a table, as it does to break a circle of locks."""
    with services.sql.begin() as tx:
        tx.execute(
            text(
                "CREATE FUNCTION give_up() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END $$"
            )
        )
        tx.execute(
            text(
                f"CREATE TRIGGER give_up BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
                "EXECUTE FUNCTION give_up()"
            )
        )
    yield
    with services.sql.begin() as tx:
        tx.execute(text("DROP FUNCTION give_up CASCADE"))


def waits_for_a_lock(services: Services) -> bool:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with services.sql.connect() as tx:
        return bool(tx.execute(text(waiting)).all())


def change_of_number(rest: Rest) -> Request:
    [contact_id] = rest.contacts(rest.campaign()["id"], fresh_number())
    return "PATCH", f"/v1/contacts/{contact_id}", {"phone": fresh_number()}


def erasure(rest: Rest) -> Request:
    [contact_id] = rest.contacts(rest.campaign()["id"], fresh_number())
    return "DELETE", f"/v1/contacts/{contact_id}", None


def new_login(rest: Rest) -> Request:
    user = {"name": "Ada", "login": "ada", "role": "operator", "password": "correct horse battery"}
    made = rest.post("/v1/users", user)
    return "PATCH", f"/v1/users/{made.json['id']}", {"login": "lovelace"}


def pool_that_goes(rest: Rest) -> Request:
    made = rest.post("/v1/caller-id-pools", {"name": "pool", "numbers": [{"number": CALLER_ID}]})
    return "DELETE", f"/v1/caller-id-pools/{made.json['id']}", None


@pytest.mark.parametrize(
    ("table", "asked"),
    [
        ("contacts", change_of_number),
        ("contacts", erasure),
        ("users", new_login),
        ("caller_id_pools", pool_that_goes),
    ],
)
def test_who_is_given_up_for_another_request_is_told_to_come_again_and_may(
    rest: Rest, services: Services, table: str, asked: Callable[[Rest], Request]
) -> None:
    method, path, body = asked(rest)

    with given_up(services, table):
        refused = rest.request(method, path, json=body)
    again = rest.request(method, path, json=body)

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1"), refused.text
    assert refused.json["detail"] == "Another request changed the same at the same time; try again."
    assert again.status_code < 300, again.text


def test_a_key_is_free_for_who_was_given_up(rest: Rest, services: Services) -> None:
    document = {"name": "x", "flow": rest.flow()["id"], "caller_ids": [CALLER_ID]}

    with given_up(services, "campaigns"):
        refused = rest.post("/v1/campaigns", document, headers={"Idempotency-Key": "one"})
    again = rest.post("/v1/campaigns", document, headers={"Idempotency-Key": "one"})

    assert (refused.status_code, again.status_code) == (503, 201)


def test_who_deletes_old_keys_and_who_comes_again_with_them_do_not_wait_in_a_circle(services: Services) -> None:
    with services.sql.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO idempotency_keys (key, scope, body_hash, created_at) "
                "SELECT 'key-' || n, 's', 'b', now() - interval '2 days' FROM generate_series(1, 40) n"
            )
        )
    here = LockPoint(services.sql, before="INSERT INTO idempotency_keys")

    def begin(key: str) -> Begun:
        return begin_request(key, scope="s", body_hash="b", sql=services.sql)

    with in_thread(lambda: begin("key-39")) as one:
        here.is_reached()
        with in_thread(lambda: begin("key-2")) as other:
            eventually(lambda: other.done() or waits_for_a_lock(services))
            here.go_on()

    assert isinstance(one.result(), Taken) and isinstance(other.result(), Taken)
