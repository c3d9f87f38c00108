"""A change and the record of it stand or fall together, and a repeat under its key makes it once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from api.app import create_app
from orchestrator.operations.system.idempotency import Taken, begin_request, release_request
from orchestrator.services import Services
from orchestrator.settings import Settings
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.timeouts import SqlBounds
from tests.support.postgres_proxy import PostgresProxy, postgres_proxy
from tests.support.rest import CALLER_ID, FLOW, Rest, fresh_number
from tests.support.run_operation import run_operation

_SOON = SqlBounds(statement_s=1, lock_s=1, idle_s=15)
KEY = {"Idempotency-Key": "one"}
Send = Callable[[Rest], TestResponse]


@pytest.fixture
def proxy(database_url: str) -> Iterator[PostgresProxy]:
    with postgres_proxy(database_url) as proxy:
        yield proxy


@pytest.fixture
def behind(settings: Settings, proxy: PostgresProxy) -> Iterator[Rest]:
    """Return REST whose answers from PostgreSQL may be lost."""
    services = Services(settings=settings)
    vars(services)["sql"] = open_sql(proxy.url, bounds=_SOON)
    yield Rest(create_app(services))
    services.close()


@contextmanager
def no_record(services: Services) -> Iterator[None]:
    """Refuse all records of what was done, meanwhile."""
    _alter(services, "ALTER TABLE audit_events RENAME TO hidden")
    yield
    _alter(services, "ALTER TABLE hidden RENAME TO audit_events")


def _alter(services: Services, statement: str) -> None:
    with services.sql.begin() as tx:
        tx.execute(text(statement))


def count(services: Services, table: str) -> int:
    with services.sql.connect() as tx:
        return int(tx.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def recorded(services: Services, action: str) -> list[Any]:
    with services.sql.connect() as tx:
        rows = tx.execute(text("SELECT subject FROM audit_events WHERE action = :action"), {"action": action})
        return list(rows.scalars())


def _campaign(rest: Rest) -> TestResponse:
    body = {"name": "x", "flow": rest.flow("f")["id"], "caller_ids": [CALLER_ID]}
    return rest.post("/v1/campaigns", body, headers=KEY)


def _call(rest: Rest) -> TestResponse:
    body = {"to": "+12125550155", "ignore_hours": True, "because": "a test"}
    return rest.post("/v1/calls", body, headers=KEY)


def _flow(rest: Rest) -> TestResponse:
    send = {"data": FLOW.format(name="f"), "content_type": "application/yaml", "headers": KEY}
    return rest.request("POST", "/v1/flows", **send)


def _list(rest: Rest) -> TestResponse:
    return rest.post("/v1/lists", {"name": "own", "kind": "suppress"}, headers=KEY)


def _pool(rest: Rest) -> TestResponse:
    return rest.post("/v1/caller-id-pools", {"name": "east", "numbers": [{"number": CALLER_ID}]}, headers=KEY)


def _endpoint(rest: Rest) -> TestResponse:
    body = {"url": "https://crm.example/hook", "events": ["call.ended"]}
    return rest.post("/v1/webhook-endpoints", body, headers=KEY)


def _number(rest: Rest) -> TestResponse:
    silent = "name: reception\nstart: bye\nsteps: {bye: {hangup: {}}}\n"
    flow = rest.request("POST", "/v1/flows", data=silent, content_type="application/yaml").json
    return rest.post("/v1/numbers", {"number": CALLER_ID, "flow": flow["id"]}, headers=KEY)


def _clone(rest: Rest) -> TestResponse:
    known = rest.get("/v1/campaigns").json["data"]
    origin = known[-1]["id"] if known else rest.campaign()["id"]
    return rest.post(f"/v1/campaigns/{origin}/clone", {"name": "again"}, headers=KEY)


CREATED: dict[str, tuple[Send, str]] = {
    "campaigns": (_campaign, "campaigns"),
    "calls": (_call, "calls"),
    "flows": (_flow, "flows"),
    "lists": (_list, "lists"),
    "caller-id-pools": (_pool, "caller_id_pools"),
    "webhook-endpoints": (_endpoint, "webhook_endpoints"),
    "numbers": (_number, "numbers"),
}


@pytest.mark.parametrize("kind", [kind for kind in CREATED if kind != "numbers"])
def test_what_cannot_be_recorded_is_not_made(rest: Rest, services: Services, kind: str) -> None:
    send, table = CREATED[kind]
    if kind == "campaigns":
        rest.flow("f")

    with no_record(services):
        refused = send(rest)
        made = count(services, table)
    mended = send(rest)

    assert refused.status_code == 500 and made == 0
    assert mended.status_code in (201, 202) and count(services, table) == 1
    assert recorded(services, f"POST /v1/{kind}") == [mended.json["id"]]


def test_what_cannot_be_recorded_is_not_changed(rest: Rest, services: Services) -> None:
    campaign, phone = rest.campaign()["id"], fresh_number()
    pool = _pool(rest).json["id"]

    with no_record(services):
        refused = [
            rest.patch(f"/v1/campaigns/{campaign}", {"name": "other"}),
            rest.post(f"/v1/campaigns/{campaign}/cancel"),
            rest.post("/v1/dialing/stop"),
            rest.post("/v1/suppressions", {"phone": phone}),
            rest.delete(f"/v1/caller-id-pools/{pool}"),
            rest.post("/v1/keys", {"name": "Ada", "role": "viewer"}),
        ]

    assert [each.status_code for each in refused] == [500] * 6
    shown = rest.get(f"/v1/campaigns/{campaign}").json
    assert (shown["name"], shown["status"]) == ("test", "draft")
    assert rest.get("/v1/dialing").json["status"] != "stopped"
    assert rest.get("/v1/suppressions").json["data"] == rest.get("/v1/keys").json["data"] == []
    assert rest.get(f"/v1/caller-id-pools/{pool}").status_code == 200


def test_what_changes_nothing_is_answered_whether_it_can_be_recorded_or_not(rest: Rest, services: Services) -> None:
    told = {"phone": fresh_number(), "kind": "written", "purposes": ["sales"], "text": "t", "source": "s"}
    consent = {**told, "at": "2026-01-01T00:00:00Z"}
    rest.post("/v1/consents", consent)

    with no_record(services):
        again = rest.post("/v1/consents", consent)

    assert again.status_code == 200, again.text


@pytest.mark.parametrize("kind", CREATED)
def test_what_was_made_while_its_answer_got_lost_is_made_once(
    behind: Rest, proxy: PostgresProxy, services: Services, kind: str
) -> None:
    send, table = CREATED[kind]
    proxy.lose_answer_to("COMMIT", after=f"INSERT INTO {table}")

    lost = send(behind)
    again = send(behind)

    assert proxy.lost == 1 and lost.status_code == 503, lost.text
    assert again.status_code in (200, 201, 202), again.text
    assert count(services, table) == 1
    assert recorded(services, f"POST /v1/{kind}") == [again.json["id"]]


def test_a_secret_that_was_rotated_while_its_answer_got_lost_is_rotated_once(
    behind: Rest, proxy: PostgresProxy, services: Services
) -> None:
    first = _endpoint(behind).json
    rotate = f"/v1/webhook-endpoints/{first['id']}/rotate-secret"
    proxy.lose_answer_to("COMMIT", after="INSERT INTO audit_events")

    lost = behind.post(rotate, headers=KEY)
    again = behind.post(rotate, headers=KEY)

    assert (proxy.lost, lost.status_code, again.status_code) == (1, 503, 200)
    with services.sql.connect() as tx:
        [row] = tx.execute(text("SELECT * FROM webhook_endpoints")).all()
    assert (row.secret, row.previous_secret) == (again.json["secret"], first["secret"])


def test_a_repeat_after_the_process_died_is_recorded_once(rest: Rest, services: Services) -> None:
    made = _campaign(rest).json["id"]
    _alter(services, "UPDATE idempotency_keys SET status = NULL, response = NULL, taken_at = now() - interval '61 s'")

    again = _campaign(rest)

    assert again.status_code == 201 and again.json["id"] == made
    assert recorded(services, "POST /v1/campaigns") == [made]


def test_what_was_done_is_answered_although_its_answer_cannot_be_kept(rest: Rest, services: Services) -> None:
    rest.flow("f")
    _alter(services, "ALTER TABLE idempotency_keys ADD CHECK (status IS NULL)")

    done = _campaign(rest)

    assert done.status_code == 201 and count(services, "campaigns") == 1


def test_a_request_that_failed_is_taken_over_by_one_repeat_alone(services: Services) -> None:
    first = run_operation(begin_request, "k", scope="s", body_hash="b", services=services)
    assert isinstance(first, Taken)
    run_operation(release_request, first, services=services)

    repeats = [run_operation(begin_request, "k", scope="s", body_hash="b", services=services) for _ in range(2)]

    assert repeats == [first, "in_progress"]
