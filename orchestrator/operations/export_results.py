"""Exports a campaign's results: one row a contact, in flat memory, however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from orchestrator.operations.find_campaigns import find_campaign
from orchestrator.policy.moments import format_moment
from orchestrator.store.queries_results import RESULT_COLUMNS, flows_called, results_after

if TYPE_CHECKING:
    from orchestrator.wiring import House

_BATCH = 1_000
_NAMES = {"id": "contact_id", "from_number": "from"}


def export_results(house: House, campaign_id: str) -> Iterator[list[Any]]:
    """Return the header and then a row for each contact; raise NotFound for no such campaign before the first row.

    Rows are read batch by batch, and no connection is held while the reader is slow.
    """
    answers = _answer_names(house, find_campaign(house, campaign_id))
    return _rows(house, campaign_id, answers)


def _rows(house: House, campaign_id: str, answers: list[str]) -> Iterator[list[Any]]:
    yield [_NAMES.get(name, name) for name in RESULT_COLUMNS] + [f"answer_{name}" for name in answers]
    last = ""
    while True:
        with house.sql.connect() as connection:
            rows = results_after(connection, campaign_id, last, limit=_BATCH)
        if not rows:
            return
        for row in rows:
            given = row.answers
            yield [*map(_plain, row[:-1]), *map(given.get, answers)]
        last = rows[-1].id


def _plain(value: Any) -> Any:
    return format_moment(value) if isinstance(value, datetime) else value


def _answer_names(house: House, campaign: Row[Any]) -> list[str]:
    """Return the answers that any of the campaign's flows declares; names that start with `_` stay private."""
    with house.sql.connect() as connection:
        flow_ids = {campaign.flow_id, *flows_called(connection, campaign.id)}
    names = {name: None for flow_id in sorted(flow_ids) for name in house.flows.get(flow_id).answers}
    return [name for name in names if not name.startswith("_")]
