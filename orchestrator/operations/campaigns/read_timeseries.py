"""Reads how a campaign went: dials, answers, results and live calls, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from orchestrator.clock import Clock
from orchestrator.errors import FieldError, InvalidInput
from orchestrator.model.disposition import TALKED_TO
from orchestrator.operations.campaigns.find_campaigns import find_campaign
from orchestrator.store.sql.call_minutes import Counted, NotOver, count_calls_not_over, count_calls_over
from orchestrator.store.sql.engine import statement_by_statement

MOST_STEPS = 1_500
LONGEST = timedelta(days=92)
USUAL = timedelta(hours=1)
_NOBODY: Mapping[str, int] = {}
_NONE = NotOver(0, 0)


@dataclass(frozen=True)
class Step:
    """What happened within one step; `live` are the calls that went on at its end, or at this moment."""

    at: datetime
    dials: int
    answers: int
    humans: int
    live: int
    dispositions: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, int] = field(default_factory=dict)


def read_timeseries(
    campaign_id: str, *, since: datetime | None, until: datetime | None, step_s: int, sql: Engine, clock: Clock
) -> list[Step]:
    """Return the steps of `step_s` seconds from `since` (an hour ago) to `until` (now), the oldest first.

    The first begins at a whole minute. Answers and results are known once a call is over, and count in the step in
    which they happened. Raises NotFound for no campaign, InvalidInput for a span that is empty or has too many steps.
    """
    find_campaign(campaign_id, sql=sql)
    now = clock()
    end = min(until or now, now)
    begin = (since or end - USUAL).replace(second=0, microsecond=0)
    _check_span(begin, end, step_s)
    with statement_by_statement(sql).connect() as tx:
        over = count_calls_over(tx, campaign_id, since=begin, step_s=step_s)
        not_over = count_calls_not_over(tx, campaign_id, since=begin, step_s=step_s)
    return list(_steps(over, not_over, begin=begin, end=end, step=timedelta(seconds=step_s)))


def _check_span(begin: datetime, end: datetime, step_s: int) -> None:
    if begin >= end:
        raise InvalidInput([FieldError("?from", "span", "`from` must be before `to`, and in the past")])
    if end - begin > LONGEST:
        raise InvalidInput([FieldError("?from", "span", f"at most {LONGEST.days} days can be asked for at once")])
    if end - begin > MOST_STEPS * timedelta(seconds=step_s):
        detail = f"more than {MOST_STEPS} steps: make `step` longer, or the span shorter"
        raise InvalidInput([FieldError("?step", "span", detail)])


def _steps(
    over: Sequence[Counted],
    not_over: Mapping[datetime, NotOver],
    *,
    begin: datetime,
    end: datetime,
    step: timedelta,
) -> Iterator[Step]:
    counts: dict[datetime, dict[str, Counter[str]]] = {}
    for each in over:
        counts.setdefault(each.step, {}).setdefault(each.what, Counter())[each.value or ""] += each.n
    at_ends = _live_at_ends(list(_beginnings(begin, end, step)), counts, not_over)
    for at in _beginnings(begin, end, step):
        of_step = counts.get(at, {})
        by_disposition = of_step.get("disposition", _NOBODY)
        yield Step(
            at=at,
            dials=sum(of_step.get("dial", _NOBODY).values()) + not_over.get(at, _NONE).dials,
            answers=sum(of_step.get("answer", _NOBODY).values()),
            humans=sum(by_disposition.get(each.value, 0) for each in TALKED_TO),
            live=at_ends[at],
            dispositions=dict(by_disposition),
            outcomes=dict(of_step.get("outcome", _NOBODY)),
        )


def _live_at_ends(
    steps: Sequence[datetime],
    counts: Mapping[datetime, Mapping[str, Counter[str]]],
    not_over: Mapping[datetime, NotOver],
) -> dict[datetime, int]:
    """Return the calls that went on at the end of each step, reckoned back from those that go on now."""
    grown = Counter({at: each.live for at, each in not_over.items()})
    for at, of_step in counts.items():
        grown[at] += sum(of_step.get("dial", _NOBODY).values()) - sum(of_step.get("end", _NOBODY).values())
    live, later, at_ends = sum(each.live for each in not_over.values()), sorted(grown), {}
    for at in reversed(steps):
        while later and later[-1] > at:
            live -= grown[later.pop()]
        at_ends[at] = live
    return at_ends


def _beginnings(begin: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    while begin < end:
        yield begin
        begin += step
