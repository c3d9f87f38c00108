"""Imports of two sizes with dialing beside them: rows a second, memory, and how long a send's transaction takes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine, event

from benchmarks.ground import Ground, carrier_env
from benchmarks.measures import Measure, Target, share
from benchmarks.sink import sink
from benchmarks.webhooks import PUBLIC_KEY
from orchestrator.cli.demo import SAMPLE
from orchestrator.operations.dialing.claim_contacts import RateLimits
from orchestrator.operations.dialing.dial_call import Dialer
from orchestrator.settings import child_environment
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.rate_limiter import RateLimit
from orchestrator.store.sql.engine import open_sql
from tests.support.world import CONNECTION, ZONE, World, world_of

_PACE = 29.0
_QUIET_S = 5.0
_MOST_S = 1_800.0
SMALL, LARGE = 10_000, 1_000_000


def measure_imports(ground: Ground, *, large: int) -> list[Measure]:
    """Import a small file and one of `large` rows, dialing all the while."""
    addresses = {"database_url": ground.postgres.url, "redis_url": ground.valkey.url}
    with (
        sink() as carrier,
        world_of(sql=ground.sql, client=ground.redis, carrier_url=carrier.url, **addresses) as world,
    ):
        with _dialing(world) as sends:
            time.sleep(_QUIET_S)
        quiet = list(sends)
        results, busy = {}, {}
        for rows in (SMALL, large):
            file = _write_csv(ground.folder / f"{rows}.csv", rows)
            with _dialing(world) as sends:
                results[rows] = _import(ground, world.campaign(flow=SAMPLE.read_text()), file)
            busy[rows] = list(sends)
    return _lines(results, busy, quiet, large)


def _lines(results: dict[int, Any], busy: dict[int, list[float]], quiet: list[float], large: int) -> list[Measure]:
    lines = []
    for rows, one in results.items():
        assert one["accepted"] == rows, f"{one['accepted']} of {rows} rows were taken"
        p99 = share(busy[rows], 0.99)
        note = f"{len(busy[rows])} sends beside it"
        beside = f"send transaction p99 beside {rows:,} rows"
        lines.append(Measure(f"import of {rows:,} rows", rows / one["seconds"], "rows/s"))
        lines.append(Measure(beside, p99, "ms", None, Target("most", 20), f"{note}; {share(quiet, 0.99):.1f} alone"))
    peaks = [results[rows]["peak_mb"] for rows in (SMALL, large)]
    name = f"importer's memory, {large:,} rows beside {SMALL:,}"
    return [*lines, Measure(name, peaks[1], "MB", peaks[0], Target("most", 1.15))]


def _import(ground: Ground, campaign_id: str, file: Path) -> Any:
    env = child_environment({**ground.env, **carrier_env("http://127.0.0.1:1/v2", PUBLIC_KEY)})
    words = [sys.executable, "-m", "benchmarks.importer", campaign_id, str(file)]
    done = subprocess.run(words, env=env, stdout=subprocess.PIPE, check=True, timeout=_MOST_S)
    return orjson.loads(done.stdout)


@contextmanager
def _dialing(world: World) -> Iterator[list[float]]:
    """Claim and dial contacts at a steady pace until the block ends; yields how long each send's transaction took."""
    sql, stop, taken = open_sql(world.database_url), threading.Event(), []
    campaign_id = world.campaign(flow=SAMPLE.read_text())
    spent = _timed_transactions(sql)
    dialer = Dialer(sql=sql, client=world.redis, carrier=world.carrier, flows=world.flows, keys=Keys())
    rate_limits = RateLimits(RateLimit(CONNECTION, 1_000.0, 100.0, 0), RateLimit(campaign_id))

    def dial() -> None:
        number = 0
        while not stop.wait(1 / _PACE):
            number += 1
            world.contact(campaign_id, phone=f"+1415{int(time.time() * 1000) % 8_000_000 + 2_000_000}")
            for call_id in world.claimer.claim_contacts(campaign_id, rate_limits, zones=[ZONE], most=1).call_ids:
                spent.clear()
                dialer.dial_call(call_id)
                taken.append(spent[0])

    thread = threading.Thread(target=dial)
    thread.start()
    try:
        yield taken
    finally:
        stop.set()
        thread.join()
        sql.dispose()


def _timed_transactions(sql: Engine) -> list[float]:
    """Return a list that fills with the milliseconds for which each transaction of this engine held a connection."""
    spent: list[float] = []

    def begin(_driver: object, record: Any, _proxy: object) -> None:
        record.info["began"] = time.perf_counter()

    def end(_driver: object, record: Any) -> None:
        spent.append((time.perf_counter() - record.info["began"]) * 1000)

    event.listen(sql, "checkout", begin)
    event.listen(sql, "checkin", end)
    return spent


def _write_csv(file: Path, rows: int) -> Path:
    with file.open("w") as out:
        out.write("phone,first_name,appointment,external_id\n")
        for number in range(rows):
            out.write(f"+1312{2_000_000 + number},Ada,Monday at {number % 12 + 1},patient-{number}\n")
    return file
