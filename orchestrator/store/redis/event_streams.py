"""The event stream: entries of webhooks, timers and tasks, and how each is read.

An event whose call Redis does not know is set aside into a stream of its own, where it waits for the database. So the
timers, which are not issued while older entries wait in `events` (R15), never wait for a database that is away: a call
that has timers has live state, and its events are not set aside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import redis

from orchestrator.clock import rfc3339, unix_ms
from orchestrator.model.decision import SendCommand
from orchestrator.model.event import (
    COMMAND_ACCEPTED,
    COMMAND_FAILED,
    COMMAND_GONE,
    COMMAND_UNKNOWN,
    TIMER_DUE,
    Event,
)
from orchestrator.model.own_streams import STREAM_PLAY
from orchestrator.store.redis.keys import GROUP, Keys
from orchestrator.store.redis.pipeline import Command, round_trip
from orchestrator.store.redis.scripts import Arg, ScriptCall, raise_errors, run_script, write_though_full

DEAD_KEPT = 100_000
_FATES = frozenset({COMMAND_ACCEPTED, COMMAND_FAILED, COMMAND_GONE, COMMAND_UNKNOWN})


@dataclass(frozen=True)
class Entry:
    """One entry as it stands in the stream: exactly one of `raw` (a webhook) and `own` (an event of ours) is set."""

    entry_id: str
    stamped_ms: int
    raw: bytes | None = None
    own: Event | None = None
    read_ms: float = field(default_factory=unix_ms, compare=False)


def add_webhook(client: redis.Redis, keys: Keys, raw: bytes) -> str:
    """Append a verified webhook body; the entry's id carries the moment of receipt by the server's clock."""
    answers = round_trip(client, [append_webhook(keys, raw)])
    raise_errors(answers)
    return _text(answers[0])


def append_webhook(keys: Keys, raw: bytes) -> Command:
    """Return the command of `add_webhook`."""
    return "XADD", keys.events, "*", "raw", raw


def add_event(client: redis.Redis, keys: Keys, event: Event) -> str:
    """Append an event of our own."""
    return _text(client.xadd(keys.events, {"own": event.model_dump_json()}))


def read_new(
    client: redis.Redis, stream: str, consumer: str, *, most: int, wait_ms: int
) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """Return up to `most` entries that no consumer of the group was given yet; waits for the first one."""
    command = ("XREADGROUP", "GROUP", GROUP, consumer, "COUNT", most, "BLOCK", wait_ms, "STREAMS", stream, ">")
    answers = round_trip(client, [command])
    raise_errors(answers)
    entries = answers[0][0][1] if answers[0] else []
    return [(entry_id, dict(zip(flat[::2], flat[1::2], strict=True))) for entry_id, flat in entries]


def acknowledge(client: redis.Redis, keys: Keys, stream: str, entry_ids: Sequence[str | bytes]) -> None:
    """Take entries that were handled out of a stream, and forget what had failed of them before."""
    if entry_ids:
        taken_out = ("XACK", stream, GROUP, *entry_ids), ("XDEL", stream, *entry_ids)
        done = (*taken_out, ("HDEL", keys.failures, *entry_ids))
        raise_errors(round_trip(client, done))


def ensure_groups(client: redis.Redis, keys: Keys) -> None:
    """Create the consumer groups; safe to repeat."""
    for stream in streams_of(keys).values():
        try:
            client.xgroup_create(stream, GROUP, id="0", mkstream=True)
        except redis.ResponseError as err:
            if "BUSYGROUP" not in str(err):
                raise


def streams_of(keys: Keys) -> dict[str, str]:
    """Return the streams that are read as a group, by their short names."""
    return {"events": keys.events, "strays": keys.unmatched, "ended": keys.ended}


def read_entry(entry_id: bytes, fields: Mapping[bytes, bytes]) -> Entry:
    """Return the entry in a shape of ours; raises ValueError for fields nobody here writes."""
    name = entry_id.decode()
    stamped_ms = stamp_of(entry_id, fields)
    if b"raw" in fields:
        return Entry(name, stamped_ms, raw=fields[b"raw"])
    if b"own" in fields:
        return Entry(name, stamped_ms, own=Event.model_validate_json(fields[b"own"]))
    if b"timer" in fields:
        return Entry(name, stamped_ms, own=_timer_event(fields[b"timer"].decode(), int(float(fields[b"due"]))))
    raise ValueError(f"an entry with the fields {sorted(fields)}")


def bury(
    client: redis.Redis, stream: str, *, entry_id: str, fields: Mapping[bytes, bytes], keys: Keys, why: str
) -> None:
    """Move an entry that failed for good to the dead letters, with its error; it can be listed and replayed."""
    letter = {b"stream": stream.encode(), b"entry": entry_id.encode(), b"error": why[:2000].encode(), **fields}
    pairs = [part for name, value in letter.items() for part in (name, value)]
    run_script(client, ScriptCall("bury", [keys.dead, stream, keys.failures], [DEAD_KEPT, GROUP, entry_id, *pairs]))


def set_aside(client: redis.Redis, keys: Keys, entry: Entry) -> None:
    """Move an entry from `events` to the unmatched ones; it keeps its time of arrival."""
    args: list[Arg] = ["", GROUP, entry.entry_id, "came", entry.stamped_ms]
    run_script(client, ScriptCall("move_entry", [keys.unmatched, keys.events, keys.failures], args))


def count_failure(client: redis.Redis, keys: Keys, entry: str) -> int:
    """Count a failure of an entry's own and return how many it has had."""
    return int(write_though_full(client, "HINCRBY", keys.failures, entry, 1))


