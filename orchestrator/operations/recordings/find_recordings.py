"""Finds a recording, or one whose file is here."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Engine, Row

from orchestrator.errors import Conflict, Gone, NotFound
from orchestrator.store.sql import recordings

WITH_FILE: Final = frozenset({"fetched", "incomplete"})


def find_recording(ident: str, *, sql: Engine) -> Row[Any]:
    """Return a recording; raises NotFound."""
    with sql.connect() as tx:
        row = recordings.find_recording(tx, ident)
    if row is None:
        raise NotFound("recording", ident)
    return row


def find_fetched(ident: str, *, sql: Engine) -> Row[Any]:
    """Return a recording whose file is here, to be read from the archive.

    Raises NotFound, Conflict while it is being fetched, Gone when there is none here.
    """
    row = find_recording(ident, sql=sql)
    if row.state == "pending":
        detail = "The recording is being fetched; ask again in a moment."
        raise Conflict("recording_pending", detail, status=row.state, allowed=sorted(WITH_FILE))
    if row.state == "stored_elsewhere":
        address = next(iter({**row.public_urls, **row.urls}.values()), "your own bucket")
        raise Gone("stored_elsewhere", f"There is no file of this recording here: the carrier put it at {address}.")
    if row.state == "failed":
        raise Gone(row.error["code"], f"There is no file of this recording: {row.error['detail']}.")
    return row
