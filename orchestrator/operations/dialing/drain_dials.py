"""Stops sends: withdraws what is claimed, waits for what is in the act, tells what is live (R9)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

import redis
from sqlalchemy import ColumnElement, Engine, func, select

from orchestrator.operations.dialing.release_attempts import ReleaseReason, Withdrawn, free_channels, withdraw
from orchestrator.store.outage import in_words
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql.dial_ledger import count_under_way
from orchestrator.store.sql.tables import calls

log = logging.getLogger(__name__)

WAIT_AT_MOST_S = 15.0
_LOOK_EVERY_S = 0.05


def drain_dials(
    concerned: ColumnElement[bool],
    way: ReleaseReason,
    *,
    sql: Engine,
    client: redis.Redis,
    keys: Keys,
    wait_s: float = WAIT_AT_MOST_S,
) -> int:
    """Withdraw the `reserved` attempts of `concerned`, wait until none of their sends is under way.

    Returns how many calls are live; a send whose answer was lost is one of them. Comes after the commit of whatever
    closes the gate: then nothing is sent once this returns, repeats included. Waits for the row locks of such sends.
    """
    with sql.begin() as tx:
        withdrawn = withdraw(tx, concerned & (calls.c.state == "reserved"), way)
    _free(client, keys, withdrawn)
    _wait_for_answers(sql, concerned, wait_s)
    with sql.connect() as tx:
        live = select(func.count()).where(concerned, is_live())
        return int(tx.execute(live).scalar_one())


def _free(client: redis.Redis, keys: Keys, withdrawn: Sequence[Withdrawn]) -> None:
    try:
        free_channels(client, keys, withdrawn)
    except redis.RedisError as err:
        # What stops dialing must not need Valkey; the sweeper frees them once it is back.
        log.warning("channels are freed later: %s", in_words(err))


def is_live() -> ColumnElement[bool]:
    """Select the attempts behind which a phone may ring or be off the hook; an unknown one until it is given up."""
    may_be = (calls.c.state == "unknown") & calls.c.disposition.is_(None)
    return calls.c.state.in_(("dialing", "accepted")) | may_be


def _wait_for_answers(sql: Engine, concerned: ColumnElement[bool], wait_s: float) -> None:
    deadline, pause = time.monotonic() + wait_s, threading.Event()
    while time.monotonic() < deadline:
        with sql.connect() as tx:
            if count_under_way(tx, concerned) == 0:
                return
        pause.wait(_LOOK_EVERY_S)
    log.warning("sends are still under way; the gate keeps them from being repeated")
