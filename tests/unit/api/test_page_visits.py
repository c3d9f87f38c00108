"""What pages are made of, without stores: roles, words, charts, addresses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Request

from api.app import ROUTES
from api.pages import charts, words
from api.pages.client_address import client_address
from api.pages.visit import RestRoutes, RoleNeeded, Site, Visit
from api.resources import dialing, keys
from orchestrator.operations.access.sign_in import Session
from orchestrator.policy.roles import Role

NOW = datetime(2026, 11, 29, 14, 0, tzinfo=UTC)


def visit_of(role: Role) -> Visit:
    nothing: Any = None
    session = Session(None, "somebody", role, "token", NOW)
    return Visit(nothing, Site(RestRoutes(ROUTES, {}), nothing, nothing), session)


@pytest.mark.parametrize(("role", "view"), [(Role.VIEWER, dialing.stop), (Role.OPERATOR, keys.create)])
def test_what_a_page_does_needs_the_role_that_rest_asks_for(role: Role, view: Any) -> None:
    with pytest.raises(RoleNeeded):
        visit_of(role).act(view)


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (None, "–"),
        (0, "0 s"),
        (0.25, "250 ms"),
        (59.6, "1 min"),
        (80, "1 min 20 s"),
        (7500, "2 h 5 min"),
        (timedelta(days=3, hours=2, minutes=9), "3 days 2 h"),
    ],
)
def test_a_length_of_time_is_said_in_two_units(length: float | timedelta | None, said: str) -> None:
    assert words.duration(length) == said


def test_a_moment_is_told_by_the_clock_of_a_zone() -> None:
    assert words.in_zone(NOW, "America/New_York", "clock") == "09:00 New York"
    assert words.in_zone(NOW, None, "full", NOW) == "Sun 29 Nov 14:00 UTC"
    new_year = datetime(NOW.year + 1, 1, 1, 2, tzinfo=UTC)  # still the old one in New York
    assert words.in_zone(new_year, None, "full", NOW) == f"Fri 1 Jan {NOW.year + 1} 02:00 UTC"
    assert words.in_zone(new_year, "America/New_York", "full", NOW) == "Thu 31 Dec 21:00 New York"


def test_a_field_with_a_time_comes_back_as_the_same_moment() -> None:
    for zone in (None, "America/New_York", "Pacific/Kiritimati"):
        assert words.from_wall_clock(words.wall_clock(NOW, zone), zone) == "2026-11-29T14:00:00.000Z"
    assert words.from_wall_clock("soon", None) == "soon" and words.from_wall_clock("", None) is None


def test_a_moment_at_the_end_of_the_calendar_is_told_where_a_zone_has_no_year_for_it() -> None:
    never = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)

    assert words.wall_clock(never, "Asia/Tokyo") == "9999-12-31T23:59"
    assert words.in_zone(never, "Asia/Tokyo", "day") == "Fri 31 Dec 9999"
    assert words.from_wall_clock("9999-12-31T23:59", "America/Chicago") == "9999-12-31T23:59"


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.2", "6.6.6.6, 198.51.100.7", "198.51.100.7"),  # what a stranger wrote stands before what the proxy saw
        ("10.0.0.2", "nonsense", "10.0.0.2"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("8.8.8.8", "198.51.100.7", "8.8.8.8"),
        ("", "198.51.100.7", ""),
    ],
)
def test_tries_are_counted_by_the_address_that_a_proxy_beside_us_saw(peer: str, forwarded: str, counted: str) -> None:
    environ = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}

    assert client_address(Request(environ)) == counted


def test_shares_of_nothing_are_a_dash() -> None:
    assert words.percent(0, 0) == "–" and words.percent(None) == "–" and words.percent(1, 3) == "33%"


def test_days_in_a_row_are_said_as_a_span() -> None:
    assert words.days(["mon", "tue", "wed", "thu", "fri", "sat"]) == "Mon to Sat"
    assert words.days(["thu", "tue"]) == "Tue, Thu"


def test_the_largest_counts_come_first_and_the_rest_is_summed() -> None:
    assert words.largest({"a": 1, "b": 5, "c": 3, "d": 1}, 2) == [("b", 5), ("c", 3), ("other", 2)]


def test_an_address_keeps_the_filters_that_say_something() -> None:
    assert words.query({"status": "running", "name": ""}, cursor="x y") == "?status=running&cursor=x+y"
    assert words.query({"cursor": "x"}, cursor=None) == ""


def test_columns_stand_on_each_other_below_a_round_number() -> None:
    times = [NOW + timedelta(minutes=15 * n) for n in range(3)]

    drawn = charts.column_chart(times, {"a": [3, 0, 4], "b": [4, 0, 0]})

    assert drawn.up[-1].label == "8"
    lower, upper, _ = drawn.boxes
    assert upper.y + upper.height == pytest.approx(lower.y) and lower.y + lower.height == pytest.approx(drawn.bottom)
    assert [values for _, values in drawn.rows] == [[3, 4], [0, 0], [4, 0]] and not drawn.is_empty


def test_a_chart_of_nothing_is_empty_and_divides_by_nothing() -> None:
    assert charts.line_chart([], {"a": []}).is_empty
    assert charts.line_chart([NOW], {"a": [0]}).is_empty
    assert charts.column_chart([], {}).is_empty
