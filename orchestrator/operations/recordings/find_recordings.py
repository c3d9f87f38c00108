"""Finds recordings: a page of them, one, or one whose file is here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Row

from orchestrator.errors import Conflict, Gone, NotFound
from orchestrator.store.sql import recordings as queries_recordings

if TYPE_CHECKING:
    from orchestrator.services import Services

WITH_FILE: Final = frozenset({"fetched", "incomplete"})


def list_recordings(
    services: Services, filters: Mapping[str, Any], *, after: str | None, limit: int
) -> Sequence[Row[Any]]:
    """Return a page of recordings, newest first."""
    with services.sql.connect() as tx:
        return queries_recordings.list_recordings(tx, filters, after=after, limit=limit)


def find_recording(services: Services, ident: str) -> Row[Any]:
    """Return a recording; raises NotFound."""
    with services.sql.connect() as tx:
        row = queries_recordings.find_recording(tx, ident)
    if row is None:
        raise NotFound("recording", ident)
    return row


def find_fetched(services: Services, ident: str) -> Row[Any]:
    """Return a recording whose file is here, to be read from `services.recordings`.

    Raises NotFound, Conflict while it is being fetched, Gone when there is none here.
    """
    row = find_recording(services, ident)
    if row.state == "pending":
        detail = "The recording is being fetched; ask again in a moment."
        raise Conflict("recording_pending", detail, status=row.state, allowed=sorted(WITH_FILE))
    if row.state == "stored_elsewhere":
        address = next(iter({**row.public_urls, **row.urls}.values()), "your own bucket")
        raise Gone("stored_elsewhere", f"There is no file of this recording here: the carrier put it at {address}.")
    if row.state == "failed":
        raise Gone(row.error["code"], f"There is no file of this recording: {row.error['detail']}.")
    return row
