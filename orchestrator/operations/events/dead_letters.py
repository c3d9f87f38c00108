"""Lists what failed for good or belongs to no call; puts dead letters back to be tried again, or throws them away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import redis

from orchestrator.store.redis.keys import Keys

_OURS = (b"stream", b"entry", b"error")


@dataclass(frozen=True)
class Kept:
    """An entry kept for a person: `id` names it, `why` says what is wrong, `content` is what it carried, as text."""

    id: str
    at: datetime
    why: str
    content: dict[str, str]


def list_dead_letters(client: redis.Redis, keys: Keys, *, after: str | None = None, limit: int = 100) -> list[Kept]:
    """Return dead letters, newest first, older than `after`."""
    return [
        _kept(ident, fields[b"error"], {b"stream": fields[b"stream"], **_carried(fields)})
        for ident, fields in _newest(client, keys.dead, after, limit)
    ]


def list_unmatched(client: redis.Redis, keys: Keys, *, after: str | None = None, limit: int = 100) -> list[Kept]:
    """Return webhooks that matched no call, newest first, older than `after` (R6)."""
    newest = _newest(client, keys.unmatched_webhooks, after, limit)
    return [_kept(ident, fields[b"why"], {b"raw": fields[b"raw"]}) for ident, fields in newest]


def replay_dead_letter(client: redis.Redis, keys: Keys, letter_id: str) -> bool:
    """Put a dead letter back into its stream, once; False if it is gone."""
    entry_id = _entry_id(letter_id)
    found: Any = client.xrange(keys.dead, min=entry_id, max=entry_id, count=1)
    if not found:
        return False
    _, fields = found[0]
    with client.pipeline(transaction=True) as pipe:
        pipe.xadd(fields[b"stream"], cast("Any", _carried(fields)))
        pipe.xdel(keys.dead, entry_id)
        pipe.execute()
    return True


def discard_dead_letter(client: redis.Redis, keys: Keys, letter_id: str) -> bool:
    """Throw a dead letter away; False if it is gone."""
    return bool(client.xdel(keys.dead, _entry_id(letter_id)))


def _newest(client: redis.Redis, stream: str, after: str | None, limit: int) -> Any:
    return client.xrevrange(stream, max=f"({_entry_id(after)}" if after else "+", count=limit)


def _kept(entry_id: bytes, why: bytes, content: dict[bytes, bytes]) -> Kept:
    ident = entry_id.decode()
    return Kept(
        id=ident.replace("-", "_"),
        at=datetime.fromtimestamp(int(ident.partition("-")[0]) / 1000, UTC),
        why=why.decode(errors="replace"),
        content={name.decode(): value.decode(errors="replace") for name, value in content.items()},
    )


def _carried(fields: dict[bytes, bytes]) -> dict[bytes, bytes]:
    return {name: value for name, value in fields.items() if name not in _OURS}


def _entry_id(ident: str) -> str:
    return ident.replace("_", "-")
