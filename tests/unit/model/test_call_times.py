"""How long a call rang and was talked in, and the catalogue of metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from orchestrator.model.call_times import ring_s, talk_s
from orchestrator.model.metric import LABELS, Metric

DIALED = datetime(2031, 3, 3, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Call:
    dialed_at: datetime | None = DIALED
    answered_at: datetime | None = None
    ended_at: datetime | None = None


def _after(seconds: float) -> datetime:
    return DIALED + timedelta(seconds=seconds)


def test_a_call_rings_until_it_is_answered_and_is_talked_in_until_it_ends() -> None:
    talked = Call(answered_at=_after(12.5), ended_at=_after(42.75))

    assert (ring_s(talked), talk_s(talked)) == (12.5, 30.25)


def test_a_call_that_nobody_answered_rings_to_its_end() -> None:
    assert (ring_s(Call(ended_at=_after(30))), talk_s(Call(ended_at=_after(30)))) == (30.0, None)


def test_what_has_not_come_lasts_for_no_time_and_nothing_lasts_less_than_none() -> None:
    assert (ring_s(Call()), talk_s(Call(answered_at=_after(1)))) == (None, None)
    assert ring_s(Call(answered_at=_after(-1))) == 0.0
    assert ring_s(Call(dialed_at=None, ended_at=_after(1))) is None


def test_every_metric_has_a_meaning_and_a_name_of_its_own() -> None:
    assert all(metric.meaning.endswith(".") for metric in Metric)
    assert all(metric.startswith("orchestrator_") for metric in Metric)
    assert set(LABELS) <= set(Metric)
