"""What a stack still holds once its campaigns are over: no channel, stream, timer, outbox or queue may be left."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import redis

from orchestrator.store.redis.broker_queues import queue_lengths
from orchestrator.store.redis.keys import GROUP, Keys
from tests.support.stack_run import StackRun

_KEYS = Keys()
_UNDER_WAY = "SELECT id, state FROM calls WHERE state IN ('reserved', 'dialing', 'accepted')"
_UNTOLD = "SELECT count(*) AS n FROM new_events"


def leftovers(stack: StackRun) -> list[str]:
    """Return what is left, a sentence each."""
    with stack.redis() as client:
        left = [*_channels(client), *_streams(client), *_due(client), *_outboxes(client), *_queues(client)]
    left += [f"{row['id']} is still {row['state']}" for row in stack.query(_UNDER_WAY)]
    return [*left, *(f"{row['n']} events are not told" for row in stack.query(_UNTOLD) if row["n"])]


def wrong_recordings(stack: StackRun) -> list[str]:
    """Return the listed recordings that are not here as they were told, and drafts that were left."""
    wrong = [str(draft) for draft in stack.folder.glob("recordings/drafts/*")]
    for each in stack.rest.pages("/v1/recordings"):
        files = list(stack.folder.glob(f"recordings/*/{each['id']}.*"))
        if each["status"] != "fetched" or [sha256(file.read_bytes()).hexdigest() for file in files] != [each["sha256"]]:
            wrong.append(f"recording {each['id']} of {each['call_id']} is {each['status']}, {len(files)} files")
    return wrong


def _channels(client: redis.Redis) -> Iterator[str]:
    for name in _named(client, _KEYS.slots("*")):  # the carrier's, and each campaign's
        held = client.zrange(name, 0, -1)
        yield from (f"a channel of {name.decode()} is held by {member.decode()}" for member in held)


def _streams(client: redis.Redis) -> Iterator[str]:
    for stream in (_KEYS.events, _KEYS.unmatched, _KEYS.ended, _KEYS.dead):
        if length := client.xlen(stream):
            yield f"{stream} has {length} entries: {client.xrange(stream, count=3)}"
    for stream in (_KEYS.events, _KEYS.unmatched, _KEYS.ended):
        if pending := client.xpending(stream, GROUP)["pending"]:
            yield f"{stream} has {pending} entries that are delivered and not done"


def _due(client: redis.Redis) -> Iterator[str]:
    for name in (_KEYS.timers, _KEYS.wakes):
        yield from (f"{name} waits: {member.decode()}" for member in client.zrange(name, 0, 9))


def _outboxes(client: redis.Redis) -> Iterator[str]:
    for name in _named(client, _KEYS.outbox("*")):
        yield f"{name.decode()} has {client.llen(name)} commands"


def _named(client: redis.Redis, pattern: str) -> Iterator[bytes]:
    return client.scan_iter(match=pattern.replace("{", "\\{"), count=1000)


def _queues(client: redis.Redis) -> Iterator[str]:
    taken = int(client.zcard("cel:unacked_index"))  # a dead worker's messages are given to another after a while
    waiting = {**queue_lengths(client, _KEYS), "the hands of workers, or of dead ones": taken}
    yield from (f"{length} wait in {name}" for name, length in waiting.items() if length)
