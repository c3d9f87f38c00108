"""Filters on contacts: each alone, with others, within a campaign and over all of them, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from sqlalchemy import text

from orchestrator.services import Services
from orchestrator.store.redis.rate_limiter import close_dispatch
from orchestrator.store.sql import contact_filters, contacts, pagination
from tests.support.rest import CONNECTION, Rest, fresh_number, pointers

MONDAY_NOON_IN_NEW_YORK = datetime(2031, 3, 3, 17, tzinfo=UTC)
OLD, NEW, LATER = (datetime(*day, tzinfo=UTC) for day in ((2031, 3, 1), (2031, 3, 5), (2097, 3, 1)))


@pytest.fixture
def people(rest: Rest, services: Services) -> dict[str, str]:
    """Return contacts by name, as calls and time would have left them, in two campaigns of which one has a tag."""
    first, second = rest.campaign(name="first", tags=["Spring"])["id"], rest.campaign(name="second")["id"]
    rows: tuple[tuple[str, str, dict[str, Any]], ...] = (
        (
            "busy",
            first,
            {"status": "waiting", "reason": "busy", "disposition": "busy", "updated_at": OLD, "due_at": LATER},
        ),
        ("done", first, {"status": "completed", "disposition": "human", "outcome": "heard", "updated_at": NEW}),
        ("sold", first, {"status": "completed", "disposition": "human", "outcome": "confirmed", "updated_at": OLD}),
        ("held", second, {"status": "held", "reason": "number_gap", "disposition": "busy", "updated_at": NEW}),
        ("fresh", second, {"status": "waiting", "updated_at": OLD}),
    )
    ids = {name: rest.contacts(campaign, fresh_number())[0] for name, campaign, _ in rows}
    with services.sql.begin() as tx:
        for name, _, columns in rows:
            cells = ", ".join(f"{column} = :{column}" for column in columns)
            tx.execute(text(f"UPDATE contacts SET {cells} WHERE id = :id"), {"id": ids[name], **columns})
    return {**ids, "first": first, "second": second}


def _pages(rest: Rest, path: str) -> Iterator[dict[str, Any]]:
    cursor = ""
    while cursor is not None:
        page = rest.get(f"{path}&limit=1" + (f"&cursor={cursor}" if cursor else "")).json
        assert page is not None
        yield from page["data"]
        cursor = page["next_cursor"]


@pytest.mark.parametrize(
    "asked", ["disposition=human", "disposition=human&status=completed", "outcome=heard&tag=spring"]
)
def test_people_who_called_us_end_no_page(rest: Rest, services: Services, asked: str) -> None:
    campaign = rest.campaign(tags=["spring"])["id"]
    ids = [rest.contacts(campaign, fresh_number())[0] for _ in range(5)]
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE contacts SET status = 'completed', disposition = 'human', outcome = 'heard'"))
        tx.execute(
            text(
                "INSERT INTO campaigns (id, name, kind, connection_id, tags) "
                "SELECT 'cmp_calls_us', 'n', 'inbound', connection_id, tags FROM campaigns WHERE id = :id"
            ),
            {"id": campaign},
        )
        tx.execute(text("UPDATE contacts SET campaign_id = 'cmp_calls_us' WHERE id = ANY(:ids)"), {"ids": ids[2:]})

    assert [contact["id"] for contact in _pages(rest, f"/v1/contacts?{asked}")] == [ids[1], ids[0]]


@pytest.fixture(params=[1, 2, 1_000])
def _looked_at(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page look at so many contacts."""
    for module in (pagination, contacts, contact_filters):
        monkeypatch.setattr(module, "LOOKED_AT", request.param)


@pytest.mark.usefixtures("_looked_at")
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("disposition=busy", "busy held"),
        ("disposition=human&outcome=heard", "done"),
        ("outcome=confirmed", "sold"),
        ("reason=number_gap", "held"),
        ("reason=busy&disposition=busy", "busy"),
        ("status=completed&disposition=human", "done sold"),
        ("status=waiting&disposition=busy", "busy"),
        ("updated_after=2031-03-02T00:00:00Z", "done held"),
        ("updated_after=2031-03-02T00:00:00Z&disposition=busy", "held"),
        ("updated_after=2031-03-05T00:00:00Z", "done held"),
        ("tag=spring", "busy done sold"),
        ("tag=%20SPRING%20&disposition=human", "done sold"),
        ("tag=spring&status=completed", "done sold"),
        ("tag=spring&updated_after=2031-03-02T00:00:00Z", "done"),
        ("tag=autumn", ""),
        ("outcome=nothing_like_it", ""),
    ],
)
def test_a_filter_finds_those_and_no_others_page_by_page(
    rest: Rest, people: dict[str, str], asked: str, expected: str
) -> None:
    found = [contact["id"] for contact in _pages(rest, f"/v1/contacts?{asked}")]

    assert found == sorted((people[name] for name in expected.split()), reverse=True)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("disposition=busy", "busy"),
        ("outcome=heard", "done"),
        ("reason=busy", "busy"),
        ("status=waiting&disposition=busy", "busy"),
        ("status=waiting&reason=busy", "busy"),
        ("updated_after=2031-03-02T00:00:00Z&status=completed", "done"),
        ("", "busy done sold"),
    ],
)
def test_a_campaigns_contacts_are_filtered_like_all_contacts(
    rest: Rest, people: dict[str, str], asked: str, expected: str
) -> None:
    wanted = sorted((people[name] for name in expected.split()), reverse=True)
    first = people["first"]

    assert [each["id"] for each in _pages(rest, f"/v1/campaigns/{first}/contacts?{asked}")] == wanted
    assert [each["id"] for each in _pages(rest, f"/v1/contacts?campaign_id={first}&{asked}")] == wanted


