"""What a run of a stack has taken: memory, files, keys and rows at its looks, and how each grows with the calls."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression

import psutil

from orchestrator.local_stack.process import session_members
from orchestrator.store.redis.event_streams import streams_of
from orchestrator.store.redis.keys import Keys
from tests.support.stack_run import StackRun

CALLS_OF_A_DAY = 29 * 86_400
_KEYS, _KEYS_LOOKED_AT = Keys(), 2_000

# A row for each call, contact, event, opt-out or change, kept until its retention: docs/reliability.md says so.
ROWS_THAT_STAY = frozenset(
    {"calls", "call_events", "contacts", "contact_words", "events", "recordings", "tallies"}
    | {"suppressions", "suppression_requests", "audit_events"}
)
# PostgreSQL's backends map its shared buffers page by page, until each has seen all of them.
GROWS_BY_DESIGN = frozenset({"pss of postgres"})
# Each thread that has ever sent keeps its connections, to Valkey and to the carrier: workers have 136 and 128 threads
# at most. The carrier keeps connections to the receiver, a backend of PostgreSQL the files of each table it has read.
MOST_FILES = {
    "files of dials": 320,
    "files of commands": 300,
    "files of webhooks": 300,
    "files of valkey": 400,
    "files of postgres": 5_000,
}


@dataclass(frozen=True)
class Look:
    """One look: after how many calls, and every quantity by name (bytes, files, keys, entries, rows)."""

    seconds: float
    calls: int
    found: Mapping[str, float]


@dataclass(frozen=True)
class Growth:
    """How one quantity went: where it began and ended, by how much each 1,000 calls, and whether that was to be."""

    name: str
    first: float
    last: float
    per_1000_calls: float
    is_stated: bool

    @property
    def of_a_day(self) -> float:
        """Return what a day at the usual limit of 29 calls a second would make of it."""
        return self.per_1000_calls * CALLS_OF_A_DAY / 1_000

    @property
    def breaks_word(self) -> bool:
        """Return whether it grows though nothing says that it does: by a tenth, and more than a busy moment makes.

        What is bounded may grow up to its bound.
        """
        slack = {"pss": 16e6, "bytes": 16e6}.get(self.name.split()[0], 50)
        return not self.is_stated and self.last > max(self.first * 1.1 + slack, MOST_FILES.get(self.name, 0))


def look_at(stack: StackRun, *, seconds: float) -> Look:
    """Return what the stack takes now."""
    found = {**dict(_processes(stack)), **dict(_redis(stack)), **dict(_tables(stack)), **dict(_folders(stack.folder))}
    [row] = stack.query("SELECT count(*) AS n FROM calls WHERE state <> 'withdrawn'")
    return Look(seconds, int(row["n"]), found)


def growth_of(looks: Sequence[Look]) -> list[Growth]:
    """Return how each quantity grew: the least of the first and of the last third, and the slope over all looks."""
    third = max(1, len(looks) // 3)
    names = sorted({name for look in looks for name in look.found})
    calls = [look.calls / 1_000 for look in looks]
    grown = []
    for name in names:
        values = [look.found.get(name, 0.0) for look in looks]
        slope = linear_regression(calls, values).slope if len(set(calls)) > 1 else 0.0
        grown.append(Growth(name, min(values[:third]), min(values[-third:]), slope, _is_stated(name)))
    return grown


def _is_stated(name: str) -> bool:
    table = name.rpartition(" ")[2]
    # Rows are estimates of the server's, so a table that grows is known by its bytes.
    is_row = name.startswith(("rows", "dead rows"))
    return is_row or name in GROWS_BY_DESIGN or (name.startswith("bytes of table") and table in ROWS_THAT_STAY)


def _processes(stack: StackRun) -> Iterator[tuple[str, float]]:
    for program, leader in stack.pids().items():
        pids = {*session_members(leader), *_children(leader)}  # PostgreSQL's have sessions of their own
        yield f"pss of {program}", float(sum(_pss(pid) for pid in pids))
        yield f"files of {program}", float(sum(_open_files(pid) for pid in pids))


def _children(pid: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0  # it has just ended
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def _open_files(pid: int) -> int:
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return 0


def _redis(stack: StackRun) -> Iterator[tuple[str, float]]:
    with stack.redis() as client:
        size = int(client.dbsize())
        yield "bytes of redis", float(client.info("memory")["used_memory"])
        yield "keys", float(size)
        # A sample tells the kinds: to read all names each time would slow what is measured.
        seen: set[bytes] = set()
        cursor = -1
        while cursor and len(seen) < _KEYS_LOOKED_AT:
            cursor, names = client.scan(max(cursor, 0), count=500)
            seen.update(names)
        kinds = Counter(_kind(name) for name in seen)
        for kind, number in kinds.items():
            yield f"keys ~ {kind}", number * size / max(len(seen), 1)
        for name, stream in streams_of(_KEYS).items():
            yield f"entries of {name}", float(client.xlen(stream))
        for name, waiting in {"timers": _KEYS.timers, "wakes": _KEYS.wakes}.items():
            yield f"entries of {name}", float(client.zcard(waiting))


def _kind(name: bytes) -> str:
    """Return a key's name without the id of whom it is for."""
    parts = name.decode(errors="replace").split(":")
    return ":".join(parts[:2]) if len(parts) > 2 and parts[0].startswith("{") else ":".join(parts)[:40]


def _tables(stack: StackRun) -> Iterator[tuple[str, float]]:
    rows = stack.query(
        "SELECT relname, n_live_tup, n_dead_tup, pg_total_relation_size(relid) AS size FROM pg_stat_user_tables"
    )
    for row in rows:
        yield f"rows of {row['relname']}", float(row["n_live_tup"])
        yield f"dead rows of {row['relname']}", float(row["n_dead_tup"])
        yield f"bytes of table {row['relname']}", float(row["size"])


def _folders(data: Path) -> Iterator[tuple[str, float]]:
    sizes: dict[str, float] = defaultdict(float)
    for file in data.rglob("*"):
        try:
            sizes[file.relative_to(data).parts[0]] += file.stat().st_size if file.is_file() else 0
        except OSError:
            continue  # rotated away
    for name, size in sizes.items():
        if size > 1e6 and name != "postgres":  # its tables are told one by one
            yield f"bytes of folder {name}", size
