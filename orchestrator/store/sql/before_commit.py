"""Lets what is written about a change stand or fall with it: it is written at the end of the change's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import Connection, text

Write = Callable[[Connection], None]

_WRITE: ContextVar[Write | None] = ContextVar("before_commit", default=None)
_HAS_CHANGED = text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")


@contextmanager
def before_commit(write: Write | None) -> Iterator[None]:
    """Let `write` run once: in the first transaction of this thread that changes something, before it is committed.

    What it raises undoes that transaction. None: nothing runs meanwhile, whatever was said around.
    """
    token = _WRITE.set(write)
    try:
        yield
    finally:
        _WRITE.reset(token)


def write_before_commit(tx: Connection) -> None:
    """Run what `before_commit` was told, in a transaction that is about to be committed."""
    write = _WRITE.get()
    if write and tx.execute(_HAS_CHANGED).scalar_one():
        _WRITE.set(None)
        write(tx)
