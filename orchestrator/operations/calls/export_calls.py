"""Exports calls: one row for each, newest first, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Engine, Row

from orchestrator.contact_files.table_shape import EVERYTHING, TableShape, refuse_too_many, shaped
from orchestrator.model.call_times import ring_s, talk_s
from orchestrator.operations.calls.find_calls import list_calls
from orchestrator.store.sql.calls import count_calls

_BATCH = 500
_OF_ROW: Final = {
    "status": "state",
    "to": "to_number",
    "from": "from_number",
    "flow": "flow_name",
}
CALL_COLUMNS: Final = (
    *("call_id", "campaign_id", "contact_id", "external_id", "direction", "to", "from", "attempt"),
    *("flow", "flow_id", "flow_version", "status", "disposition", "outcome", "amd_result"),
    *("reserved_at", "dialed_at", "answered_at", "ended_at", "ring_s", "talk_s"),
    *("hangup_cause", "hangup_source", "sip_hangup_cause", "telnyx_error", "fault", "withdrawn_reason", "error"),
    *("cost", "heard_after_ms", "abandoned", "silent", "call_control_id", "recording_ids", "answers"),
)


def export_calls(filters: Mapping[str, Any], *, sql: Engine, shape: TableShape = EVERYTHING) -> Iterator[list[Any]]:
    """Return the header and then a row for each call that `filters` select; refused before the first row.

    Rows are read batch by batch, and no connection is held in between: each is as it was when it was read, and calls
    that begin meanwhile are not among them. Raises InvalidInput for an unknown column, or too many calls for a sheet.
    """
    with sql.connect() as tx:
        refuse_too_many(lambda most: count_calls(tx, filters, most=most), shape)
    return shaped(_rows(filters, sql), shape)


def _rows(filters: Mapping[str, Any], sql: Engine) -> Iterator[list[Any]]:
    yield list(CALL_COLUMNS)
    last: str | None = None
    while True:
        page, recordings = list_calls(sql, filters, after=last, limit=_BATCH)
        for row in page.rows[:_BATCH]:
            yield _cells(row, tuple(recording.id for recording in recordings.get(row.id, ())))
        last = page.rows[_BATCH - 1].id if len(page.rows) > _BATCH else page.goes_on_after
        if last is None:
            return


def _cells(row: Row[Any], recording_ids: tuple[str, ...]) -> list[Any]:
    is_inbound = row.direction == "inbound"
    campaign_id = row.campaign_id if row.campaign_kind == "campaign" else None
    computed = {
        "call_id": row.id,
        "campaign_id": row.joined_campaign_id or campaign_id,
        "contact_id": row.joined_contact_id if is_inbound else row.contact_id,
        "ring_s": ring_s(row),
        "talk_s": talk_s(row),
        "recording_ids": recording_ids,
    }
    known = row._mapping
    return [computed[name] if name in computed else known[_OF_ROW.get(name, name)] for name in CALL_COLUMNS]
