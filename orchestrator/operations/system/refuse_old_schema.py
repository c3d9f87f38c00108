"""Ends a process that needs a newer schema than the database has: what it wrote would be refused call by call."""

from __future__ import annotations

import logging
import sys

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.store.sql.schema_version import is_older, schema_remedy

log = logging.getLogger(__name__)


def refuse_old_schema(sql: Engine) -> None:
    """End this process with status 1 and a line that says what to do, if the schema is older than this version's.

    Raise SQLAlchemyError while the database is away.
    """
    with sql.connect() as tx:
        if not is_older(tx):
            return
        log.critical("not started: %s", schema_remedy(tx))
    sys.exit(1)


def refuse_old_schema_if_known(sql: Engine) -> None:
    """Do the same in a process that works on while the database is away, and so begins without it too."""
    try:
        refuse_old_schema(sql)
    except SQLAlchemyError as err:
        log.warning("the schema was not looked at, for PostgreSQL does not answer: %s", type(err).__name__)
