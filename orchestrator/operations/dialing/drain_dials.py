"""Stops sends: releases what is claimed, waits for the sends under way, and counts the live calls (R9)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

import redis
from sqlalchemy import ColumnElement, Engine

from orchestrator.operations.dialing.release_attempts import (
    ReleasedAttempt,
    ReleaseReason,
    free_channels,
    release_attempts,
)
from orchestrator.store.outage import in_words
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql.call_filters import is_reserved, of_calls
from orchestrator.store.sql.dial_ledger import (
    count_live,
    count_under_way,
    list_being_judged,
    list_under_way,
    lock_call,
)

log = logging.getLogger(__name__)

WAIT_AT_MOST_S = 15.0
_CHECK_EVERY_S = 0.05


def drain_dials(
    concerned: ColumnElement[bool],
    release: ReleaseReason,
    *,
    sql: Engine,
    client: redis.Redis,
    keys: Keys,
    wait_s: float = WAIT_AT_MOST_S,
) -> int:
    """Release the `reserved` attempts of `concerned`, wait until none of their sends is under way.

    Returns how many calls are live; a send whose answer was lost is one of them. Comes after the commit of whatever
    closes the gate: then nothing is sent once this returns, repeats included. Waits for the row locks of such sends.
    """
    with sql.begin() as tx:
        released = release_attempts(tx, concerned & is_reserved(), release)
    free_or_leave(client, keys, released)
    with sql.begin() as tx:
        judged = list_being_judged(tx, concerned)
    wait_for_judgments(judged, sql=sql)
    wait_for_sends(concerned, sql=sql, wait_s=wait_s)
    with sql.connect() as tx:
        return count_live(tx, concerned)


def free_or_leave(client: redis.Redis, keys: Keys, released: Sequence[ReleasedAttempt]) -> None:
    """Free the channels of released attempts, or leave them to the sweeper while Valkey is away."""
    if not released:
        return
    try:
        free_channels(client, keys, released)
    except redis.RedisError as err:
        # What stops dialing must not need Valkey; the sweeper frees them once it is back.
        log.warning("channels are freed later: %s", in_words(err))


def wait_for_earlier_sends(concerned: ColumnElement[bool], *, sql: Engine) -> None:
    """Wait for those sends of `concerned` that were judged by what held before; the others go on.

    Comes after the commit of the change: once this has returned, nobody is dialed whom it keeps out.
    """
    with sql.begin() as tx:
        judged = list_being_judged(tx, concerned)
        sent = list_under_way(tx, concerned)
    wait_for_judgments(judged, sql=sql)
    if judged or sent:
        wait_for_sends(of_calls(sorted({*judged, *sent})), sql=sql)


def wait_for_judgments(call_ids: Sequence[str], *, sql: Engine) -> None:
    """Wait for the transactions in which sends of these calls are being judged, by what held before.

    One call after the other: who locks many at once and they would wait for each other.
    """
    for call_id in call_ids:
        with sql.begin() as tx:
            lock_call(tx, call_id)


def wait_for_sends(concerned: ColumnElement[bool], *, sql: Engine, wait_s: float = WAIT_AT_MOST_S) -> None:
    """Wait until none of the sends of `concerned` is under way; those that begin later are judged anew."""
    deadline, pause = time.monotonic() + wait_s, threading.Event()
    while time.monotonic() < deadline:
        with sql.connect() as tx:
            if count_under_way(tx, concerned) == 0:
                return
        pause.wait(_CHECK_EVERY_S)
    log.warning("sends are still under way; the gate keeps them from being repeated")