def forgive_failure(client: redis.Redis, keys: Keys, entry: str) -> None:
    """Forget an entry's failures."""
    client.hdel(keys.failures, entry)


def _timer_event(member: str, due_ms: int) -> Event:
    call_id, _, name = member.partition("|")
    due = datetime.fromtimestamp(due_ms / 1000, UTC)
    return Event(
        id=f"timer:{name}:{due_ms}",
        type=TIMER_DUE,
        occurred_at=due,
        call_id=call_id,
        payload={"name": name, "due_at": rfc3339(due)},
    )


def _text(answer: object) -> str:
    return answer.decode() if isinstance(answer, bytes) else str(answer)


def blank_log_entry(line: bytes) -> bytes:
    """Return a line of a timeline without what is personal: the contents of its event and commands."""
    entry = orjson.loads(line)
    commands = [{**command, "body": {}} for command in entry["commands"]]
    return orjson.dumps({**entry, "payload": {}, "commands": commands, "note": None})


def log_entry(event: Event, *, recorded_ms: int, commands: Sequence[SendCommand], note: str | None) -> bytes:
    """Return one line of a call's timeline, as JSON: the event, and the commands it caused.

    What became of a command is an event with the command's own id; here, where both stand, its type tells them apart.
    """
    return orjson.dumps(
        {
            "id": f"{event.type}:{event.id}" if event.type in _FATES else event.id,
            "leg": event.leg,
            "type": event.type,
            "at": event.occurred_at,
            "recorded_ms": recorded_ms,
            "payload": event.payload,
            "commands": [{"id": c.command_id, "action": c.action, "leg": c.role, "body": _shown(c)} for c in commands],
            "note": note,
        }
    )


def _shown(command: SendCommand) -> dict[str, Any]:
    """Return a command's body as the timeline keeps it: without the sound itself."""
    return {"letters": len(command.body["payload"])} if command.action == STREAM_PLAY else command.body


def backlog(client: redis.Redis, keys: Keys) -> dict[str, tuple[int, float]]:
    """Return, by stream, how many entries wait and the age of the oldest in seconds."""
    seconds, micros = client.time()
    now_ms = seconds * 1000 + micros // 1000
    return {
        name: (int(client.xlen(stream)), (now_ms - _oldest_ms(client, stream, now_ms)) / 1000)
        for name, stream in streams_of(keys).items()
    }


def _oldest_ms(client: redis.Redis, stream: str, now_ms: int) -> int:
    oldest: Any = client.xrange(stream, count=1)
    return stamp_of(*oldest[0]) if oldest else now_ms


def stamp_of(entry_id: bytes, fields: Mapping[bytes, bytes]) -> int:
    """Return the moment in ms in which an entry came, whichever stream it stands in now."""
    return int(fields.get(b"came") or entry_id.partition(b"-")[0])
