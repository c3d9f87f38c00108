"""A store that takes no more clients, and a webhook receiver that may open no more files: said, and nothing is lost."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import redis

from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.store.redis.keys import Keys
from tests.support.no_clients import postgres_without_room, valkey_without_room
from tests.support.poll import eventually
from tests.support.served import PATIENCE_S, Served, head, read_answer, served, signed

EVENT = b'{"data": {"record_type": "event", "event_type": "call.initiated", "id": "evt-%d", "payload": {}}}'


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("receiver") / "log"


@pytest.fixture(scope="module")
def receiver(front_database_url: str, valkey_server: RunningServer, log: Path) -> Iterator[Served]:
    """Return the webhook endpoint alone, which logs to a file."""
    urls = {"database_url": front_database_url, "redis_url": valkey_server.url}
    with served(**urls, only_webhooks=True, log=log) as server:
        yield server


@pytest.mark.parametrize("store", ["postgresql", "redis"])
def test_a_store_that_takes_no_more_clients_is_named_and_used_again_once_it_does(
    api: Served, front_database_url: str, redis_client: redis.Redis, store: str
) -> None:
    eventually(lambda: store not in _wrong(api), within=PATIENCE_S)

    of_postgres = postgres_without_room(front_database_url)
    with of_postgres if store == "postgresql" else valkey_without_room(redis_client):
        # At first it may be told of a connection that was there and has been ended.
        eventually(lambda: "takes no more connections" in _wrong(api).get(store, ""), within=PATIENCE_S)

    eventually(lambda: store not in _wrong(api), within=PATIENCE_S)


@pytest.mark.parametrize(
    ("limit", "said"), [("files", "Too many open files"), ("clients", "max number of clients reached")]
)
def test_a_webhook_receiver_that_reaches_valkey_no_more_refuses_and_takes_again_once_it_does(
    receiver: Served, log: Path, redis_client: redis.Redis, limit: str, said: str
) -> None:
    with receiver.connect() as kept:
        assert _told(kept, 1) == 200

        with valkey_without_room(redis_client) if limit == "clients" else _no_files(receiver, redis_client):
            assert _told(kept, 2) == 503
            eventually(lambda: _told(kept, 2) == 503 and said in log.read_text(), within=PATIENCE_S)
        assert eventually(lambda: _told(kept, 2) == 200, within=PATIENCE_S)

    # What was answered with 200 is there, and what was refused came again.
    assert redis_client.xlen(Keys().events) + redis_client.xlen(Keys().unmatched) == 2


@contextmanager
def _no_files(server: Served, valkey: redis.Redis) -> Iterator[None]:
    """Let the server open no more files, and end its connections to Valkey."""
    process = psutil.Process(server.process.pid)
    soft, hard = process.rlimit(psutil.RLIMIT_NOFILE)
    process.rlimit(psutil.RLIMIT_NOFILE, (3, hard))
    valkey.client_kill_filter(_type="normal", skipme=True)
    try:
        yield
    finally:
        process.rlimit(psutil.RLIMIT_NOFILE, (soft, hard))


def _told(kept: socket.socket, number: int) -> int:
    """Return the answer to a webhook, sent on a connection that is there already."""
    body = EVENT % number
    kept.sendall(head("POST", "/webhooks/telnyx", {**signed(body), "Content-Length": len(body)}) + body)
    return read_answer(kept)[0]


def _wrong(api: Served) -> dict[str, str]:
    """Return the remedies that /readyz gives, by check."""
    return {check["name"]: check["remedy"] for check in api.get("/readyz").json()["checks"] if not check["ok"]}
