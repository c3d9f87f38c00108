"""Lists what failed for good, and puts it back to be tried again."""

from __future__ import annotations

from typing import Any, cast

import redis

from orchestrator.store.keys import Keys

_OURS = (b"stream", b"entry", b"error")


def list_dead_letters(client: redis.Redis, keys: Keys, *, most: int = 100) -> list[dict[str, Any]]:
    """Return the newest dead letters: {id, stream, entry, error, fields}."""
    letters: Any = client.xrevrange(keys.dead, count=most)
    return [
        {
            "id": letter_id.decode(),
            **{name.decode(): fields[name].decode(errors="replace") for name in _OURS},
            "fields": {name.decode(): value.decode(errors="replace") for name, value in _carried(fields).items()},
        }
        for letter_id, fields in letters
    ]


def replay_dead_letter(client: redis.Redis, keys: Keys, letter_id: str) -> bool:
    """Put a dead letter back into its stream, once; False if it is gone."""
    found: Any = client.xrange(keys.dead, min=letter_id, max=letter_id, count=1)
    if not found:
        return False
    _, fields = found[0]
    with client.pipeline(transaction=True) as pipe:
        pipe.xadd(fields[b"stream"], cast("Any", _carried(fields)))
        pipe.xdel(keys.dead, letter_id)
        pipe.execute()
    return True


def _carried(fields: dict[bytes, bytes]) -> dict[bytes, bytes]:
    return {name: value for name, value in fields.items() if name not in _OURS}
