"""Ends the contacts that wait and whose numbers were suppressed, where they are too many for one transaction."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Engine

from orchestrator.store.sql.opt_outs import ENDED_AT_ONCE, end_waiting


def end_suppressed(phones: Collection[str], *, sql: Engine) -> int:
    """End the contacts of these numbers that the suppression itself left waiting; return how many.

    Each batch has a transaction of its own. Whoever changes one of them is waited for.
    """
    total = 0
    while True:
        with sql.begin() as tx:
            ended = end_waiting(tx, phones, skip_locked=False)
        total += ended
        if ended < ENDED_AT_ONCE:
            return total
