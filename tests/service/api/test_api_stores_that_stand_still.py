"""Stores that stand still, are full, or have no connection left: who asks how we are is answered all the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from api.app import create_app
from orchestrator.local_stack.embedded_servers import RunningServer, start_postgres, start_valkey
from orchestrator.services import Services
from orchestrator.settings import Settings
from orchestrator.store.sql.engine import POOL_PER_PROCESS
from orchestrator.store.timeouts import CONNECT_S, PING_S, POOL_S, REDIS_ANSWER_S, USUAL
from tests.support.frozen import frozen
from tests.support.poll import eventually
from tests.support.rest import Rest

_ANSWERED_WITHIN_S = 2.0
_SLACK_S = 2.0  # of a busy machine


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[RunningServer]:
    server = start_postgres(tmp_path / "postgres", durable=False)
    yield server
    server.stop()


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[RunningServer]:
    server = start_valkey(tmp_path / "valkey", maxmemory="64mb")
    yield server
    server.stop()


@pytest.fixture
def own_services(settings: Settings, own_postgres: RunningServer, own_valkey: RunningServer) -> Iterator[Services]:
    services = Services(
        settings=settings.model_copy(update={"database_url": own_postgres.url, "redis_url": own_valkey.url})
    )
    yield services
    eventually(lambda: not running_probes(), within=USUAL.wait_s * 2)
    services.close()


@pytest.fixture
def own_rest(own_services: Services) -> Rest:
    return Rest(create_app(own_services))


def running_probes() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("probe-")]


def asked(rest: Rest, path: str) -> tuple[TestResponse, float]:
    began = time.monotonic()
    return rest.get(path), time.monotonic() - began


def failed(rest: Rest) -> dict[str, str]:
    ready, took_s = asked(rest, "/readyz")
    assert took_s < _ANSWERED_WITHIN_S + _SLACK_S
    return {check["name"]: check["remedy"] for check in ready.json["checks"] if not check["ok"]}


def test_readiness_and_metrics_are_answered_while_postgresql_stands_still(
    own_rest: Rest, own_postgres: RunningServer
) -> None:
    before = failed(own_rest)

    with frozen(own_postgres.pid):
        names = failed(own_rest)
        metrics, took_s = asked(own_rest, "/metrics")

    assert "postgresql" not in before
    assert "stands still" in names["postgresql"]
    assert "redis" not in names
    assert took_s < _ANSWERED_WITHIN_S + _SLACK_S
    assert 'orchestrator_store_up{store="postgresql"} 0.0' in metrics.text
    assert 'orchestrator_store_up{store="redis"} 1.0' in metrics.text
    assert eventually(lambda: "postgresql" not in failed(own_rest), within=USUAL.wait_s * 2)


def test_readiness_and_metrics_are_answered_while_both_stores_stand_still(
    own_rest: Rest, own_postgres: RunningServer, own_valkey: RunningServer
) -> None:
    failed(own_rest)

    with frozen(own_postgres.pid), frozen(own_valkey.pid):
        names = failed(own_rest)
        metrics, took_s = asked(own_rest, "/metrics")

    assert {"postgresql", "redis"} <= names.keys()
    assert took_s < _ANSWERED_WITHIN_S + _SLACK_S
    assert 'orchestrator_store_up{store="redis"} 0.0' in metrics.text
    assert eventually(lambda: not {"postgresql", "redis"} & failed(own_rest).keys(), within=USUAL.wait_s * 2)


def test_however_often_readiness_is_asked_of_stores_that_stand_still_no_threads_pile_up(
    own_rest: Rest, own_postgres: RunningServer, own_valkey: RunningServer
) -> None:
    checks = len(own_rest.get("/readyz").json["checks"])

    with frozen(own_postgres.pid), frozen(own_valkey.pid), ThreadPoolExecutor(20) as many:
        answers = list(many.map(lambda _: own_rest.app.test_client().get("/readyz").status_code, range(20)))
        threads = len(running_probes())

    assert answers == [503] * 20
    assert threads <= checks


def test_readiness_is_answered_while_every_connection_is_in_use(own_rest: Rest, own_services: Services) -> None:
    with ExitStack() as busy:
        for _ in range(POOL_PER_PROCESS):
            busy.enter_context(own_services.sql.connect())
        names = failed(own_rest)

    assert "postgresql" in names
    eventually(lambda: not running_probes(), within=POOL_S * 2)
    assert "postgresql" not in failed(own_rest)


def test_a_valkey_that_is_nearly_full_is_not_ready_for_webhooks_are_refused(
    own_rest: Rest, own_services: Services
) -> None:
    before = failed(own_rest)
    for number in range(11):
        own_services.redis.set(f"ballast-{number}", b"x" * 5_000_000)

    names = failed(own_rest)

    assert "memory" not in before
    assert "maxmemory" in names["memory"]
    assert own_rest.get("/readyz").status_code == 503


def test_a_valkey_that_takes_no_writes_is_not_ready_though_it_answers_a_ping(
    own_rest: Rest, own_services: Services
) -> None:
    own_services.redis.replicaof("127.0.0.1", "1")

    names = failed(own_rest)

    assert "refuses" in names["redis"]


def test_other_requests_are_refused_in_time_and_fill_the_threads_no_longer(
    own_rest: Rest, own_postgres: RunningServer
) -> None:
    def list_campaigns(_: int) -> tuple[int, str | None, float]:
        began = time.monotonic()
        answer = Rest(own_rest.app).get("/v1/campaigns")
        return answer.status_code, answer.headers.get("Retry-After"), time.monotonic() - began

    own_rest.get("/v1/campaigns")
    with frozen(own_postgres.pid), ThreadPoolExecutor(8) as threads:
        first = list(threads.map(list_campaigns, range(8)))
        began = time.monotonic()
        later = list(threads.map(list_campaigns, range(64)))
        took_s = time.monotonic() - began

    assert {answer[:2] for answer in first + later} == {(503, "1")}
    assert max(answer[2] for answer in first) < POOL_S + PING_S + CONNECT_S + USUAL.wait_s + _SLACK_S
    # One thread at a time waits for the server; 64 requests of eight threads would take 24 s otherwise.
    assert took_s < 2 * CONNECT_S + _SLACK_S


def test_requests_that_need_a_valkey_that_stands_still_are_refused_in_time(
    own_rest: Rest, own_valkey: RunningServer
) -> None:
    own_rest.get("/v1/events/dead")

    with frozen(own_valkey.pid):
        answer, took_s = asked(own_rest, "/v1/events/dead")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert took_s < REDIS_ANSWER_S + CONNECT_S + _SLACK_S