@pytest.mark.usefixtures("_looked_at")
@pytest.mark.parametrize(
    "who", ["phone={phone}", "external_id=oldest", "q={phone}", "phone={phone}&external_id=oldest"]
)
@pytest.mark.parametrize(
    "more", ["status=waiting", "status=waiting&disposition=busy", "reason=busy", "updated_after={then}"]
)
def test_one_person_is_found_at_once_however_many_others_the_campaign_has(
    rest: Rest, services: Services, who: str, more: str
) -> None:
    campaign, phone = rest.campaign()["id"], fresh_number()
    [wanted] = rest.contacts(campaign, phone, external_id="oldest")
    rest.contacts(campaign, *(fresh_number() for _ in range(5)))
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE contacts SET reason = 'busy', disposition = 'busy', due_at = :later"), {"later": LATER})
    asked = f"{who}&{more}".format(phone=quote(phone), then="2031-03-01T00:00:00Z")

    page = rest.get(f"/v1/contacts?campaign_id={campaign}&{asked}").json

    found = [] if "updated_after" in more else [wanted]
    assert ([each["id"] for each in page["data"]], page["next_cursor"], page["incomplete"]) == (found, None, False)


@pytest.mark.usefixtures("_looked_at")
@pytest.mark.parametrize(
    "asked", ["phone={phone}", "q={phone}", "phone={phone}&disposition=busy", "q={phone}&reason=busy"]
)
def test_many_with_one_number_are_found_page_by_page(rest: Rest, services: Services, asked: str) -> None:
    campaign, phone = rest.campaign()["id"], fresh_number()
    ids = [rest.contacts(campaign, phone, external_id=f"door {n}")[0] for n in range(5)]
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE contacts SET reason = 'busy', disposition = 'busy', due_at = :later"), {"later": LATER})

    found = _pages(rest, f"/v1/contacts?campaign_id={campaign}&{asked}".format(phone=quote(phone)))

    assert [each["id"] for each in found] == ids[::-1]


def test_contacts_of_no_campaign_are_not_found(rest: Rest) -> None:
    assert rest.get("/v1/campaigns/cmp_01K00000000000000000000000/contacts").status_code == 404


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("disposition=bussy", "disposition"),
        ("updated_after=yesterday", "updated_after"),
        ("reason=" + "x" * 201, "reason"),
        ("tag=" + "x" * 51, "tag"),
        ("tag=%20", "tag"),
    ],
)
def test_a_filter_that_nothing_could_match_is_refused_by_name(rest: Rest, asked: str, name: str) -> None:
    refused = rest.get(f"/v1/contacts?{asked}")

    assert refused.status_code == 422
    assert list(pointers(refused)) == [f"?{name}"]


@pytest.fixture
def sleepers(rest: Rest, services: Services) -> Iterator[dict[str, str]]:
    """Return contacts by name, of a campaign at an hour at which one may be called and the others may not."""
    with time_machine.travel(MONDAY_NOON_IN_NEW_YORK, tick=False):
        campaign = rest.campaign(calling_hours={"timezone": "contact"})["id"]
        places = {
            "awake": {"timezone": "America/New_York"},
            "asleep": {"timezone": "Asia/Tokyo", "external_id": "sleepyhead"},
            "busy": {"timezone": "Asia/Tokyo"},
        }
        ids = {name: rest.contacts(campaign, fresh_number(), **place)[0] for name, place in places.items()}
        (ids["nowhere"],) = rest.contacts(campaign, "+18005550123")
        ids |= {
            name: rest.contacts(campaign, fresh_number(), timezone="America/New_York")[0] for name in ("held", "over")
        }
        changes = {
            "busy": "reason = 'busy', disposition = 'busy'",
            "held": "status = 'held', reason = 'outside_hours'",
            "over": "status = 'exhausted', reason = 'zone_unknown'",
        }
        with services.sql.begin() as tx:
            for name, change in changes.items():
                tx.execute(text(f"UPDATE contacts SET {change} WHERE id = :id"), {"id": ids[name]})
        yield {**ids, "campaign": campaign}


