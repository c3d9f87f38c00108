"""Many people changed at once on the web page: counted first, and those alone whom the filters mean."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.policy.roles import Role
from orchestrator.services import Services
from tests.service.pages.conftest import SignIn
from tests.support.ledger_rows import ended_call
from tests.support.lock_points import LockPoint, in_thread
from tests.support.rest import Rest, fresh_number
from tests.support.strangers import PAYLOADS, check_nothing_is_planted
from tests.support.visitor import Visitor, text_of

PLACE = "/people/change"
NO_CAMPAIGN = "cmp_01ARZ3NDEKTSV4RRFFQ69G5FAV"
AT_UTC = {"set_not_before.zone": "UTC"}
WRONG: list[tuple[dict[str, str], str]] = [
    ({}, "action"),
    ({"action": "release_restored"}, "action"),
    ({"action": "\0"}, "action"),
    ({"action": "redial", "redial.attempts": "0"}, "redial.attempts"),
    ({"action": "redial", "redial.attempts": "21"}, "redial.attempts"),
    ({"action": "redial", "redial.attempts": "often"}, "redial.attempts"),
    ({"action": "redial", "redial.not_before": "soon", "redial.zone": "UTC"}, "redial.not_before"),
    ({"action": "redial", "redial.not_before": "2099-01-01T09:00", "redial.zone": "EST"}, "redial.zone"),
    ({"action": "set_priority"}, "set_priority.priority"),
    ({"action": "set_priority", "set_priority.priority": "1001"}, "set_priority.priority"),
    ({"action": "set_priority", "set_priority.priority": "-1001"}, "set_priority.priority"),
    ({"action": "set_priority", "set_priority.priority": "1.5"}, "set_priority.priority"),
    ({"action": "set_not_before", **AT_UTC, "set_not_before.not_before": "25:00"}, "set_not_before.not_before"),
    ({"action": "set_not_before", "set_not_before.not_before": "2099-01-01T09:00"}, "set_not_before.zone"),
    (
        {
            "action": "set_not_before",
            "set_not_before.not_before": "2099-01-01T09:00",
            "set_not_before.zone": "../../etc/passwd\0",
        },
        "set_not_before.zone",
    ),
    ({"action": "suppress", "suppress.reason": "x" * 201}, "suppress.reason"),
    ({"action": "suppress", "suppress.reason": "a\0b"}, "suppress.reason"),
    ({"action": "suppress", "suppress.scope": "house"}, "suppress.scope"),
]
"""Forms, and the field beside which it is said what is wrong."""
NOT_TO_GO_BY = [
    ("", "No filter would mean everybody"),
    ("?status=", "No filter would mean everybody"),
    ("?status=nonsense", "statuses"),
    ("?reason=outside_hours", "only at this moment"),
    ("?disposition=nonsense", "dispositions"),
    ("?outcome=%00", "outcomes"),
    (f"?outcome={'x' * 201}", "outcomes"),
    ("?q=Miller&status=waiting", "cannot go by this: q."),
    ("?updated_after=2020-01-01T00:00:00Z&status=waiting", "cannot go by this: updated after."),
    ("?status=waiting&cursor=x", "cannot go by this: cursor."),
    ("?%3Cscript%3E=1", "cannot go by this: <script>."),
]
"""Filters in an address, and what is said of them."""


def three(rest: Rest, services: Services, **standing: str) -> tuple[str, list[str]]:
    """Return a campaign and its people: one waits, one was busy and is done, one is being called."""
    campaign = rest.campaign(name="Spring & summer")["id"]
    ids = rest.contacts(campaign, *(fresh_number() for _ in range(3)))
    ended = {"status": "exhausted", "disposition": "busy", "outcome": None, **standing}
    with services.sql.begin() as tx:
        change = text(
            "UPDATE contacts SET status = :status, disposition = :disposition, outcome = :outcome, due_at = NULL"
            " WHERE id = :id"
        )
        tx.execute(change, {"id": ids[1], **ended})
        tx.execute(change, {"id": ids[2], "status": "calling", "disposition": None, "outcome": None})
    return campaign, ids


def shown(rest: Rest, ids: list[str], name: str) -> list[Any]:
    return [rest.get(f"/v1/contacts/{ident}").json[name] for ident in ids]


def changes(services: Services) -> int:
    with services.sql.connect() as tx:
        return int(tx.execute(text("SELECT count(*) FROM bulk_changes")).scalar_one())


def once_in(page: str) -> str:
    found = re.search(r'name="once" value="([^"]+)"', page)
    assert found, page
    return found[1]


def test_people_are_counted_and_then_blocked_together(admin: Visitor, rest: Rest, services: Services) -> None:
    campaign, ids = three(rest, services)
    form = {"action": "suppress", "suppress.scope": "campaign", "suppress.reason": "wrong list"}
    place = f"{PLACE}?campaign_id={campaign}&status=exhausted"

    asked = admin.get(place)
    counted = admin.send(place, {**form, "step": "count"})
    assert changes(services) == 0, "who counts changes nobody"
    done = admin.send(place, {**form, "step": "change", "once": once_in(counted.text)})

    assert "Spring & summer" in unescape(text_of(asked)) and "exhausted" in text_of(asked)
    assert "1 person is like that, and 1 would be changed." in text_of(counted)
    assert "in this campaign alone" in text_of(counted) and "wrong list" in text_of(counted)
    assert "Blocked, with their numbers: 1 contact." in text_of(admin.follow(done))
    [listed] = rest.get("/v1/suppressions").json["data"]
    [phone] = shown(rest, ids[1:2], "phone")
    assert (listed["phone"], listed["scope"], listed["reason"]) == (phone, campaign, "wrong list")


@pytest.mark.parametrize(
    ("form", "field", "before", "after"),
    [
        ({"action": "cancel"}, "status", "1 would", ["canceled", "exhausted", "calling"]),
        ({"action": "set_priority", "set_priority.priority": "7"}, "priority", "1 would", [7, 0, 0]),
        (
            {
                "action": "set_not_before",
                "set_not_before.not_before": "2099-01-15T15:00",
                "set_not_before.zone": "america/new_york",
            },
            "not_before",
            "1 would",
            ["2099-01-15T20:00:00.000Z", None, None],
        ),
    ],
    ids=["cancel", "priority", "not before"],
)
def test_everybody_whom_a_filter_means_is_changed_and_nobody_else(
    admin: Visitor, rest: Rest, services: Services, form: dict[str, str], field: str, before: str, after: list[Any]
) -> None:
    _, ids = three(rest, services)
    place = f"{PLACE}?status=waiting"

    counted = admin.send(place, {**form, "step": "count"})
    done = admin.send(place, {**form, "step": "change"})

    assert before in text_of(counted), text_of(counted)
    assert "1 contact." in text_of(admin.follow(done))
    assert shown(rest, ids, field) == after


def test_a_time_that_holds_people_back_is_taken_away(admin: Visitor, rest: Rest, services: Services) -> None:
    campaign, ids = three(rest, services)
    rest.patch(f"/v1/contacts/{ids[0]}", {"not_before": "2099-01-01T09:00:00Z"})
    place, form = f"{PLACE}?campaign_id={campaign}", {"action": "set_not_before", "set_not_before.not_before": ""}

    counted = admin.send(place, {**form, "step": "count"})
    done = admin.send(place, {**form, "step": "change"})

    assert "no time any more" in text_of(counted)
    assert "No time holds them back any more: 1 contact." in text_of(admin.follow(done))
    assert shown(rest, ids[:1], "not_before") == [None]


def test_people_are_called_again_by_how_their_last_call_went(admin: Visitor, rest: Rest, services: Services) -> None:
    campaign, ids = three(rest, services)
    place = f"{PLACE}?campaign_id={campaign}&disposition=busy"
    form = {"action": "redial", "redial.attempts": "2", "redial.zone": "UTC"}

    counted = admin.send(place, {**form, "step": "count"})
    done = admin.send(place, {**form, "step": "change"})

    assert "What counts is how the last call to a person went." in text_of(counted)
    assert "2 more, at most" in text_of(counted)
    assert "They wait to be called again: 1 contact." in text_of(admin.follow(done))
    assert shown(rest, ids, "status") == ["waiting", "waiting", "calling"]
    assert shown(rest, ids[1:2], "attempts_limit") == [2]


def test_nobody_who_fits_leaves_no_button_to_change_them(admin: Visitor, rest: Rest, services: Services) -> None:
    campaign, _ = three(rest, services)
    nobody = f"{PLACE}?campaign_id={campaign}&outcome=never"
    done_already = f"{PLACE}?campaign_id={campaign}&status=exhausted"

    counted = admin.send(nobody, {"action": "cancel", "step": "count"})
    spared = admin.send(done_already, {"action": "cancel", "step": "count"})
    changed = admin.send(nobody, {"action": "cancel", "step": "change"})

    assert "Nobody is like that at this moment." in text_of(counted) and 'value="change"' not in counted.text
    assert "1 person is like that, and nobody of them would be changed." in text_of(spared)
    assert 'value="change"' not in spared.text
    assert "Nobody was changed" in text_of(admin.follow(changed))


def test_a_change_that_is_sent_twice_is_made_once(admin: Visitor, rest: Rest, services: Services) -> None:
    campaign, ids = three(rest, services)
    place, form = f"{PLACE}?campaign_id={campaign}", {"action": "cancel", "step": "change", "once": "a-key-of-the-form"}

    one = text_of(admin.follow(admin.send(place, form)))
    rest.patch(f"/v1/contacts/{ids[0]}", {"status": "waiting"})
    two = text_of(admin.follow(admin.send(place, form)))

    assert "Taken off the list: 2 contacts." in one and "Taken off the list: 2 contacts." in two
    assert shown(rest, ids[:1], "status") == ["waiting"], "the second click changed nobody"
    assert changes(services) == 1


def test_what_is_wrong_is_said_beside_its_field_and_nobody_is_changed(
    admin: Visitor, rest: Rest, services: Services
) -> None:
    campaign, ids = three(rest, services)

    for form, field in WRONG:
        for step in ("count", "change"):
            refused = admin.send(f"{PLACE}?campaign_id={campaign}", {**form, "step": step})
            assert refused.status_code == 422, (form, text_of(refused))
            assert f'id="e-{field}"' in refused.text and f'id="f-{field}"' in refused.text, form
            if field != "action":
                action = form["action"]
                assert f'value="{action}" aria-describedby="h-{action}" checked' in refused.text, form

    assert changes(services) == 0 and shown(rest, ids, "status") == ["waiting", "exhausted", "calling"]


def test_what_belongs_to_one_campaign_is_refused_for_several(admin: Visitor) -> None:
    place = f"{PLACE}?status=exhausted"

    assert 'value="redial"' not in admin.get(place).text
    for form in ({"action": "redial"}, {"action": "suppress", "suppress.scope": "campaign"}):
        refused = admin.send(place, {**form, "step": "count"})
        assert refused.status_code == 422 and "campaign" in text_of(refused).partition("to be mended")[2]


def test_nobody_is_changed_by_filters_that_a_change_cannot_go_by(
    admin: Visitor, rest: Rest, services: Services
) -> None:
    _, ids = three(rest, services)

    for query, why in NOT_TO_GO_BY:
        asked = admin.get(f"{PLACE}{query}")
        sent = admin.send(f"{PLACE}{query}", {"action": "cancel", "step": "change"})
        for answer in (asked, sent):
            assert answer.status_code == 422 and why in unescape(text_of(answer)), (query, text_of(answer))
            check_nothing_is_planted(answer.text)

    assert shown(rest, ids, "status") == ["waiting", "exhausted", "calling"]


def test_a_campaign_that_is_none_is_not_found_and_no_id_is_refused(admin: Visitor) -> None:
    for campaign, status in ((NO_CAMPAIGN, 404), ("nonsense", 422)):
        place = f"{PLACE}?campaign_id={campaign}"
        assert admin.get(place).status_code == status
        assert admin.send(place, {"action": "suppress", "step": "count"}).status_code == status


def test_a_choice_is_taken_back_with_what_was_written(admin: Visitor, rest: Rest, services: Services) -> None:
    campaign, _ = three(rest, services)
    form = {"action": "suppress", "suppress.scope": "campaign", "suppress.reason": "asked for it"}

    again = admin.send(f"{PLACE}?campaign_id={campaign}", {**form, "step": "choose"})

    assert again.status_code == 200 and 'value="asked for it"' in again.text
    assert 'value="campaign" selected' in again.text and "checked" in again.text


@pytest.mark.parametrize(
    ("place", "form"),
    [
        (f"{PLACE}?campaign_id=CAMPAIGN", {"action": "redial", "step": "change"}),
        ("/campaigns/CAMPAIGN/redial", {"statuses": "exhausted"}),
    ],
    ids=["of many people", "of a campaign"],
)
def test_a_change_that_was_stopped_is_not_said_to_be_over(
    admin: Visitor, rest: Rest, services: Services, place: str, form: dict[str, str]
) -> None:
    campaign, ids = three(rest, services)
    begun = LockPoint(services.sql, before="INSERT INTO bulk_changes")

    with in_thread(lambda: admin.send(place.replace("CAMPAIGN", campaign), form)) as sent:
        begun.is_reached()
        assert rest.post(f"/v1/campaigns/{campaign}/cancel").status_code == 200
        begun.go_on()
    answer = admin.follow(sent.result())  # type: ignore[arg-type]

    assert "It was stopped before its end" in text_of(answer), text_of(answer)
    assert "The campaign was canceled meanwhile." in text_of(answer)
    assert shown(rest, ids[1:2], "status") == ["exhausted"]


def test_only_who_may_change_people_is_led_there(
    admin: Visitor, sign_in: SignIn, rest: Rest, services: Services
) -> None:
    campaign, ids = three(rest, services)
    viewer, operator = sign_in(Role.VIEWER), sign_in(Role.OPERATOR)
    place = f"{PLACE}?campaign_id={campaign}"

    assert f'href="{place}"' in operator.get(f"/people?campaign_id={campaign}").text
    assert PLACE not in viewer.get(f"/people?campaign_id={campaign}").text
    assert viewer.get(place).status_code == 403
    assert viewer.send(place, {"action": "cancel", "step": "change"}).status_code == 403
    assert operator.send(place, {"csrf": "", "action": "cancel", "step": "change"}).status_code == 403
    assert shown(rest, ids[:1], "status") == ["waiting"]
    assert operator.send(place, {"action": "cancel", "step": "change"}).status_code == 303


def test_the_list_of_people_leads_there_where_its_filters_mean_the_same(
    admin: Visitor, rest: Rest, services: Services
) -> None:
    campaign, ids = three(rest, services, outcome="left a message")
    phone = shown(rest, ids[1:2], "phone")[0]
    of_it = f"campaign_id={campaign}"
    exact = [of_it, "status=waiting", "disposition=busy", "outcome=left+a+message", f"{of_it}&status=exhausted"]
    narrower = [
        "",
        f"q={phone.replace('+', '%2B')}",
        f"{of_it}&status=waiting",
        f"{of_it}&reason=outside_hours",
        "updated_after=2020-01-01T00:00:00Z&status=waiting",
        f"phone={phone.replace('+', '%2B')}",
    ]

    for query in exact:
        assert f'href="{PLACE}?{query.replace("&", "&amp;")}"' in admin.get(f"/people?{query}").text, query
    for query in narrower:
        assert PLACE not in admin.get(f"/people?{query}").text, query
    assert PLACE not in admin.get(f"/people?{of_it}&status=expired").text, "nobody is listed"


def test_the_list_of_calls_leads_there_where_its_filters_speak_of_people(
    admin: Visitor, sign_in: SignIn, rest: Rest, services: Services
) -> None:
    heard = ended_call(rest, services, outcome="heard", disposition="human")
    of_it, how = f"campaign_id={heard['campaign']}", "disposition=human&outcome=heard"
    narrower = ["", of_it, f"{of_it}&{how}&status=ended", f"{how}&direction=outbound", f"{how}&to=%2B12025550199"]
    narrower += [f"{how}&contact_id={heard['contact']}", f"{how}&ended_after=2020-01-01T00:00:00Z"]

    for query in (how, f"{of_it}&{how}", f"{of_it}&outcome=heard"):
        assert f'href="{PLACE}?{query.replace("&", "&amp;")}"' in admin.get(f"/calls?{query}").text, query
        assert PLACE not in sign_in(Role.VIEWER).get(f"/calls?{query}").text, query
    for query in narrower:
        assert PLACE not in admin.get(f"/calls?{query}").text, query
    assert PLACE not in admin.get("/calls?outcome=nonesuch").text, "no call is listed"


def test_what_a_filter_or_a_reason_says_stays_text(admin: Visitor) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}

    for words in PAYLOADS:
        query = {"outcome": words, "tag": "a"}
        form = {"action": "suppress", "suppress.reason": words, "csrf": admin.csrf}
        saying = [
            admin.client.get(PLACE, query_string=query, headers=headers),
            admin.client.post(PLACE, query_string=query, data={**form, "step": "count"}, headers=headers),
            admin.client.post(PLACE, query_string=query, data={**form, "step": "choose"}, headers=headers),
        ]
        refusing = admin.client.get(PLACE, query_string={**query, words: words}, headers=headers)
        listing = admin.client.get("/people", query_string=query, headers=headers)
        for page in saying:
            assert page.status_code == 200 and words in unescape(page.text), words
        for page in (*saying, refusing, listing):
            check_nothing_is_planted(page.text)


def test_a_change_that_goes_on_by_itself_says_how_far_it_is(
    admin: Visitor, sign_in: SignIn, rest: Rest, services: Services
) -> None:
    campaign, _ = three(rest, services)
    admin.send(f"{PLACE}?campaign_id={campaign}", {"action": "cancel", "step": "change"})
    with services.sql.begin() as tx:
        change = tx.execute(text("SELECT id FROM bulk_changes")).scalar_one()
        tx.execute(text("UPDATE bulk_changes SET status = 'running'"))

    running = [admin.get(f"/changes/{change}"), sign_in(Role.VIEWER).get(f"/changes/{change}/live")]

    for page in running:
        assert "It goes on by itself" in text_of(page) and "2 of them" in text_of(page)
    assert admin.get("/changes/chg_01ARZ3NDEKTSV4RRFFQ69G5FAV").status_code == 404
    assert admin.get("/changes/nonsense").status_code == 404
