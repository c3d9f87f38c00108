"""The engines and workers of an installation: each shows itself every few seconds, and is forgotten when it is gone."""

from __future__ import annotations

from typing import Final, Literal

import redis
from pydantic import BaseModel, ConfigDict

from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.scripts import ScriptCall, run_script

KEPT_S: Final = 600  # of one that is not heard any more: long enough to be seen, and to be asked about


class Process(BaseModel):
    """What a process says of itself: the parts of an engine, or the queue of a worker, and what it has served."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    kind: Literal["engine", "worker"]
    parts: tuple[str, ...]
    began_ms: int
    calls: int | None = None
    is_on_shift: bool | None = None


def show_process(client: redis.Redis, keys: Keys, process: Process) -> None:
    """Let a process be seen for a while."""
    names = [keys.processes, keys.processes_heard]
    run_script(client, ScriptCall("show_process", names, [KEPT_S, process.name, process.model_dump_json()]))


def hide_process(client: redis.Redis, keys: Keys, name: str) -> None:
    """Forget a process that has ended as it should."""
    client.hdel(keys.processes, name)
    client.zrem(keys.processes_heard, name)


def list_processes(client: redis.Redis, keys: Keys) -> list[tuple[Process, float]]:
    """Return who has shown itself lately, by name, each with the seconds since then by Redis's clock."""
    with client.pipeline(transaction=True) as pipe:
        pipe.time()
        pipe.hgetall(keys.processes)
        pipe.zrange(keys.processes_heard, 0, -1, withscores=True)
        (seconds, micros), said, heard = pipe.execute()
    now_ms = seconds * 1000 + micros // 1000
    ago_s = {name: max(0.0, (now_ms - ms) / 1000) for name, ms in heard}
    lately = [name for name in said if ago_s.get(name, KEPT_S) < KEPT_S]
    shown = [(Process.model_validate_json(said[name]), ago_s[name]) for name in lately]
    return sorted(shown, key=lambda each: (each[0].kind, each[0].name))
