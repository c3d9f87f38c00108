"""Checks whether this installation can do its work, and gives a remedy for each thing that is wrong.

The storage of recordings is not checked here: no call needs it, so it must not take an API out of service, and a dead
bucket would delay every answer. Failures of the engine there are repeated as a warning; `orchestrator doctor` tries it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import redis
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.clock import Clock
from orchestrator.errors import Misconfigured
from orchestrator.operations.dialing.rate_limits import account_rate_limit
from orchestrator.operations.recordings.fetch_recordings import NOT_STORED
from orchestrator.operations.system.check_disk_space import has_room
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.zones.clock_rules import old_rules
from orchestrator.settings import Settings
from orchestrator.store.open_files import may_open_no_more
from orchestrator.store.outage import has_all_its_clients
from orchestrator.store.probes import WITHIN_S, StoreProbes
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.memory_guard import MemoryWatch
from orchestrator.store.redis.rate_limiter import RateLimit, read_health, read_room
from orchestrator.store.sql.connections import find_connection
from orchestrator.store.sql.dialing_stop import read_stop
from orchestrator.store.sql.installation import ping, read_epoch
from orchestrator.store.sql.recordings import is_any_put_off
from orchestrator.store.sql.schema_version import schema_remedy

_LONG_S = 5.0  # without a dial, on account of the rate alone


@dataclass(frozen=True)
class Check:
    """One check; `remedy` is empty when all is well.

    A check that is not vital is a warning: calls are made all the same.
    """

    name: str
    ok: bool
    remedy: str = ""
    is_vital: bool = True


@dataclass(frozen=True)
class _Installation:
    """What the checks ask."""

    sql: Engine
    client: redis.Redis
    keys: Keys
    settings: Settings
    clock: Clock


def check_readiness(
    *, sql: Engine, client: redis.Redis, keys: Keys, settings: Settings, clock: Clock, probes: StoreProbes
) -> list[Check]:
    """Return every check within two seconds, whatever hangs; none raises, and none asks the carrier."""
    installation = _Installation(sql, client, keys, settings, clock)
    remedies = probes.run({name: partial(_remedy, check, installation) for name, check in _CHECKS.items()})
    return [_check(name, remedies.get(name, _SILENT.get(name, _WAITS))) for name in _CHECKS]


def _check(name: str, remedy: str) -> Check:
    return Check(name, not remedy, remedy, is_vital=_CHECKS[name] not in _WARNINGS)


def _remedy(check: Callable[[_Installation], str], installation: _Installation) -> str:
    try:
        return check(installation)
    except SQLAlchemyError as err:
        return _away("postgresql", err)
    except redis.ResponseError as err:
        return f"Redis refuses what every call needs: {err}"
    except redis.RedisError as err:
        return _away("redis", err)
    except OSError as err:  # the Redis client reads a file of its own for each new connection
        return _NO_FILES if may_open_no_more() else str(err)
    except Misconfigured as err:
        return str(err)


def _away(store: str, err: Exception) -> str:
    if may_open_no_more():
        return _NO_FILES
    return _NO_CLIENTS[store] if has_all_its_clients(err) else _AWAY[store]


def _postgresql(installation: _Installation) -> str:
    with installation.sql.connect() as tx:
        ping(tx)
    return ""


def _migrations(installation: _Installation) -> str:
    with installation.sql.connect() as tx:
        return schema_remedy(tx)


def _redis(installation: _Installation) -> str:
    # A webhook is written: one that is full, a replica or without room on its disk answers a ping all the same.
    installation.client.set(installation.keys.probe, "", px=_PROBE_MS)
    return ""


def _memory(installation: _Installation) -> str:
    is_full = MemoryWatch(installation.client).is_nearly_full()
    return "Redis is nearly full, so webhooks are refused: let it drain, or raise maxmemory" if is_full else ""


def _epoch(installation: _Installation) -> str:
    # Redis must still know what SQL believes it knows; the engine rebuilds it otherwise (R20).
    with installation.sql.connect() as tx:
        epoch = read_epoch(tx)
    mark = installation.client.get(installation.keys.epoch)
    if epoch is None or mark is None:
        return "Redis is empty or new: start the engine, it rebuilds it within seconds"
    return "" if mark == str(epoch).encode() else "Redis and SQL belong to different installations: check both URLs"


def _clock(installation: _Installation) -> str:
    # The engine compares our clocks with the carrier's: over a minute apart, its webhooks would soon be refused, and
    # people called at a wrong hour (R25).
    health = read_health(installation.client, installation.keys, installation.settings.connection_id())
    is_skewed = health.closed and health.reason == Reason.CLOCK_SKEW
    if not is_skewed:
        return ""
    return (
        "the clock of this machine, PostgreSQL or Redis is over 60 s from the carrier's: set it, for instance with NTP"
    )


def _dialing(installation: _Installation) -> str:
    with installation.sql.connect() as tx:
        stop = read_stop(tx)
    if stop is not None:
        return stop.sentence
    connection_id = installation.settings.connection_id()
    health = read_health(installation.client, installation.keys, connection_id)
    if health.closed:
        return f"nobody is dialed ({health.reason}): dialing goes on as soon as the carrier answers"
    with installation.sql.connect() as tx:
        limits = find_connection(tx, connection_id)
    if limits is None:
        return ""
    rate = limits.calls_per_second
    rate_limit = account_rate_limit(connection_id, calls_per_second=rate, max_live_calls=limits.max_live_calls)
    [room] = read_room(installation.client, installation.keys, [(rate_limit, RateLimit(connection_id))])
    if room.lacks is not Reason.RATE or room.wait_s < _LONG_S:
        return ""
    return f"calls_per_second is {rate:g}: the next dial is {room.wait_s:.0f} s away; change the connection's limits"


def _door(installation: _Installation) -> str:
    is_set = installation.settings.telnyx_public_key is not None
    return "" if is_set else "TELNYX_PUBLIC_KEY is not set: without it every webhook is refused"


def _recordings(installation: _Installation) -> str:
    with installation.sql.connect() as tx:
        if not is_any_put_off(tx, NOT_STORED):
            return ""
    return "recordings cannot be stored, and are lost a day after they were told: `orchestrator doctor` says why"


def _clock_rules(installation: _Installation) -> str:
    return old_rules(installation.clock())


def _disk(installation: _Installation) -> str:
    folder = installation.settings.data_dir
    if not (folder / "postgres").is_dir() or has_room(folder):  # elsewhere the stores have disks of their own
        return ""
    return f"the disk of {folder.resolve()} is full: make room, and what has ended is started again within seconds"


_PROBE_MS = 60_000
_AWAY = {
    "postgresql": "PostgreSQL does not answer: start it, or mend ORCHESTRATOR_DATABASE_URL",
    "redis": "Redis does not answer: start it, or mend ORCHESTRATOR_REDIS_URL",
}
_NO_CLIENTS = {
    "postgresql": "PostgreSQL takes no more connections: raise its max_connections, or end others (8 for each process)",
    "redis": "Redis takes no more connections: raise its maxclients, or end others",
}
_NO_FILES = (
    "this process may open no more files, and so reaches no store anew: raise its limit (`ulimit -n`, LimitNOFILE)"
)
_STILL = f"did not answer within {WITHIN_S:g} s: it stands still, or has more to do than it can"
_SILENT = {"postgresql": f"PostgreSQL {_STILL}", "redis": f"Redis {_STILL}"}
_WAITS = f"a store {_STILL}"
_WARNINGS = frozenset({_dialing, _recordings, _clock_rules})
_CHECKS: dict[str, Callable[[_Installation], str]] = {
    "postgresql": _postgresql,
    "migrations": _migrations,
    "redis": _redis,
    "memory": _memory,
    "epoch": _epoch,
    "clock": _clock,
    "dialing": _dialing,
    "webhooks": _door,
    "recordings": _recordings,
    "disk": _disk,
    "clock_rules": _clock_rules,
}
