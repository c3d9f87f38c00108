"""Campaigns over REST: drafts first, changed as their status allows, started when there is somebody to call."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.policy.caps import Caps
from orchestrator.services import Services
from tests.support.rest import CALLER_ID, CONNECTION, FLOW, Rest, fresh_number, pointers


def _set_status(services: Services, campaign_id: str, status: str) -> None:
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE campaigns SET status = :s WHERE id = :id"), {"s": status, "id": campaign_id})


def test_a_new_campaign_is_a_draft_with_the_defaults(rest: Rest) -> None:
    flow = rest.flow()

    created = rest.post("/v1/campaigns", {"name": "spring", "flow": flow["id"], "caller_ids": ["(212) 555-0100"]})

    assert created.status_code == 422  # without a country code it could be anybody's
    created = rest.post("/v1/campaigns", {"name": "spring", "flow": flow["id"], "caller_ids": ["+1 212 555 0100"]})
    assert created.status_code == 201
    campaign = created.json
    assert campaign["id"].startswith("cmp_") and campaign["status"] == "draft" and campaign["status_reason"] is None
    assert campaign["caller_ids"] == ["+12125550100"] and campaign["connection_id"] == CONNECTION
    assert campaign["calling_hours"]["windows"][0]["days"] == ["mon", "tue", "wed", "thu", "fri", "sat"]
    assert campaign["retry"]["max_attempts"] == 3 and campaign["retry"]["on"]["no_answer"]["after"] == "3h"
    assert campaign["number_gap"] == "2h" and campaign["pacing"]["weight"] == 1


def test_a_campaign_is_given_back_as_it_was_written(rest: Rest) -> None:
    document = {
        "purpose": "debt",
        "subject": "invoice of March",
        "voice": "agent",
        "starts_at": "2031-01-01T00:00:00.000Z",
        "ends_at": "2031-02-01T00:00:00.000Z",
        "default_timezone": "America/Chicago",
        "keep_open": True,
        "pacing": {"calls_per_second": 2.5, "max_live_calls": 7, "weight": 3},
        "calling_hours": {
            "timezone": "Europe/Berlin",
            "windows": [{"days": ["mon", "sun"], "start": "09:30", "end": "24:00"}],
            "holidays": ["2031-01-01"],
        },
        "retry": {
            "max_attempts": 4,
            "on": {"busy": {"after": "10m", "at_most": 2}},
            "on_outcome": {"heard": {"after": ["2m", "5m"], "at_most": 20}},
        },
        "number_gap": "90s",
        "caps": {
            "per_number_24h": 2,
            "per_number_7d": 5,
            "per_subject_24h": 1,
            "per_caller_id_24h": 5_000,
            "min_gap": "3h",
            "rest_after_human": "7d",
            "rest_after_abandoned": "4d",
        },
    }

    created = rest.campaign(**document)
    shown = rest.get(f"/v1/campaigns/{created['id']}").json

    assert {name: created[name] for name in document} == document
    assert {name: shown[name] for name in created} == created and shown["in_flight"] == 0


_WRONG: list[tuple[str, Any, str]] = [
    ("name", "", "/name"),
    ("name", 7, "/name"),
    ("name", "x" * 201, "/name"),
    ("name", None, "/name"),
    ("flow", "nowhere", "/flow"),
    ("flow", ["a"], "/flow"),
    ("caller_ids", [], "/caller_ids"),
    ("caller_ids", "+12125550100", "/caller_ids"),
    ("caller_ids", ["+12125550100", "anonymous"], "/caller_ids/1"),
    ("caller_ids", [12125550100], "/caller_ids/0"),
    ("purpose", "marketing", "/purpose"),
    ("purpose", "", "/purpose"),
    ("purpose", 1, "/purpose"),
    ("subject", "", "/subject"),
    ("subject", 5, "/subject"),
    ("voice", "robot", "/voice"),
    ("voice", ["tts"], "/voice"),
    ("starts_at", "tomorrow", "/starts_at"),
    ("starts_at", "2031-01-01T00:00:00", "/starts_at"),
    ("starts_at", 1893456000, "/starts_at"),
    ("ends_at", "2031-13-01T00:00:00Z", "/ends_at"),
    ("default_timezone", "Mars/Olympus", "/default_timezone"),
    ("default_timezone", 5, "/default_timezone"),
    ("keep_open", "true", "/keep_open"),
    ("keep_open", 1, "/keep_open"),
    ("pacing", [], "/pacing"),
    ("pacing", {"calls_per_second": 0}, "/pacing/calls_per_second"),
    ("pacing", {"calls_per_second": "fast"}, "/pacing/calls_per_second"),
    ("pacing", {"max_live_calls": 1.5}, "/pacing/max_live_calls"),
    ("pacing", {"weight": -1}, "/pacing/weight"),
    ("pacing", {"speed": 1}, "/pacing/speed"),
    ("calling_hours", {"always": False, "windows": []}, "/calling_hours/windows"),
    ("calling_hours", {"always": True, "because": "x", "timezone": "contact"}, "/calling_hours"),
    ("calling_hours", {"always": True}, "/calling_hours/because"),
    ("law", {"mode": "off"}, "/law/because"),
    ("law", {"packs": ["us-zz"]}, "/law/packs"),
    ("calling_hours", {"timezone": "Mars/Olympus"}, "/calling_hours/timezone"),
    (
        "calling_hours",
        {"windows": [{"days": ["moonday"], "start": "09:00", "end": "10:00"}]},
        "/calling_hours/windows/0/days",
    ),
    ("calling_hours", {"windows": [{"days": ["mon"], "start": "9", "end": "10:00"}]}, "/calling_hours/windows/0/start"),
    ("calling_hours", {"windows": [{"days": ["mon"], "start": "09:00"}]}, "/calling_hours/windows/0/end"),
    ("calling_hours", {"holidays": ["2031-02-30"]}, "/calling_hours/holidays/0"),
    ("retry", {"max_attempts": 0}, "/retry/max_attempts"),
    ("retry", {"max_attempts": "3"}, "/retry/max_attempts"),
    ("retry", {"on": {"asleep": {"after": "1m"}}}, "/retry/on/asleep"),
    ("retry", {"on": {"busy": {"after": "soon"}}}, "/retry/on/busy/after"),
    ("retry", {"on": {"busy": {"after": 600}}}, "/retry/on/busy/after"),
    ("retry", {"on": {"busy": {}}}, "/retry/on/busy/after"),
    ("retry", {"on": {"unknown": {"after": "1m"}}}, "/retry"),
    ("retry", {"on_outcome": {"misspelled": {"after": "1m"}}}, "/retry/on_outcome/misspelled"),
    ("number_gap", "2 hours", "/number_gap"),
    ("number_gap", "90d", "/number_gap"),
    ("caps", 3, "/caps"),
    ("caps", {"per_number_24h": 0}, "/caps/per_number_24h"),
    ("caps", {"per_number_24h": -1}, "/caps/per_number_24h"),
    ("caps", {"per_number_24h": "2"}, "/caps/per_number_24h"),
    ("caps", {"per_number_24h": 2.5}, "/caps/per_number_24h"),
    ("caps", {"per_number_24h": True}, "/caps/per_number_24h"),
    ("caps", {"per_number_24h": "off"}, "/caps/per_number_24h"),
    ("caps", {"per_number_24h": 4}, "/caps/per_number_24h"),
    ("caps", {"per_number_24h": 10**30}, "/caps/per_number_24h"),
    ("caps", {"per_caller_id_24h": 0}, "/caps/per_caller_id_24h"),
    ("caps", {"per_caller_id_24h": 5_001}, "/caps/per_caller_id_24h"),
    ("caps", {"per_day": 2}, "/caps/per_day"),
    ("caps", {"per_number_7d": 0}, "/caps/per_number_7d"),
    ("caps", {"per_number_7d": 8}, "/caps/per_number_7d"),
    ("caps", {"per_subject_24h": 1_001}, "/caps/per_subject_24h"),
    ("caps", {"per_subject_24h": "3"}, "/caps/per_subject_24h"),
    ("caps", {"min_gap": "0s"}, "/caps/min_gap"),
    ("caps", {"min_gap": "31d"}, "/caps/min_gap"),
    ("caps", {"min_gap": 7200}, "/caps/min_gap"),
    ("caps", {"rest_after_human": "a week"}, "/caps/rest_after_human"),
    ("caps", {"rest_after_human": "367d"}, "/caps/rest_after_human"),
    ("caps", {"rest_after_human": True}, "/caps/rest_after_human"),
    ("caps", {"rest_after_abandoned": "71h"}, "/caps/rest_after_abandoned"),
    ("caps", {"rest_after_abandoned": "0s"}, "/caps/rest_after_abandoned"),
    ("status", "running", "/status"),
]


@pytest.mark.parametrize(("field", "value", "pointer"), _WRONG)
def test_each_wrong_field_of_a_campaign_is_named(rest: Rest, field: str, value: object, pointer: str) -> None:
    document = {"name": "x", "flow": rest.flow()["id"], "caller_ids": [CALLER_ID], field: value}

    refused = rest.post("/v1/campaigns", document)

    found = pointers(refused)
    assert any(at == pointer or at.startswith(pointer + "/") for at in found), found
    assert rest.get("/v1/campaigns").json["data"] == []


def test_a_campaign_cannot_end_before_it_starts(rest: Rest) -> None:
    dates = {"starts_at": "2031-01-02T00:00:00Z", "ends_at": "2031-01-01T00:00:00Z"}

    refused = rest.post("/v1/campaigns", {"name": "x", "flow": "y", "caller_ids": [CALLER_ID], **dates})

    assert pointers(refused) == {"/ends_at": "ends_at"}


def test_campaigns_are_listed_newest_first_and_by_status(rest: Rest, services: Services) -> None:
    first, second = rest.campaign()["id"], rest.campaign()["id"]
    _set_status(services, first, "paused")

    listed = rest.get("/v1/campaigns").json["data"]
    paused = rest.get("/v1/campaigns?status=paused").json["data"]

    assert [campaign["id"] for campaign in listed] == [second, first]
    assert [campaign["id"] for campaign in paused] == [first]


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({"pacing": {"weight": 5}}, {"draft", "scheduled", "running", "paused"}),
        ({"ends_at": "2032-01-01T00:00:00Z"}, {"draft", "scheduled", "running", "paused", "completed"}),
        ({"retry": {"max_attempts": 1}}, {"draft", "scheduled", "running", "paused"}),
        ({"calling_hours": {"always": True, "because": "a test"}}, {"draft", "scheduled", "running", "paused"}),
        ({"caps": {"per_number_24h": 1}}, {"draft", "scheduled", "running", "paused"}),
        ({"caller_ids": ["+12125550199"]}, {"draft", "paused"}),
        ({"starts_at": "2031-06-01T00:00:00Z"}, {"draft", "scheduled", "paused"}),
    ],
)
def test_a_change_is_allowed_by_status(
    rest: Rest, services: Services, change: dict[str, Any], allowed: set[str]
) -> None:
    campaign = rest.campaign()["id"]
    answers = {}

    for status in ("draft", "scheduled", "running", "paused", "completed", "canceled"):
        _set_status(services, campaign, status)
        answers[status] = rest.patch(f"/v1/campaigns/{campaign}", change).status_code

    assert {status for status, code in answers.items() if code == 200} == allowed
    assert {code for code in answers.values() if code != 200} == {409}


def test_a_change_touches_only_what_it_names(rest: Rest) -> None:
    before = rest.campaign(ends_at="2031-01-01T00:00:00Z", retry={"max_attempts": 5})

    changed = rest.patch(f"/v1/campaigns/{before['id']}", {"ends_at": None, "number_gap": "1m"})

    assert changed.status_code == 200, changed.text
    assert changed.json == {**before, "ends_at": None, "number_gap": "1m"}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"pacing": None}, "/pacing"),
        ({"flow": "nowhere"}, "/flow"),
        ({"status": "running"}, "/status"),
        ({"id": "cmp_1"}, "/id"),
        ({"starts_at": "2033-01-01T00:00:00Z"}, "/ends_at"),
        ({"retry": {"on_outcome": {"misspelled": {"after": "1m"}}}}, "/retry/on_outcome/misspelled"),
        ({"number_gap": "x"}, "/number_gap"),
        ({"caps": None}, "/caps"),
        ({"caps": {"per_number_24h": 4}}, "/caps/per_number_24h"),
    ],
)
def test_a_wrong_change_names_its_field(rest: Rest, change: dict[str, Any], pointer: str) -> None:
    campaign = rest.campaign(ends_at="2032-01-01T00:00:00Z")

    refused = rest.patch(f"/v1/campaigns/{campaign['id']}", change)

    assert pointer in pointers(refused)
    assert rest.get(f"/v1/campaigns/{campaign['id']}").json["name"] == campaign["name"]


def test_a_flow_that_contacts_cannot_serve_is_refused(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, fresh_number())
    demanding = rest.flow(text=FLOW.replace("first_name: {{}}", "first_name: {{}}, doctor: {{}}"))
    harmless = rest.flow(text=FLOW.replace("Hello", "Good day"))

    refused = rest.patch(f"/v1/campaigns/{campaign}", {"flow": demanding["id"]})
    changed = rest.patch(f"/v1/campaigns/{campaign}", {"flow": harmless["id"]})

    assert pointers(refused) == {"/flow": "contacts_lack_inputs"}
    assert changed.json["flow"]["id"] == harmless["id"]


def test_a_default_timezone_frees_contacts_nobody_could_place(rest: Rest) -> None:
    campaign = rest.campaign(calling_hours={"timezone": "contact"})["id"]
    (contact,) = rest.contacts(campaign, "+18005550123")
    before = rest.get(f"/v1/contacts/{contact}").json

    rest.patch(f"/v1/campaigns/{campaign}", {"default_timezone": "America/Denver"})
    after = rest.get(f"/v1/contacts/{contact}").json

    assert (before["status"], before["reason"], before["until"]) == ("held", "zone_unknown", None)
    assert after["zone"] == "America/Denver" and after["reason"] != "zone_unknown"


def test_a_campaign_may_be_stricter_than_the_installation_and_never_laxer(rest: Rest) -> None:
    named = {"name": "x", "flow": rest.flow()["id"], "caller_ids": [CALLER_ID]}

    laxer = rest.post("/v1/campaigns", {**named, "caps": {"per_number_24h": 4}})
    stricter = rest.campaign(caps={"per_number_24h": 1, "per_caller_id_24h": 75})
    unsaid = rest.campaign(caps={"per_number_24h": None})

    assert pointers(laxer) == {"/caps/per_number_24h": "cap_loosened"}
    assert "at most 3" in laxer.text and "ORCHESTRATOR_CAP_PER_NUMBER_24H" in laxer.text
    nothing = dict.fromkeys(Caps.model_fields)
    assert stricter["caps"] == {**nothing, "per_number_24h": 1, "per_caller_id_24h": 75}
    assert unsaid["caps"] == rest.campaign()["caps"] == nothing


def test_guards_hold_by_default_and_are_loosened_with_a_reason_alone(rest: Rest) -> None:
    named = {"name": "x", "flow": rest.flow()["id"], "caller_ids": [CALLER_ID]}
    loosened = {"pause": None, "because": "measured by the client"}
    unsaid = dict.fromkeys(("abandon", "silence", "failures", "no_answers", "opt_outs"))

    silent = rest.campaign()
    refused = rest.post("/v1/campaigns", {**named, "guards": {"silence": {"pause": None}, "opt_outs": {"pause": 0.06}}})
    changed = rest.patch(f"/v1/campaigns/{silent['id']}", {"guards": {"silence": loosened}})
    taken = rest.patch(f"/v1/campaigns/{silent['id']}", {"guards": None})

    assert (silent["guards"], silent["spend"]) == (unsaid, None)
    assert pointers(refused) == dict.fromkeys(("/guards/silence/because", "/guards/opt_outs/because"), "because")
    assert "laxer than its default of 0.05" in refused.text
    assert (changed.json or {})["guards"] == {**unsaid, "silence": loosened}
    assert rest.get(f"/v1/campaigns/{silent['id']}").json["guards"] == {**unsaid, "silence": loosened}
    assert pointers(taken)


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"guards": []}, "/guards"),
        ({"guards": {"abandon": {"pause": 2, "because": "x"}}}, "/guards/abandon/pause"),
        ({"guards": {"abandon": {"pause": "3 %"}}}, "/guards/abandon/pause"),
        ({"guards": {"abandon": {"warn": 0}}}, "/guards/abandon/warn"),
        ({"guards": {"failures": {"because": 7}}}, "/guards/failures/because"),
        ({"guards": {"noise": {}}}, "/guards/noise"),
        ({"spend": "5"}, "/spend"),
        ({"spend": {}}, "/spend"),
        ({"spend": {"total": 5}}, "/spend/total"),
        ({"spend": {"per_day": "5,00"}}, "/spend/per_day"),
        ({"spend": {"total": "5", "currency": "$"}}, "/spend/currency"),
        ({"spend": {"total": "5", "per_week": "5"}}, "/spend/per_week"),
    ],
)
def test_guards_and_budgets_that_are_written_wrongly_are_refused_by_name(
    rest: Rest, document: dict[str, Any], pointer: str
) -> None:
    campaign = rest.campaign()
    named = {"name": "x", "flow": campaign["flow"]["id"], "caller_ids": [CALLER_ID]}

    created = rest.post("/v1/campaigns", {**named, **document})
    changed = rest.patch(f"/v1/campaigns/{campaign['id']}", document)

    assert (list(pointers(created)), list(pointers(changed))) == ([pointer], [pointer])


def test_a_budget_is_kept_as_it_was_written_and_taken_away_by_null(rest: Rest) -> None:
    budget = {"per_day": "25.50", "total": "1000", "currency": "USD"}

    campaign = rest.campaign(spend={"per_day": "25.50", "total": "1000"})
    without = rest.patch(f"/v1/campaigns/{campaign['id']}", {"spend": None})

    assert campaign["spend"] == budget
    assert (without.json or {})["spend"] is None


def test_creating_a_campaign_again_under_its_key_makes_no_second_one(rest: Rest) -> None:
    document = {"name": "x", "flow": rest.flow()["id"], "caller_ids": [CALLER_ID]}
    key = {"Idempotency-Key": "spring-2031"}

    first = rest.post("/v1/campaigns", document, headers=key)
    again = rest.post("/v1/campaigns", document, headers=key)

    assert again.status_code == 201 and again.json == first.json
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(rest.get("/v1/campaigns").json["data"]) == 1


HASTY = FLOW.replace("\nstart: greet", "\ndial: {{timeout_secs: 14}}\nstart: greet")
PATIENT = HASTY.replace("14", "15")


def test_a_campaign_whose_flow_rings_for_less_than_15_seconds_is_refused(rest: Rest) -> None:
    document = {"name": "x", "caller_ids": [CALLER_ID]}

    refused = rest.post("/v1/campaigns", document | {"flow": rest.flow(text=HASTY)["id"]})
    accepted = rest.post("/v1/campaigns", document | {"flow": rest.flow(text=PATIENT)["id"]})

    assert pointers(refused) == {"/flow": "ring_floor"}
    [error] = (refused.json or {})["errors"]
    assert error["detail"] == "it gives up after ringing for 14 s; dial.timeout_secs must be at least 15"
    assert (refused.json or {})["detail"] == "1 problem; see errors."
    assert accepted.status_code == 201


def test_a_campaign_is_not_moved_to_a_flow_that_rings_for_less_than_15_seconds(rest: Rest) -> None:
    campaign = rest.campaign()

    refused = rest.patch(f"/v1/campaigns/{campaign['id']}", {"flow": rest.flow(text=HASTY)["id"]})

    assert pointers(refused) == {"/flow": "ring_floor"}
    assert rest.get(f"/v1/campaigns/{campaign['id']}").json["flow"] == campaign["flow"]


def test_the_law_and_the_reasons_for_going_around_it_are_given_back(rest: Rest, services: Services) -> None:
    law = {"mode": "warn", "packs": ["us-fl"], "because": "a trial of one week"}
    hours = {"always": True, "because": "our own staff"}

    default = rest.campaign(law={})
    campaign = rest.campaign(law=law, calling_hours=hours)
    obeyed = rest.patch(f"/v1/campaigns/{campaign['id']}", {"law": {}}).json or {}
    refused = rest.patch(f"/v1/campaigns/{campaign['id']}", {"law": {"mode": "off"}})

    assert default["law"] == {"mode": "enforce", "packs": "auto", "because": None}
    assert (campaign["law"], campaign["calling_hours"]) == (law, hours)
    assert (obeyed["law"], obeyed["calling_hours"]) == (default["law"], hours)
    assert pointers(refused) == {"/law/because": "because"}
    with services.sql.connect() as tx:  # the version before reads no more in these hours than it knows
        stored = text("SELECT calling_hours FROM campaigns WHERE id = :id")
        assert tx.execute(stored, {"id": campaign["id"]}).scalar_one() == {"always": True}


def test_a_campaign_of_the_release_before_goes_on_with_the_flow_it_has(rest: Rest, services: Services) -> None:
    campaign, hasty = rest.campaign()["id"], rest.flow(text=HASTY)["id"]
    rest.contacts(campaign, fresh_number())
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE campaigns SET flow_id = :flow"), {"flow": hasty})

    started = rest.post(f"/v1/campaigns/{campaign}/start", {"accept": ["ring_floor"]})
    changed = rest.patch(f"/v1/campaigns/{campaign}", {"pacing": {"weight": 2}})

    assert (started.status_code, changed.status_code) == (200, 200)
    assert changed.json["flow"]["id"] == hasty
