"""How long lists, single rows and dashboards take in a very large installation, and what a long export costs.

At two million contacts it needs some 8 GB of disk and, on two cores, some ten minutes.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import psutil
import redis
from flask.testing import FlaskClient

from api.app import create_app
from benchmarks.measures import Measure, Target, share
from orchestrator.local_stack.embedded_servers import start_postgres, start_valkey
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.sql.migrate import upgrade
from tests.support.carrier_stub import carrier_stub
from tests.support.large_installation import ALL_WAIT, fill
from tests.support.polls import POLLS
from tests.support.world import World

_PAGE_MS = 50
_OPERATORS = ("/readyz", "/metrics")  # which look at the whole installation


def measure_lists(*, contacts: int, times: int = 5) -> list[Measure]:
    """Fill an installation, ask for each page so many times, and export half of its contacts."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lists-")))
        postgres = start_postgres(folder / "postgres", durable=False)
        stack.callback(postgres.stop)
        valkey = start_valkey(folder / "valkey")
        stack.callback(valkey.stop)
        upgrade(postgres.url)
        sql = open_sql(postgres.url)
        stack.callback(sql.dispose)
        fill(sql, contacts=contacts)
        client = stack.enter_context(redis.Redis.from_url(valkey.url))
        carrier = stack.enter_context(carrier_stub())
        world = World(sql=sql, redis=client, carrier_url=carrier.url, database_url=postgres.url, redis_url=valkey.url)
        world.execute("UPDATE installation SET epoch = NULL")
        world.rebuilder.watch()
        asked = create_app(world.services).test_client()
        headers = {"Authorization": f"Bearer {world.services.settings.api_key.get_secret_value()}"}
        took = {path: _times(asked, path, headers, times) for path in POLLS if path not in _OPERATORS}
        exported = _export(asked, headers)
        world.carrier.close()
    every_one = [each for of_one in took.values() for each in of_one]
    slowest = max(took, key=lambda path: share(took[path], 0.5))
    what, note = (
        f"{len(took)} pages at {contacts:,} contacts",
        f"slowest: {slowest}, {share(took[slowest], 0.5):.0f} ms",
    )
    return [
        Measure(f"{what}: p50", share(every_one, 0.5), "ms"),
        Measure(f"{what}: p99", share(every_one, 0.99), "ms", None, Target("most", _PAGE_MS), note),
        *exported,
    ]


def _times(asked: FlaskClient, path: str, headers: dict[str, str], times: int) -> list[float]:
    """Ask so many times behind a first, which makes the statements; return how many milliseconds each took."""
    took = []
    for _ in range(1 + times):
        began = time.perf_counter()
        answer = asked.get(path, headers=headers)
        took.append((time.perf_counter() - began) * 1e3)
        assert answer.status_code in (200, 404), (path, answer.status_code)
    return took[1:]


def _export(asked: FlaskClient, headers: dict[str, str]) -> list[Measure]:
    """Download the results of half of all contacts; return how many rows a second, and how the memory grew."""
    process, began, rows, sizes = psutil.Process(), time.perf_counter(), 0, list[int]()
    for piece in _pieces(asked, headers):
        rows += piece.count(b"\n")
        sizes.append(process.memory_info().rss)
    seconds = time.perf_counter() - began
    settled = sizes[len(sizes) // 10]
    return [
        Measure(f"an export of {rows:,} rows", seconds, "s", None, None, f"{rows / seconds:,.0f} rows/s"),
        Measure(
            "memory that it takes behind its first tenth", (max(sizes) - settled) / 1e6, "MB", None, Target("most", 16)
        ),
    ]


def _pieces(asked: FlaskClient, headers: dict[str, str]) -> Iterable[bytes]:
    sent = {**headers, "Accept": "application/x-ndjson"}
    return asked.get(f"/v1/campaigns/{ALL_WAIT}/results", headers=sent, buffered=False).iter_encoded()
