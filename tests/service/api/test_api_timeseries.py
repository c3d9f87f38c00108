"""How a campaign went, step by step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from orchestrator.operations.campaigns.read_timeseries import MOST_STEPS
from orchestrator.policy.timestamps import format_timestamp
from orchestrator.services import Services
from tests.support.rest import CALLER_ID, CONNECTION, Rest, fresh_number, pointers

NOON = datetime(2031, 3, 3, 12, tzinfo=UTC)
_CALL = text(
    """
    INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, state, command_id,
        ring_limit_s, talk_limit_s, disposition, outcome, dialed_at, answered_at, ended_at)
    SELECT 'call_' || substr(id, 5), campaign_id, id, :connection, phone, :caller, 1, :state, 'c', 30, 600,
        :disposition, :outcome, :dialed, :answered, :ended
    FROM contacts WHERE id = :contact
    """
)


def _minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def _call(rest: Rest, services: Services, campaign: str, **columns: Any) -> None:
    [contact] = rest.contacts(campaign, fresh_number())
    fields = {"state": "ended", "disposition": None, "outcome": None, "answered": None, "ended": None, **columns}
    with services.sql.begin() as tx:
        tx.execute(_CALL, {"contact": contact, "connection": CONNECTION, "caller": CALLER_ID, **fields})


@pytest.fixture
def campaign(rest: Rest, services: Services) -> str:
    """Return a campaign with a talk, a call nobody answered, one that goes on, and two unknown ones, one given up."""
    campaign = str(rest.campaign()["id"])
    talk = {"disposition": "human", "outcome": "confirmed", "answered": _minutes(0.5), "ended": _minutes(2.2)}
    _call(rest, services, campaign, dialed=_minutes(0.2), **talk)
    _call(rest, services, campaign, dialed=_minutes(0.9), disposition="no_answer", ended=_minutes(1.4))
    _call(rest, services, campaign, dialed=_minutes(2.5), state="accepted")
    _call(rest, services, campaign, dialed=_minutes(2.6), state="unknown")
    _call(rest, services, campaign, dialed=_minutes(2.7), state="unknown", disposition="unknown")
    _call(rest, services, campaign, dialed=None, state="reserved")
    return campaign


def test_each_step_says_what_happened_within_it_and_how_many_calls_went_on(rest: Rest, campaign: str) -> None:
    with time_machine.travel(_minutes(3.5), tick=False):
        answer = rest.get(f"/v1/campaigns/{campaign}/timeseries?from={format_timestamp(NOON)}").json

    counted = [(each["dials"], each["answers"], each["humans"], each["live"]) for each in answer["data"]]
    assert counted == [(2, 1, 0, 2), (0, 0, 0, 1), (3, 0, 1, 2), (0, 0, 0, 2)]
    assert [each["dispositions"] for each in answer["data"]] == [{}, {"no_answer": 1}, {"human": 1}, {}]
    assert [each["outcomes"] for each in answer["data"]] == [{}, {}, {"confirmed": 1}, {}]
    assert answer["data"][0]["at"] == "2031-03-03T12:00:00.000Z"


def test_longer_steps_sum_the_minutes_and_the_usual_span_is_the_last_hour(rest: Rest, campaign: str) -> None:
    with time_machine.travel(_minutes(55), tick=False):
        data = rest.get(f"/v1/campaigns/{campaign}/timeseries?step=1800").json["data"]

    assert [(each["at"][11:16], each["dials"], each["live"]) for each in data] == [("11:55", 5, 2), ("12:25", 0, 2)]


def test_a_span_of_the_past_ends_where_it_says_and_knows_who_was_on_the_line_then(rest: Rest, campaign: str) -> None:
    span = f"from={format_timestamp(_minutes(1))}&to={format_timestamp(_minutes(2))}"
    with time_machine.travel(_minutes(90), tick=False):
        [only] = rest.get(f"/v1/campaigns/{campaign}/timeseries?{span}").json["data"]

    assert (only["dials"], only["dispositions"], only["live"]) == (0, {"no_answer": 1}, 1)


def test_the_minutes_since_a_span_of_long_ago_are_not_counted_one_by_one(rest: Rest, campaign: str) -> None:
    with time_machine.travel(_minutes(90), tick=False):
        data = rest.get(f"/v1/campaigns/{campaign}/timeseries?from=1999-01-01T00:00:00Z&to=1999-01-01T00:02:00Z").json

    assert [(each["dials"], each["live"]) for each in data["data"]] == [(0, 0), (0, 0)]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("step=90", "?step"),
        ("step=30", "?step"),
        ("step=604800", "?step"),
        (f"from={format_timestamp(NOON - timedelta(minutes=MOST_STEPS + 9))}", "?step"),
        (f"step=86400&from={format_timestamp(NOON - timedelta(days=99))}", "?from"),
        (f"from={format_timestamp(NOON + timedelta(days=1))}", "?from"),
        (f"from={format_timestamp(NOON)}&to={format_timestamp(NOON - timedelta(hours=1))}", "?from"),
        ("from=yesterday", "?from"),
        ("until=2031-03-03T12:00:00Z", "?until"),
    ],
)
def test_a_span_that_cannot_be_told_is_refused(rest: Rest, campaign: str, query: str, pointer: str) -> None:
    with time_machine.travel(NOON + timedelta(minutes=1), tick=False):
        refused = rest.get(f"/v1/campaigns/{campaign}/timeseries?{query}")

    assert (refused.status_code, list(pointers(refused))) == (422, [pointer])


def test_a_campaign_that_does_not_exist_has_no_steps(rest: Rest) -> None:
    assert rest.get("/v1/campaigns/cmp_01ARZ3NDEKTSV4RRFFQ69G5FAV/timeseries").status_code == 404