@pytest.mark.usefixtures("_looked_at")
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("reason=outside_hours", "asleep busy held"),
        ("reason=outside_hours&status=held", "asleep busy held"),
        ("reason=outside_hours&status=waiting", ""),
        ("reason=outside_hours&disposition=busy", "busy"),
        ("reason=zone_unknown", "nowhere over"),
        ("reason=zone_unknown&status=held", "nowhere"),
        ("reason=zone_unknown&status=exhausted", "over"),
    ],
)
def test_within_a_campaign_a_reason_is_the_one_that_is_shown(
    rest: Rest, sleepers: dict[str, str], asked: str, expected: str
) -> None:
    path = f"/v1/contacts?campaign_id={sleepers['campaign']}&{asked}"
    found = list(_pages(rest, path))

    assert [contact["id"] for contact in found] == sorted((sleepers[name] for name in expected.split()), reverse=True)
    assert all(contact["reason"] in asked for contact in found)


@pytest.mark.parametrize(("reason", "expected"), [("outside_hours", "asleep"), ("zone_unknown", "")])
def test_a_search_takes_the_reason_that_is_shown(
    rest: Rest, sleepers: dict[str, str], reason: str, expected: str
) -> None:
    found = rest.get(f"/v1/contacts?campaign_id={sleepers['campaign']}&q=sleepyhead&reason={reason}").json["data"]

    assert [contact["id"] for contact in found] == [sleepers[name] for name in expected.split()]


def test_who_waits_for_calling_hours_is_sought_within_a_campaign(rest: Rest) -> None:
    refused = rest.get("/v1/contacts?reason=outside_hours")

    assert (refused.status_code, list(pointers(refused))) == (422, ["?reason"])
    assert pointers(refused)["?reason"] == "campaign_required"


@pytest.fixture
def queue(rest: Rest, services: Services) -> dict[str, str]:
    """Return contacts by name, of a campaign that runs while the carrier takes no call."""
    campaign = rest.campaign()["id"]
    changes = {
        "due": "reason = NULL",
        "again": "reason = 'busy', disposition = 'busy', variables = variables || '{\"name\": \"Quincy\"}'",
        "later": "reason = 'busy', disposition = 'busy', due_at = now() + interval '1 day'",
        "kept": "status = 'held', reason = 'carrier_unavailable', due_at = now() + interval '1 hour'",
        "over": "status = 'exhausted', reason = 'busy', due_at = NULL",
    }
    ids = {name: rest.contacts(campaign, fresh_number())[0] for name in changes}
    assert rest.post(f"/v1/campaigns/{campaign}/start").status_code == 200
    with services.sql.begin() as tx:
        for name, change in changes.items():
            tx.execute(text(f"UPDATE contacts SET {change} WHERE id = :id"), {"id": ids[name]})
    close_dispatch(services.redis, services.keys, CONNECTION, reason="The carrier is away")
    return {**ids, "campaign": campaign}


@pytest.mark.usefixtures("_looked_at")
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("reason=carrier_unavailable", "due again kept"),
        ("reason=carrier_unavailable&status=waiting", "due again"),
        ("reason=carrier_unavailable&status=held", "kept"),
        ("reason=carrier_unavailable&disposition=busy", "again"),
        ("reason=carrier_unavailable&q=quincy", "again"),
        ("reason=busy", "later over"),
        ("reason=busy&status=waiting", "later"),
        ("reason=rate", ""),
    ],
)
def test_within_a_campaign_whoever_is_due_is_found_by_what_the_campaign_lacks(
    rest: Rest, queue: dict[str, str], asked: str, expected: str
) -> None:
    found = list(_pages(rest, f"/v1/contacts?campaign_id={queue['campaign']}&{asked}"))

    assert [contact["id"] for contact in found] == sorted((queue[name] for name in expected.split()), reverse=True)
    assert all(f"reason={contact['reason']}" in asked for contact in found)


def test_each_contact_of_a_campaign_is_found_by_the_reason_that_it_shows(rest: Rest, queue: dict[str, str]) -> None:
    place = f"/v1/contacts?campaign_id={queue['campaign']}"
    shown = {contact["id"]: contact["reason"] for contact in rest.get(place).json["data"]}

    for reason in {*shown.values()}:
        found = {contact["id"] for contact in rest.get(f"{place}&reason={reason}").json["data"]}
        assert found == {ident for ident, each in shown.items() if each == reason}


@pytest.mark.parametrize("reason", ["rate", "no_capacity", "carrier_unavailable", "first_webhook", "dialing_stopped"])
def test_who_waits_for_something_of_this_moment_is_sought_within_a_campaign(rest: Rest, reason: str) -> None:
    refused = rest.get(f"/v1/contacts?reason={reason}")

    assert (refused.status_code, pointers(refused)) == (422, {"?reason": "campaign_required"})


def test_nothing_is_done_to_many_by_a_reason_that_is_of_a_moment(rest: Rest) -> None:
    body = {"filter": {"reasons": ["zone_unknown", "outside_hours"]}, "action": "cancel"}

    refused = rest.post("/v1/contacts/bulk", body)

    assert (refused.status_code, pointers(refused)) == (422, {"/filter/reasons/1": "reason_of_a_moment"})
