"""Explanations over REST: their shape, any moment, and every field that is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.policy.hold_reasons import Reason
from orchestrator.services import Services
from tests.support.rest import Rest, fresh_number, pointers

IN_TOKYO = {"timezone": "Asia/Tokyo", "timezone_source": "address"}
NIGHT = "2030-12-03T04:00:00Z"  # a Monday, 22:00 in Chicago
MORNING = "2030-12-03T15:00:00.000Z"
NINE_TO_EIGHT = {"windows": [{"days": ["mon-sat"], "start": "09:00", "end": "20:00"}]}
NUMBER = {"phone": "+13125550142"}
LISTS = {"enough": "suppress", "us-national": "registry", "customers": "allow"}


def explained(rest: Rest, path: str) -> dict[str, Any]:
    answer = rest.get(path)
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def test_a_contact_is_explained_with_its_checks_its_zones_and_a_sentence(rest: Rest) -> None:
    campaign = rest.campaign(calling_hours=NINE_TO_EIGHT)["id"]
    [contact] = rest.contacts(campaign, "+13125550142")
    rest.post(f"/v1/campaigns/{campaign}/start")

    answer = explained(rest, f"/v1/contacts/{contact}/explain?at={NIGHT}")

    assert answer.keys() == {"verdict", "reason", "sentence", "until", "zones", "regions", "checks"}
    assert (answer["verdict"], answer["reason"], answer["until"]) == ("hold", "outside_hours", MORNING)
    assert "calling hours" in answer["sentence"]
    assert answer["zones"] == [
        {"name": "America/Chicago", "from": "number", "local": "2030-12-02T22:00:00-06:00"},
    ]
    [hours] = [check for check in answer["checks"] if not check["passed"]]
    assert hours.keys() == {"check", "passed", "facts", "source", "as_of"}
    assert (hours["check"], hours["facts"]["zones"]) == ("calling_hours", "America/Chicago")


def test_a_contact_that_may_be_called_has_no_reason(rest: Rest) -> None:
    campaign = rest.campaign(calling_hours=NINE_TO_EIGHT)["id"]
    [contact] = rest.contacts(campaign, "+13125550142")
    rest.post(f"/v1/campaigns/{campaign}/start")

    answer = explained(rest, f"/v1/contacts/{contact}/explain?at={MORNING}")

    assert (answer["verdict"], answer["reason"], answer["until"]) == ("go", None, None)
    assert all(check["passed"] for check in answer["checks"])


def test_a_time_in_milliseconds_is_never_before_the_hold_ends(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    [contact] = rest.contacts(campaign, "+13125550142", not_before="2030-12-03T15:00:00.123456Z")
    rest.post(f"/v1/campaigns/{campaign}/start")

    until = explained(rest, f"/v1/contacts/{contact}/explain?at={NIGHT}")["until"]

    assert until == "2030-12-03T15:00:00.124Z"
    assert explained(rest, f"/v1/contacts/{contact}/explain?at={until}")["verdict"] == "go"


def test_a_moment_that_is_none_is_refused_and_so_is_a_contact_that_is_not_there(rest: Rest) -> None:
    [contact] = rest.contacts(rest.campaign()["id"], fresh_number())

    assert pointers(rest.get(f"/v1/contacts/{contact}/explain?at=tomorrow")) == {"?at": "moment"}
    assert pointers(rest.get(f"/v1/contacts/{contact}/explain?when={NIGHT}")) == {"?when": "unknown_field"}
    assert rest.get(f"/v1/contacts/con_{'0' * 26}/explain").status_code == 404


@pytest.mark.parametrize("end", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_moment_at_an_end_of_the_calendar_is_refused(rest: Rest, end: str) -> None:
    campaign = rest.campaign(calling_hours={"windows": [{"days": ["mon"], "start": "09:00", "end": "10:00"}]})["id"]
    [contact] = rest.contacts(campaign, fresh_number())

    assert pointers(rest.get(f"/v1/contacts/{contact}/explain?at={end}")) == {"?at": "moment"}
    assert pointers(rest.post("/v1/explain", {"phone": fresh_number(), "at": end})) == {"/at": "moment"}
    assert pointers(rest.post(f"/v1/campaigns/{campaign}/preflight", {"at": end})) == {"/at": "moment"}
    assert pointers(rest.patch(f"/v1/campaigns/{campaign}", {"starts_at": end})) == {"/starts_at": "moment"}


def test_a_contact_that_has_ended_is_explained_by_how_it_did(rest: Rest) -> None:
    campaign, number = rest.campaign()["id"], fresh_number()
    opted_out, talked_to, taken_off = rest.contacts(campaign, number, fresh_number(), fresh_number())
    rest.post("/v1/suppressions", {"phone": number})
    rest.patch(f"/v1/contacts/{talked_to}", {"status": "completed", "outcome": "confirmed"})
    rest.patch(f"/v1/contacts/{taken_off}", {"status": "canceled"})

    said = [explained(rest, f"/v1/contacts/{each}/explain")["sentence"] for each in (opted_out, talked_to, taken_off)]

    ended = "The contact already has its final status. It is"
    assert said == [
        f"{ended} suppressed: {Reason.SUPPRESSED.sentence}",
        f"{ended} completed (confirmed).",
        f"{ended} canceled.",
    ]


def test_a_number_of_no_campaign_is_explained_and_stored_nowhere(rest: Rest) -> None:
    answer = rest.post("/v1/explain", {**NUMBER, "at": NIGHT})

    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    assert (answer.json["verdict"], answer.json["reason"], answer.json["until"]) == ("hold", "outside_hours", MORNING)
    assert rest.get("/v1/contacts").json["data"] == []


@pytest.mark.parametrize(
    ("fields", "verdict", "reason"),
    [
        ({"timezone": "Asia/Tokyo"}, "hold", "law_hours"),
        (IN_TOKYO, "go", None),
        ({"timezone": "Asia/Tokyo", "law": {"mode": "warn", "because": "a test"}}, "go", None),
        ({**IN_TOKYO, "law": {"packs": ["us-ri"]}, "purpose": "debt"}, "go", None),
        ({"default_timezone": "Asia/Tokyo"}, "hold", "outside_hours"),
        ({"calling_hours": {"timezone": "Asia/Tokyo"}}, "hold", "law_hours"),
        ({"ends_at": NIGHT}, "never", "campaign_ended"),
        ({"starts_at": "2031-01-01T00:00:00Z"}, "hold", "campaign_not_started"),
        ({"not_before": "2031-01-01T00:00:00Z"}, "hold", "not_yet"),
        ({"not_after": NIGHT}, "never", "too_late"),
        ({"phone": "+19005550142"}, "never", "number_kind"),
        ({"phone": "+18005550142"}, "hold", "zone_unknown"),
        ({"phone": "+18005550142", "default_timezone": "Asia/Tokyo"}, "go", None),
        ({"purpose": "survey", "subject": "a survey", "voice": "agent", **IN_TOKYO}, "go", None),
        ({"number_gap": "1d", "caps": {"per_number_24h": 1}, **IN_TOKYO}, "go", None),
    ],
)
def test_the_fields_of_a_campaign_and_of_a_contact_count(
    rest: Rest, fields: dict[str, Any], verdict: str, reason: str | None
) -> None:
    answer = rest.post("/v1/explain", {**NUMBER, "at": NIGHT, **fields})

    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    assert (answer.json["verdict"], answer.json["reason"]) == (verdict, reason)


@pytest.mark.parametrize(
    ("field", "value", "pointer", "code"),
    [
        ("phone", "nobody", "/phone", "not_a_number"),
        ("phone", None, "/phone", "not_a_number"),
        ("at", "noon", "/at", "moment"),
        ("timezone", "EST", "/timezone", "unknown_zone"),
        ("default_timezone", "Nowhere", "/default_timezone", "unknown_zone"),
        ("not_before", "2031-01-01", "/not_before", "moment"),
        ("not_after", 5, "/not_after", "moment"),
        ("starts_at", "soon", "/starts_at", "moment"),
        ("ends_at", "late", "/ends_at", "moment"),
        ("purpose", "fun", "/purpose", "enum"),
        ("voice", "robot", "/voice", "enum"),
        ("subject", "", "/subject", "string_too_short"),
        ("number_gap", "often", "/number_gap", "duration"),
        ("calling_hours", {"windows": []}, "/calling_hours/windows", "windows"),
        ("caps", {"per_number_24h": 0}, "/caps/per_number_24h", "greater_than_equal"),
        ("caller_ids", [], "/caller_ids", "caller_ids"),
        ("caller_ids", ["nobody"], "/caller_ids/0", "caller_id"),
        ("caller_id_pool", "pool_nobody", "/caller_id_pool", "unknown_pool"),
        ("name", "x", "/name", "unknown_field"),
        ("flow", "x", "/flow", "unknown_field"),
    ],
)
def test_every_wrong_field_is_named(rest: Rest, field: str, value: Any, pointer: str, code: str) -> None:
    wrong = pointers(rest.post("/v1/explain", {**NUMBER, field: value}))

    assert wrong == {pointer: code}
    assert pointers(rest.post("/v1/explain", {})) == {"/phone": "required"}


def test_caller_ids_are_named_in_one_way(rest: Rest) -> None:
    pool = rest.post("/v1/caller-id-pools", {"name": "main", "numbers": [{"number": "+12125550101"}]}).json or {}
    either = {"caller_ids": ["+12125550100"]}, {"caller_id_pool": pool["id"]}

    for each in either:
        assert rest.post("/v1/explain", {**NUMBER, **each}).status_code == 200
    assert set(pointers(rest.post("/v1/explain", {**NUMBER, **either[0], **either[1]})).values()) == {"caller_ids"}


def test_a_campaign_says_what_its_contacts_wait_for(rest: Rest) -> None:
    campaign = rest.campaign(pacing={"calls_per_second": 2})["id"]
    rest.contacts(campaign, fresh_number(), fresh_number())

    answer = explained(rest, f"/v1/campaigns/{campaign}/explain")

    assert answer == {
        "is_dialing": False,
        "because": [
            {
                "reason": "campaign_not_started",
                "sentence": "The campaign has not been started, or the time of its start has not come.",
                "contacts": 2,
                "next_at": None,
            }
        ],
        "limits": {"rate": 2.0, "channels": 50, "guard": None},
    }
    assert rest.get(f"/v1/campaigns/cmp_{'0' * 26}/explain").status_code == 404


def test_a_preflight_counts_all_contacts_of_a_draft(rest: Rest) -> None:
    campaign = rest.campaign(calling_hours=NINE_TO_EIGHT, pacing={"calls_per_second": 2})["id"]
    rest.contacts(campaign, "+13125550142", "+13125550143")

    answer = rest.post(f"/v1/campaigns/{campaign}/preflight", {"at": NIGHT})

    assert answer.status_code == 200, answer.text
    told = dict(answer.json or {})
    assert told["held"][0].pop("example").startswith("con_")
    assert "purpose_left_out" in {warning["code"] for warning in told.pop("warnings")}
    assert told == {
        "at": "2030-12-03T04:00:00.000Z",
        "contacts": 2,
        "dialable_now": 0,
        "held": [
            {
                "reason": "outside_hours",
                "sentence": "It is outside the calling hours in at least one of the contact's time zones.",
                "contacts": 2,
                "next_at": MORNING,
            }
        ],
        "never": [],
        "by_region": [{"region": "US-IL", "contacts": 2, "dialable_now": 0}],
        "caller_ids": [{"number": "+12125550100", "attestation": None, "room_today": None, "dials_24h": 0}],
        "lists": [],
        "overrides": [{"field": "law.mode", "because": "a test at any hour"}],
        "estimate": {"dials": 2, "duration_s": 1.6, "peak_channels": 2, "cost": None, "currency": "USD"},
        "errors": [],
    }


def test_a_loosened_guard_is_shown_with_its_reason_and_the_guard_that_paused_by_its_code(
    rest: Rest, services: Services
) -> None:
    guards = {"silence": {"pause": None, "because": "agents answer at once"}, "failures": {"pause": 0.3}}
    campaign = rest.campaign(guards=guards)["id"]
    rest.contacts(campaign, "+13125550142")

    overrides = rest.post(f"/v1/campaigns/{campaign}/preflight").json["overrides"]
    with services.sql.begin() as tx:
        reason = '{"code": "guard_abandon", "detail": "3 of 3 people were abandoned.", "at": null}'
        tx.execute(text(f"UPDATE campaigns SET status = 'paused', status_reason = '{reason}'"))
    explained = rest.get(f"/v1/campaigns/{campaign}/explain").json

    assert {"field": "guards.silence", "because": "agents answer at once"} in overrides
    assert "guards.failures" not in {override["field"] for override in overrides}
    assert (explained["is_dialing"], explained["limits"]["guard"]) == (False, "guard_abandon")
    assert "3 of 3 people were abandoned." in explained["because"][0]["sentence"]


def test_a_preflight_needs_no_body_and_refuses_a_wrong_one(rest: Rest) -> None:
    path = f"/v1/campaigns/{rest.campaign()['id']}/preflight"

    assert rest.post(path).status_code == 200
    assert pointers(rest.post(path, {"at": "noon"})) == {"/at": "moment"}
    assert pointers(rest.post(path, {"when": NIGHT})) == {"/when": "unknown_field"}
    assert rest.post(f"/v1/campaigns/cmp_{'0' * 26}/preflight").status_code == 404


def test_a_start_is_refused_with_the_errors_of_the_preflight_and_started_in_spite_of_those_named(
    rest: Rest, services: Services
) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, "+13125550142")
    rest.post("/v1/suppressions", {"phone": "+13125550142", "reason": "asked"})
    with services.sql.begin() as tx:
        tx.exec_driver_sql("UPDATE contacts SET status = 'waiting', reason = NULL, due_at = now()")
    path = f"/v1/campaigns/{campaign}/start"

    refused = rest.post(path)

    assert refused.status_code == 409, refused.text
    assert refused.json is not None
    assert (refused.json["code"], refused.json["current_status"]) == ("preflight", "draft")
    [error] = refused.json["errors"]
    assert (error["pointer"], error["code"]) == ("/contacts", "nobody_dialable")
    assert "suppressed" in error["detail"]
    assert rest.post(path, {"accept": ["ring_floor"]}).status_code == 409
    assert pointers(rest.post(path, {"accept": ["anything"]})) == {"/accept/0": "enum"}
    assert rest.post(path, {"accept": ["nobody_dialable"]}).json["status"] == "running"  # type: ignore[index]  # it is


def test_lists_hold_in_explanations_and_in_a_preflight_that_shows_how_old_they_are(rest: Rest) -> None:
    made = [rest.post("/v1/lists", {"name": name, "kind": kind}).json for name, kind in LISTS.items()]
    ids = {each["name"]: each["id"] for each in made if each}
    for name, phone in (("enough", "+13125550142"), ("customers", "+13125550143"), ("customers", "+13125550142")):
        rest.post(f"/v1/lists/{ids[name]}/entries", {"entries": [phone]})
    asked = {"lists": {"suppress": ["enough"], "registry": ["us-national"], "allow": "customers"}}
    campaign = rest.campaign(**asked)["id"]
    contacts = rest.contacts(campaign, "+13125550142", "+13125550143", "+13125550144")

    told = rest.post(f"/v1/campaigns/{campaign}/preflight").json or {}

    assert [(each["name"], each["as_of"], each["ok"]) for each in told["lists"]] == [
        ("customers", None, True),
        ("us-national", None, False),
        ("enough", None, True),
    ]
    assert "list_stale" in {warning["code"] for warning in told["warnings"]}
    assert {each["reason"]: each["contacts"] for each in told["never"]} == {"suppressed": 1}
    assert {each["reason"]: each["contacts"] for each in told["held"]} == {"list_stale": 2}
    rest.post(f"/v1/campaigns/{campaign}/start")
    each = [explained(rest, f"/v1/contacts/{contact}/explain")["reason"] for contact in contacts]
    assert each == ["suppressed", "list_stale", "list_stale"]
    phones = {"+13125550142": "suppressed", "+13125550143": None, "+13125550144": "not_on_allow_list"}
    lists = {**asked["lists"], "registry": "off", "because": "a test"}
    for phone, reason in phones.items():
        answer = rest.post("/v1/explain", {"phone": phone, "lists": lists, "at": MORNING})
        assert (answer.json or {})["reason"] == reason
    assert pointers(rest.post("/v1/explain", {**NUMBER, "lists": {"allow": "nobody"}})).keys() == {"/lists/allow"}


def test_a_preflight_shows_the_numbers_of_a_pool_and_their_room(rest: Rest) -> None:
    numbers = [{"number": "+12125550101"}, {"number": "+12125550102"}]
    pool = rest.post("/v1/caller-id-pools", {"name": "main", "numbers": numbers, "per_day": 40}).json or {}
    campaign = rest.campaign(caller_ids=None, caller_id_pool=pool["id"])["id"]
    rest.contacts(campaign, "+13125550142")

    told = rest.post(f"/v1/campaigns/{campaign}/preflight").json or {}

    known = {"attestation": None, "room_today": 40, "dials_24h": 0}
    assert told["caller_ids"] == [{"number": each["number"], **known} for each in numbers]
    assert (told["dialable_now"], told["errors"]) == (1, [])
