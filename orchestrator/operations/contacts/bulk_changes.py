"""Changes many contacts, a batch at a time; what is interrupted goes on where it stood, and changes nobody twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis
from sqlalchemy import Connection, Engine, Row

from orchestrator.errors import Conflict, NotFound
from orchestrator.ids import new_id
from orchestrator.operations.access.audit import concerns
from orchestrator.store.outage import is_outage
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import bulk_changes
from orchestrator.store.sql.bulk_changes import COMPLETED, RUNNING, STOPPED, Page

BATCH = 500
_LOOKED_AT = 8_000  # at most, where few match
_REST_PER_WORK = 0.15  # of the time of a batch: a pause in which dialing has the database to itself (R23)
_IN_A_REQUEST_S, _IN_A_SWEEP_S = 20.0, 5.0


@dataclass(frozen=True)
class Stores:
    """The stores that a change may need."""

    sql: Engine
    client: redis.Redis
    keys: Keys


class TryAgain(Exception):
    """Raised when what a batch relied on has changed meanwhile; it is rolled back and begins anew."""


Batch = Callable[[Connection, Row[Any], Sequence[str]], int]
Preparation = Callable[[Stores, Row[Any], Sequence[str]], int]
Sequel = Callable[[Stores, Sequence[str]], None]
End = Callable[[Stores, Row[Any]], None]
Find = Callable[..., Page]


@dataclass(frozen=True)
class Way:
    """What a kind of change does: `apply` within the transaction of a batch, `prepare` before it, `finish` at last.

    `find` returns the next contacts, as `next_page` does; `follow` does at once, behind a batch, what comes anyway.

    The first two return how many contacts they changed. Of a batch only `apply` is made once: after a crash `prepare`
    may be repeated and `follow` left out.
    """

    kind: str
    apply: Batch
    prepare: Preparation = lambda _stores, _change, _ids: 0
    follow: Sequel = lambda _stores, _ids: None
    finish: End = lambda _stores, _change: None
    find: Find = bulk_changes.next_page


def make_change(
    change_id: str,
    way: Way,
    *,
    filters: Mapping[str, Any],
    wanted: Mapping[str, Any],
    campaign_id: str | None = None,
    stores: Stores,
) -> Row[Any]:
    """Change the contacts that match and return the change; a sweeper goes on with one that is too large to wait for.

    The same id again goes on with the same change. `campaign_id` is the campaign that stays open until it is over.
    """
    concerns(change_id)
    with stores.sql.begin() as tx:
        begin_change(tx, change_id, way, filters=filters, wanted=wanted, campaign_id=campaign_id)
    return carry_on_for_a_request(change_id, way, stores)


def begin_change(
    tx: Connection,
    change_id: str,
    way: Way,
    *,
    filters: Mapping[str, Any],
    wanted: Mapping[str, Any],
    campaign_id: str | None,
) -> None:
    """Store a change of which nothing is made yet; one with the same id stays as it is."""
    values = {
        "id": change_id,
        "kind": way.kind,
        "campaign_id": campaign_id,
        "filter": dict(filters),
        "wanted": dict(wanted),
        "upto": new_id("con"),
    }
    bulk_changes.insert_change(tx, values)


def carry_on_for_a_request(change_id: str, way: Way, stores: Stores) -> Row[Any]:
    """Go on with a change as long as somebody may wait for the answer; return how it stands then."""
    return carry_on(change_id, way, stores, for_s=_IN_A_REQUEST_S)


def find_change(change_id: str, *, sql: Engine) -> Row[Any]:
    """Return a change; raise NotFound for none."""
    with sql.connect() as tx:
        row = bulk_changes.find_change(tx, change_id)
    if row is None:
        raise NotFound("change", change_id)
    return row


def carry_on_interrupted(stores: Stores, *, ways: Collection[Way]) -> int:
    """Go on with the changes of these ways that nobody works on any more; return how many.

    Raises what breaks behind the others, and an outage at once.
    """
    known, failures = {way.kind: way for way in ways}, list[Exception]()
    with stores.sql.connect() as tx:
        found = bulk_changes.interrupted_changes(tx)
    for row in found:
        if row.kind not in known:
            continue  # a newer version has begun it, and goes on with it
        try:
            carry_on(row.id, known[row.kind], stores, for_s=_IN_A_SWEEP_S)
        except Exception as err:
            if is_outage(err):
                raise
            failures.append(err)
    if failures:
        raise ExceptionGroup("some changes could not go on", failures)
    return len(found)


def carry_on(change_id: str, way: Way, stores: Stores, *, for_s: float) -> Row[Any]:
    """Make batches of a change until it is over, or for so long; return how it stands then."""
    began, look_at, pause = time.monotonic(), BATCH, threading.Event()
    change = find_change(change_id, sql=stores.sql)
    while change.status == RUNNING and time.monotonic() - began < for_s:
        batch_began = time.monotonic()
        found = _make_batch(change, way, stores, look_at=look_at)
        look_at = BATCH if found > BATCH // 4 else min(2 * look_at, _LOOKED_AT)
        pause.wait(_REST_PER_WORK * (time.monotonic() - batch_began))
        change = find_change(change_id, sql=stores.sql)
    if change.status == RUNNING:
        with stores.sql.begin() as tx:
            bulk_changes.hand_over(tx, change_id)
    return change


def _make_batch(change: Row[Any], way: Way, stores: Stores, *, look_at: int) -> int:
    """Change the next contacts that match and return how many were found; end the change behind the last."""
    with stores.sql.connect() as tx:
        page = way.find(tx, change.filter, after=change.done_to, upto=change.upto, look_at=look_at)
    if page.last is None:
        way.finish(stores, change)
        _close(change, stores, COMPLETED)
        return 0
    ids, done_to = _first_of(page)
    try:
        prepared = way.prepare(stores, change, ids)
        with stores.sql.begin() as tx:
            _apply(tx, way, change, ids, done_to, prepared=prepared)
        way.follow(stores, ids)
    except Conflict as err:
        _close(change, stores, STOPPED, error={"code": err.code, "detail": err.detail})
    except TryAgain:
        pass
    return len(page.matching)


def _first_of(page: Page) -> tuple[Sequence[str], str]:
    ids = page.matching[:BATCH]
    return ids, ids[-1] if len(page.matching) > BATCH else str(page.last)


def _apply(tx: Connection, way: Way, change: Row[Any], ids: Sequence[str], done_to: str, *, prepared: int) -> None:
    locked = bulk_changes.lock_change(tx, change.id)
    if locked is None or locked.done_to != change.done_to:
        raise TryAgain  # somebody else has made this batch
    changed = prepared + (way.apply(tx, change, ids) if ids else 0)
    bulk_changes.advance_change(tx, change.id, done_to=done_to, matched=len(ids), changed=changed)


def _close(change: Row[Any], stores: Stores, status: str, *, error: Mapping[str, str] | None = None) -> None:
    with stores.sql.begin() as tx:
        bulk_changes.close_change(tx, change.id, status=status, error=error)


def count_matching(
    filters: Mapping[str, Any], *, sql: Engine, count: Callable[[Connection, Sequence[str]], int]
) -> tuple[int, int]:
    """Return how many contacts match, and how many of them `count` counts; nothing is changed."""
    after, upto, matched, counted = "", new_id("con"), 0, 0
    while True:
        with sql.connect() as tx:
            page = bulk_changes.next_page(tx, filters, after=after, upto=upto, look_at=_LOOKED_AT)
            counted += count(tx, page.matching) if page.matching else 0
        if page.last is None:
            return matched, counted
        matched += len(page.matching)
        after = page.last
