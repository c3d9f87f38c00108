"""Does for lists what a process that died has left: releases, loads that stand still, entries that are over."""

from __future__ import annotations

from sqlalchemy import Engine

from orchestrator.operations.lists.take_effect import release_waiting
from orchestrator.store.sql import list_contents

_BATCH = 2_000  # entries deleted by one statement
_BATCHES_AT_ONCE = 25


def sweep_lists(sql: Engine) -> int:
    """Release who waits for a list that has changed, and delete up to 50,000 entries that are over; return how many."""
    release_waiting(sql)
    with sql.begin() as tx:
        list_contents.fail_silent_loads(tx)
    swept = 0
    for _ in range(_BATCHES_AT_ONCE):
        with sql.begin() as tx:
            deleted = list_contents.sweep_batch(tx, most=_BATCH)
        if deleted is None:
            break
        swept += deleted
    return swept
