"""Where Valkey holds personal data, key by key, and how erasing a person clears each; a test holds it to `Keys`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import redis

from orchestrator.errors import NewerLiveState, NotAnEvent
from orchestrator.ids import new_version
from orchestrator.store.redis.event_streams import blank_log_entry
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import KEEP_LEG_S, load_live
from orchestrator.store.redis.scripts import Arg, ScriptCall, run_script
from orchestrator.store.sql.personal_columns import Person
from orchestrator.telnyx.events import parse_webhook

ERASED_KEYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "call": "written again without the person; the number stays until the state goes, for a late opt-out",
        "log": "written again without contents",
        "outbox": "deleted",
        "sounds": "deleted",
        "dead": "entries that tell of the person are deleted",
        "unmatched_webhooks": "entries that tell of the person are deleted",
    }
)

PASSING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "events": "an entry is gone when it was handled, and a call whose person is erased keeps nothing of it",
        "unmatched": "the same; what stays unmatched is not kept when its leg was a call with an erased person",
    }
)

ABOUT_NOBODY: Final = frozenset(
    {
        "answers_wanted",
        "counted_by",
        "counts",
        "ended",
        "epoch",
        "failures",
        "gcra",
        "health",
        "hops",
        "latency",
        "lease",
        "leg",
        "partners",
        "probe",
        "processes",
        "processes_heard",
        "put_off",
        "rewrites",
        "tries",
    }
    | {"latency_of", "ready", "rewriting", "sends", "shift", "silence", "slots", "sound", "stream", "timers", "wakes"}
)
"""Ids, times and counts."""

_AT_ONCE = 500
_ROUNDS = 20
_CONTENT = (b"raw", b"own")


def erase_keys(client: redis.Redis, keys: Keys, person: Person) -> float:
    """Clear what Valkey holds of a person; return the seconds after which the last of it is gone. Safe to repeat."""
    for stream in (keys.dead, keys.unmatched_webhooks):
        _erase_entries(client, stream, person)
    return max((_erase_live(client, keys, call_id) for call_id in person.call_ids), default=0.0)


def _erase_entries(client: redis.Redis, stream: str, person: Person) -> None:
    after: str | bytes = "-"
    while True:
        found: Any = client.xrange(stream, min=after, count=_AT_ONCE)
        if not found:
            return
        after = b"(" + found[-1][0]
        theirs = [entry_id for entry_id, fields in found if _tells_of(fields, person)]
        if theirs:
            client.xdel(stream, *theirs)


def _tells_of(fields: Mapping[bytes, bytes], person: Person) -> bool:
    content = [fields[name] for name in _CONTENT if name in fields]
    ids = [*person.contact_ids, *person.call_ids, *person.legs]
    has_id = any(ident.encode() in text for text in content for ident in ids)
    has_number = any(number.encode() in text for text in fields.values() for number in person.numbers)
    return has_id or has_number or any(_call_of(text) in person.call_ids for text in content)


def _call_of(raw: bytes) -> str | None:
    """Return the call that a webhook names in its client_state, where it stands in base64."""
    try:
        identity = parse_webhook(raw).identity
    except NotAnEvent:
        return None
    return identity.call if identity else None


def _erase_live(client: redis.Redis, keys: Keys, call_id: str) -> float:
    names = [keys.call(call_id), keys.log(call_id), keys.outbox(call_id), keys.sounds(call_id)]
    for _ in range(_ROUNDS):
        try:
            loaded = load_live(client, keys, call_id)
        except NewerLiveState:
            return float(KEEP_LEG_S)  # its own engines let it go
        if loaded is None:
            client.delete(*names)
            return 0.0
        lines: Any = client.lrange(names[1], 0, -1)
        state = loaded.call.erased().model_dump_json()
        written: list[Arg] = [loaded.version, new_version(), state, *(blank_log_entry(line) for line in lines)]
        kept_ms = int(run_script(client, ScriptCall("erase_live", names, written)))
        if kept_ms != -2:
            return kept_ms / 1000 if kept_ms >= 0 else float(KEEP_LEG_S)
    raise redis.TimeoutError(f"the live state of {call_id} changes all the time")
