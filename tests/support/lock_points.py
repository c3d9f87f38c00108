"""Two transactions held at a point of the test's choosing, so that they meet as they would once in a thousand times."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event, text

from orchestrator.store.sql.engine import open_sql
from tests.support.poll import eventually
from tests.support.world import World

_WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
_PATIENCE_S = 20.0
_HELD_NOW = """
CREATE FUNCTION held.now() RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS
$$ BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN pg_catalog.now(); END $$
"""


class LockPoint:
    """A statement before which the first who comes to it waits, with all the locks it holds, until it may go on."""

    def __init__(self, sql: Engine, *, before: str) -> None:
        self._statement = before
        self._reached, self._may_go_on = threading.Event(), threading.Event()
        event.listen(sql, "before_cursor_execute", self._wait)

    def _wait(self, _tx: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if self._statement in statement and not self._reached.is_set():
            self._reached.set()
            assert self._may_go_on.wait(_PATIENCE_S)

    def is_reached(self) -> None:
        """Wait until somebody has come to it."""
        assert self._reached.wait(_PATIENCE_S)

    def go_on(self) -> None:
        """Let it go on."""
        self._may_go_on.set()


@contextmanager
def in_thread(step: Callable[[], object]) -> Iterator[Future[object]]:
    """Run a step beside the block; what it raises is raised at the block's end."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(step)
        yield running
        running.result(_PATIENCE_S)


@dataclass(frozen=True)
class HeldNow:
    """An engine on which every statement that asks `now()` waits, its snapshot already taken, while `hold` is open."""

    sql: Engine
    holder: Engine

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold those statements until the block ends."""
        with self.holder.begin() as tx:
            tx.exec_driver_sql("SELECT pg_advisory_xact_lock(42)")
            yield


@contextmanager
def held_now(world: World) -> Iterator[HeldNow]:
    """Open such an engine beside the world's own."""
    world.execute("CREATE SCHEMA held")
    world.execute(_HELD_NOW)
    sql = open_sql(world.database_url)
    event.listen(sql, "connect", _ask_held_now)
    yield HeldNow(sql, world.sql)
    sql.dispose()


def _ask_held_now(driver: Any, _record: object) -> None:
    driver.execute("SET search_path = held, public, pg_catalog")
    driver.commit()


def waits_for_a_lock(world: World, *, unless: Future[Any], beside: int = 0) -> None:
    """Wait until a statement waits for a lock `beside` others, or the step that would make it is done without."""
    eventually(lambda: len(world.query(_WAITING)) > beside or unless.done(), within=_PATIENCE_S)


def meet_behind(
    world: World, held: str, first: Callable[[], object], second: Callable[[], object], **params: Any
) -> tuple[Any, Any]:
    """Hold what the statement `held` locks until the steps wait, the first for that and the second for whomever.

    Each has what it came to until then. Returns what they return, raises what they raise.
    """
    with world.sql.connect() as holder:
        holder.execute(text(held), params)
        with in_thread(first) as one:
            waits_for_a_lock(world, unless=one)
            with in_thread(second) as other:
                waits_for_a_lock(world, unless=other, beside=1)
                holder.rollback()
    return one.result(), other.result()
