"""Says whether an outage that an entry met is one: a database that answers meanwhile refuses nothing but the entry.

Without this, one record whose write always runs into a bound, or always ends its connection, would be taken for an
outage each time and never leave its stream (R19).
"""

from __future__ import annotations

import psycopg
from sqlalchemy import Engine, exc, text

from orchestrator.store.outage import is_outage

DOUBTS = 20  # times that an entry may meet what looks like an outage of a database which answers

# No room, a failing disk, a server that starts or stops, a standby: true of every record, though it answers questions.
_OF_THE_SERVER = ("53", "58", "57P", "25006")


def is_really_away(err: BaseException, sql: Engine) -> bool:
    """Say whether `err` means that a store is away and it is; asks the database where that may be doubted."""
    if not is_outage(err):
        return False
    return not isinstance(err, exc.SQLAlchemyError | psycopg.Error) or _is_of_the_server(err) or not _answers(sql)


def _is_of_the_server(err: BaseException) -> bool:
    state = getattr(getattr(err, "orig", err), "sqlstate", None) or ""
    return state.startswith(_OF_THE_SERVER)


def _answers(sql: Engine) -> bool:
    try:
        with sql.connect() as tx:
            tx.execute(text("SELECT 1"))
    except exc.SQLAlchemyError:
        return False
    return True
