"""The ground of a measurement: real stores in a folder that is thrown away, and processes that use them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import redis
from sqlalchemy import Engine

from benchmarks.cpu import cpu_s
from orchestrator.local_stack.embedded_servers import RunningServer, start_postgres, start_valkey
from orchestrator.local_stack.process import ChildProcess
from orchestrator.local_stack.program import Program
from orchestrator.store.sql.engine import open_redis, open_sql
from orchestrator.store.sql.migrate import upgrade

CONNECTION = "conn-1"
API_KEY = "KEYbench"


@dataclass
class Ground:
    """Valkey with AOF always and PostgreSQL with fsync, as the stack starts them."""

    folder: Path
    valkey: RunningServer
    postgres: RunningServer

    @cached_property
    def redis(self) -> redis.Redis:
        """Return a client of Valkey as the service opens it."""
        return open_redis(self.valkey.url)

    @cached_property
    def sql(self) -> Engine:
        """Return a pool of PostgreSQL as the service opens it."""
        return open_sql(self.postgres.url)

    @property
    def env(self) -> dict[str, str]:
        """Return the variables that lead to the stores."""
        return {"ORCHESTRATOR_REDIS_URL": self.valkey.url, "ORCHESTRATOR_DATABASE_URL": self.postgres.url}

    def store_cpu_s(self) -> float:
        """Return what both stores have used so far."""
        return cpu_s(self.valkey.pid) + cpu_s(self.postgres.pid)

    @contextmanager
    def running(self, *programs: Program) -> Iterator[dict[str, ChildProcess]]:
        """Run programs until the block ends; all are ready when it begins."""
        with ExitStack() as ends:
            children = {}
            for program in programs:
                children[program.name] = ChildProcess(program, self.folder / f"{program.name}.log")
                ends.callback(children[program.name].end)
            for child in children.values():
                child.wait_until_ready()
            yield children


@contextmanager
def ground() -> Iterator[Ground]:
    """Start both stores on an empty folder and stop them at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="orchestrator-bench-") as name, ExitStack() as ends:
        folder = Path(name)
        folder.chmod(0o711)  # the server of PostgreSQL is nobody and must get through
        valkey = start_valkey(folder / "valkey")
        ends.callback(valkey.stop)
        postgres = start_postgres(folder / "postgres")
        ends.callback(postgres.stop)
        upgrade(postgres.url)
        stores = Ground(folder, valkey, postgres)
        yield stores
        stores.sql.dispose()
        stores.redis.close()


def carrier_env(carrier_url: str, public_key: str) -> Mapping[str, str]:
    """Return the variables that lead to a carrier."""
    return {
        "TELNYX_BASE_URL": carrier_url,
        "TELNYX_API_KEY": API_KEY,
        "TELNYX_PUBLIC_KEY": public_key,
        "TELNYX_CONNECTION_ID": CONNECTION,
    }
