"""Tries a recording again that was given up: the carrier may still have it, and give a new link."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, Row

from orchestrator.errors import Conflict
from orchestrator.operations.recordings.find_recordings import find_recording
from orchestrator.store.sql.recordings import fetch_anew


def refetch_recording(ident: str, *, sql: Engine) -> Row[Any]:
    """Return a recording that is to be fetched again; raises NotFound, and Conflict where it was not given up."""
    with sql.begin() as tx:
        is_anew = fetch_anew(tx, ident)
    row = find_recording(ident, sql=sql)
    if not is_anew:
        detail = "Only a recording that is failed or incomplete is fetched again."
        raise Conflict("recording_not_given_up", detail, status=row.state, allowed=("failed", "incomplete"))
    return row
