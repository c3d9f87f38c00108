"""Exports: the results of a campaign, and calls, as files of any length."""

from __future__ import annotations

from flask import Response, request

from api.http.export_parameters import ExportQuery
from api.http.phone_filters import read_number
from api.http.routes import Resource
from api.http.table_responses import CSV, JSON_LINES, XLSX, table_answer
from api.resources.calls import CallFilters
from orchestrator.operations.calls.export_calls import export_calls
from orchestrator.operations.campaigns.export_results import export_results
from orchestrator.services import Services

resource = Resource("exports")

_TABLE = (CSV, JSON_LINES, XLSX)


class CallExportQuery(ExportQuery, CallFilters):
    """Which calls, and how to write them."""

    def filters(self) -> dict[str, object]:
        """Return what was asked for besides the form of the table."""
        asked = {name: getattr(self, name) for name in CallFilters.model_fields}
        return {name: value for name, value in asked.items() if value is not None}


@resource.route("GET", "/v1/campaigns/{campaign_id}/results", query=ExportQuery, gives={200: _TABLE}, fails=(404,))
def results(services: Services, campaign_id: str, query: ExportQuery) -> Response:
    """Download a row for each contact with its last call, its answers as `answer_*` and its variables by their names.

    CSV that is safe to open in a spreadsheet, a workbook, or JSON lines. The rows can be imported as contacts: an
    import ignores the columns of results, and every value is read back unchanged. A variable with the name of another
    column is prefixed with `variable_`. `status`, `reason` and `until` are those that a contact has at that moment, as
    `GET /v1/contacts/{contact_id}` says them; `ring_s`, `talk_s` and `recording_ids` are those of the last call. Each
    row is as it was when it was read. An answer that breaks off has no end: no last chunk, and no workbook.
    """
    written = query.format_for(request)
    shape = query.shape_for(written)
    rows = export_results(
        campaign_id,
        sql=services.sql,
        client=services.redis,
        keys=services.keys,
        flows=services.flows,
        clock=services.clock,
        shape=shape,
    )
    return table_answer(rows, written=written, name=f"{campaign_id}-results")


@resource.route("GET", "/v1/calls/export", query=CallExportQuery, gives={200: _TABLE}, fails=(422,))
def calls(services: Services, query: CallExportQuery) -> Response:
    """Download a row for each call, newest first, with the filters of the list of calls.

    In the formats of results. `answers` is JSON; attempts that were withdrawn undialed only with `status=withdrawn`.
    """
    written = query.format_for(request)
    filters = read_number(services, query.filters(), "to")
    rows = export_calls(filters, sql=services.sql, shape=query.shape_for(written))
    return table_answer(rows, written=written, name="calls")
