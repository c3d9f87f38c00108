"""What has happened is read over REST, page by page, without a gap."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from api.http.audit import views_by_path
from api.resources.catalogue import ROUTES
from orchestrator.operations.notify.order_events import EventOrder
from orchestrator.services import Services
from tests.support.rest import Rest, fresh_number, pointers


def suppress(rest: Rest, services: Services, times: int) -> list[str]:
    """Suppress numbers and return the ids of what is told of it."""
    made = [rest.post("/v1/suppressions", {"phone": fresh_number()}).json["id"] for _ in range(times)]
    EventOrder(services.sql).order_events()
    return made


def read(rest: Rest, query: str = "") -> dict[str, Any]:
    return dict(rest.get(f"/v1/events{query}").json or {})


def test_events_are_read_in_their_order_page_by_page(rest: Rest, services: Services) -> None:
    made = suppress(rest, services, 3)

    first = read(rest, "?limit=2")
    second = read(rest, f"?limit=2&after={first['next_after']}")

    assert [event["subject"] for event in first["data"] + second["data"]] == made
    assert (first["has_more"], second["has_more"]) == (True, False)
    assert first["data"][0]["type"] == "suppression.added"
    assert first["data"][0]["data"]["suppression_id"] == made[0]


def test_who_has_read_all_goes_on_where_they_were(rest: Rest, services: Services) -> None:
    suppress(rest, services, 1)
    after = read(rest)["next_after"]

    assert read(rest, f"?after={after}") == {"data": [], "has_more": False, "next_after": after}
    made = suppress(rest, services, 1)
    assert [event["subject"] for event in read(rest, f"?after={after}")["data"]] == made


def test_a_reader_begins_with_what_comes_next(rest: Rest, services: Services) -> None:
    assert read(rest, "?after=latest") == {"data": [], "has_more": False, "next_after": None}
    suppress(rest, services, 2)

    begin = read(rest, "?after=latest")
    made = suppress(rest, services, 1)

    assert begin["data"] == []
    assert [event["subject"] for event in read(rest, f"?after={begin['next_after']}")["data"]] == made


def test_an_id_that_is_kept_no_longer_still_names_its_place(rest: Rest, services: Services) -> None:
    suppress(rest, services, 1)
    after = read(rest)["next_after"]
    with services.sql.begin() as tx:
        tx.execute(text("DELETE FROM events"))

    made = suppress(rest, services, 1)

    assert [event["subject"] for event in read(rest, f"?after={after}")["data"]] == made


def test_events_are_found_by_type_and_subject(rest: Rest, services: Services) -> None:
    made = suppress(rest, services, 2)

    assert len(read(rest, "?type=suppression.added,call.ended")["data"]) == 2
    assert read(rest, "?type=call.ended")["data"] == []
    assert [event["subject"] for event in read(rest, f"?subject={made[1]}")["data"]] == [made[1]]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("?type=call.eaten", "?type"),
        ("?after=evt_1", "?after"),
        ("?after=evt_6ZKZVD32BABGH9SHBKD66H8X23", "?after"),
        ("?limit=0", "?limit"),
        ("?kind=x", "?kind"),
    ],
)
def test_what_cannot_be_read_is_named(rest: Rest, query: str, pointer: str) -> None:
    assert list(pointers(rest.get(f"/v1/events{query}"))) == [pointer]


def test_a_page_of_events_is_nothing_that_a_change_is_compared_by() -> None:
    assert "/v1/events" not in views_by_path(ROUTES)
