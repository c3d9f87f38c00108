"""Exports a campaign's results: one row for each contact, in constant memory.

The contact's own columns are included, so that the rows can be imported into another campaign.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, Row

from orchestrator.contact_files.export_columns import ANSWER, PLACE_COLUMNS, RESULT_COLUMNS, variable_name
from orchestrator.contact_files.table_shape import EVERYTHING, TableShape, refuse_too_many, shaped
from orchestrator.model.call_times import ring_s, talk_s
from orchestrator.operations.campaigns.find_campaigns import find_campaign
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.store.sql.results import count_up_to, flows_called, results_after, variable_names_after

_BATCH = 1_000
_NAMED_AT_ONCE = 20_000  # contacts whose variables' names are asked for in one query: some 50 ms
_OF_CONTACT = 3 + len(PLACE_COLUMNS)  # recordings, answers, its place, variables: the last columns of a row


def export_results(
    campaign_id: str, *, sql: Engine, flows: FlowCache, shape: TableShape = EVERYTHING
) -> Iterator[list[Any]]:
    """Return the header and then a row for each contact; what is refused is refused before the first row.

    Rows are read batch by batch, and no connection is held in between: each row is as it was when it was read, and
    each contact stands there once. Raises NotFound for no such campaign, InvalidInput for a column that it does not
    have, or more contacts than a workbook holds.
    """
    answers = _answer_names(find_campaign(campaign_id, sql=sql), sql=sql, flows=flows)
    with sql.connect() as tx:
        refuse_too_many(lambda most: count_up_to(tx, campaign_id, most), shape)
    return shaped(_rows(sql, campaign_id, answers, _variable_names(sql, campaign_id)), shape)


def _rows(sql: Engine, campaign_id: str, answers: list[str], variables: list[str]) -> Iterator[list[Any]]:
    yield [*RESULT_COLUMNS, *(f"{ANSWER}{name}" for name in answers), *PLACE_COLUMNS, *map(variable_name, variables)]
    last = ""
    while True:
        with sql.connect() as tx:
            rows = results_after(tx, campaign_id, last, limit=_BATCH)
        if not rows:
            return
        for row in rows:
            seconds = (ring_s(row), talk_s(row))
            known = (*row[:-_OF_CONTACT], *seconds, tuple(row.recording_ids))
            place = (row.timezone, row.timezone_source, row.region)
            yield [*known, *map(row.answers.get, answers), *place, *map(row.variables.get, variables)]
        last = rows[-1].id


def _variable_names(sql: Engine, campaign_id: str) -> list[str]:
    last: str | None = ""
    names: set[str] = set()
    while last is not None:
        with sql.connect() as tx:
            last, found = variable_names_after(tx, campaign_id, last, limit=_NAMED_AT_ONCE)
        names |= found
    return sorted(names)


def _answer_names(campaign: Row[Any], *, sql: Engine, flows: FlowCache) -> list[str]:
    """Return the answers that any of the campaign's flows declares; names that start with `_` stay private."""
    with sql.connect() as tx:
        flow_ids = {campaign.flow_id, *flows_called(tx, campaign.id)}
    names = {name: None for flow_id in sorted(flow_ids) for name in flows.get(flow_id).answers}
    return [name for name in names if not name.startswith("_")]
