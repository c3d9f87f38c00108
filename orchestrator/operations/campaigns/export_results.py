"""Exports a campaign's results: one row for each contact, in constant memory.

The contact's own columns are included, so that the rows can be imported into another campaign.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import redis
from sqlalchemy import Engine, Row

from orchestrator.clock import Clock
from orchestrator.contact_files.export_columns import (
    ANSWER,
    PLACE_COLUMNS,
    RESULT_COLUMNS,
    TURN_COLUMNS,
    variable_name,
)
from orchestrator.contact_files.table_shape import EVERYTHING, TableShape, refuse_too_many, shaped, with_offset
from orchestrator.model.call_times import ring_s, talk_s
from orchestrator.operations.campaigns.find_campaigns import find_campaign
from orchestrator.operations.contacts.find_contacts import CurrentStatus, closing_at, current_status_of
from orchestrator.operations.dialing.find_dial_blockers import find_room_to_dial
from orchestrator.policy.hours_in_force import hours_in_force
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.store.sql.results import count_up_to, flows_called, results_after, variable_names_after

_BATCH = 1_000
_NAMED_AT_ONCE = 20_000  # contacts whose variables' names are asked for in one query: some 50 ms
_JUDGED_FOR = timedelta(seconds=1)  # what is the same for many contacts: a zone's opening takes 0.4 ms
_STATUS, _REASON, _UNTIL = map(RESULT_COLUMNS.index, ("status", "reason", "until"))

Judge = Callable[[Row[Any]], CurrentStatus]


def export_results(
    campaign_id: str,
    *,
    sql: Engine,
    client: redis.Redis,
    keys: Keys,
    flows: FlowCache,
    clock: Clock,
    shape: TableShape = EVERYTHING,
) -> Iterator[list[Any]]:
    """Return the header and then a row for each contact; what is refused is refused before the first row.

    Rows are read batch by batch, and no connection is held in between: each row is as it was when it was read, with the
    status that the API says of the contact then, and each contact stands there once. Raises NotFound for no such
    campaign, InvalidInput for a column that it does not have, or more contacts than a workbook holds.
    """
    answers = _answer_names(find_campaign(campaign_id, sql=sql), sql=sql, flows=flows)
    with sql.connect() as tx:
        refuse_too_many(lambda most: count_up_to(tx, campaign_id, most), shape)
    batches = _batches(campaign_id, sql=sql, client=client, keys=keys, clock=clock)
    return shaped(_rows(batches, answers, _variable_names(sql, campaign_id), with_offset(shape)), shape)


def _rows(
    batches: Iterator[tuple[Sequence[Row[Any]], Judge]],
    answers: list[str],
    variables: list[str],
    written: Callable[[datetime], str],
) -> Iterator[list[Any]]:
    named = (f"{ANSWER}{name}" for name in answers)
    yield [*RESULT_COLUMNS, *named, *PLACE_COLUMNS, *TURN_COLUMNS, *map(variable_name, variables)]
    for rows, judge in batches:
        for row in rows:
            known = [*row[: _UNTIL + 1], ring_s(row), talk_s(row), tuple(row.recording_ids)]
            current = judge(row)
            known[_STATUS], known[_REASON], known[_UNTIL] = current.status, current.reason, current.until
            place = (row.timezone, row.timezone_source, row.region)
            turn = (*(moment and written(moment) for moment in (row.not_before, row.not_after)), row.usual_priority)
            yield [*known, *map(row.answers.get, answers), *place, *turn, *map(row.variables.get, variables)]


def _batches(
    campaign_id: str, *, sql: Engine, client: redis.Redis, keys: Keys, clock: Clock
) -> Iterator[tuple[Sequence[Row[Any]], Judge]]:
    """Yield contacts, batch by batch, each with what says how they stand at that moment."""
    last, judged_at, judge = "", None, None
    while True:
        with sql.connect() as tx:
            rows = results_after(tx, campaign_id, last, limit=_BATCH)
        if not rows:
            return
        now = clock()
        if judge is None or judged_at is None or abs(now - judged_at) >= _JUDGED_FOR:
            judge, judged_at = _judge_at(now, campaign_id, sql=sql, client=client, keys=keys), now
        yield rows, judge
        last = rows[-1].id


def _judge_at(now: datetime, campaign_id: str, *, sql: Engine, client: redis.Redis, keys: Keys) -> Judge:
    campaign = find_campaign(campaign_id, sql=sql)
    closing = closing_at(hours_in_force(campaign.calling_hours, campaign.purpose), now)
    room = find_room_to_dial({campaign_id}, sql=sql, client=client, keys=keys).get(campaign_id)
    return lambda contact: current_status_of(contact, now, room=room, closing=closing)


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
