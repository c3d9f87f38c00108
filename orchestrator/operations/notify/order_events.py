"""Puts events that were written and committed in the order in which they are read and delivered."""

from __future__ import annotations

from sqlalchemy import Engine

from orchestrator.store.sql.engine import statement_by_statement
from orchestrator.store.sql.told_events import MOVED_AT_ONCE, is_any_new, move_new_events

_BATCHES_AT_ONCE = 40  # in one turn, so that its heart goes on beating


class EventOrder:
    """Gives new events their numbers; any number of engines may, one at a time does."""

    def __init__(self, sql: Engine) -> None:
        self._sql = sql
        self._single_statements = statement_by_statement(sql)
        self.offered = 0

    def order_events(self) -> int:
        """Order what there is and return how many events; `offered` counts the deliveries that follow from them."""
        with self._single_statements.connect() as tx:
            if not is_any_new(tx):
                return 0
        return sum(self._batches())

    def _batches(self) -> list[int]:
        moved: list[int] = []
        while not moved or (moved[-1] == MOVED_AT_ONCE and len(moved) < _BATCHES_AT_ONCE):
            with self._sql.begin() as tx:
                done = move_new_events(tx)
            self.offered += done.offered
            moved.append(done.moved)
        return moved
