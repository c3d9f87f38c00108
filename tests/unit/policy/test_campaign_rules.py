"""The documents that create and change a campaign: what they mean and which field is told when they are wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.errors import InvalidInput
from orchestrator.model.disposition import Disposition
from orchestrator.policy.campaign_rules import CallingHours, CampaignChanges, NewCampaign
from orchestrator.policy.field_errors import parse_model
from orchestrator.policy.law.law_mode import LawMode
from orchestrator.policy.law.setting import LawSetting, stored_setting
from orchestrator.policy.weekly_hours import WEEK, Day, stored_hours

SMALLEST: dict[str, Any] = {"name": "Reminders", "flow": "appointment-reminder", "caller_ids": ["+12125550100"]}
FULL: dict[str, Any] = SMALLEST | {
    "law": {"mode": "warn", "packs": ["debt-us"], "because": "a trial of one week"},
    "starts_at": "2027-01-04T09:00:00-05:00",
    "ends_at": "2027-02-01T00:00:00Z",
    "allow_number_kinds": ["premium"],
    "consent": {"require": "none"},
    "on_opt_out": "hangup",
    "default_timezone": "America/Chicago",
    "keep_open": True,
    "pacing": {"calls_per_second": 2.5, "max_live_calls": 40, "weight": 3},
    "calling_hours": {
        "timezone": "contact",
        "windows": [
            {"days": ["mon", "tue"], "start": "09:00", "end": "12:30"},
            {"days": ["fri"], "start": "22:00", "end": "02:00"},
        ],
        "holidays": ["2027-01-18"],
    },
    "retry": {
        "max_attempts": 3,
        "on": {"busy": {"after": "10m"}, "no_answer": {"after": "3h"}, "machine": {"after": "1d"}},
        "on_outcome": {"heard": {"after": ["2m", "5m"], "at_most": 20}},
    },
    "number_gap": "2h",
    "guards": {"abandon": {"warn": 0.01, "pause": 0.03}},
    "caps": {"per_number_24h": 2, "per_caller_id_24h": 75},
    "lists": {"suppress": ["global", "x"], "registry": ["us-national"], "allow": "agreed", "reassigned": ["rnd"]},
    "variables": {"offer": "two for one", "floor": 3, "share": 0.5, "open": True},
    "tags": ["spring", "b2b"],
    "description": "For the shops.\nAsk Ann.",
}


def wrong_fields(document: dict[str, Any], model: type[NewCampaign | CampaignChanges] = NewCampaign) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        parse_model(model, document)
    return {error["pointer"]: error["code"] for error in refused.value.errors}


def test_the_smallest_campaign_has_careful_defaults() -> None:
    campaign = parse_model(NewCampaign, SMALLEST)

    assert campaign.retry.max_attempts == 3
    assert set(campaign.retry.on) == {Disposition.BUSY, Disposition.NO_ANSWER, Disposition.MACHINE}
    assert campaign.number_gap == timedelta(hours=2)
    assert campaign.calling_hours.timezone == "contact"
    assert [(w.days, w.start, w.end) for w in campaign.calling_hours.windows] == [(WEEK[:6], "09:00", "20:00")]
    assert campaign.pacing.weight == 1
    assert not campaign.keep_open


def test_a_full_campaign_is_read_and_written_back_as_it_was() -> None:
    campaign = parse_model(NewCampaign, FULL)

    written = campaign.model_dump(mode="json", exclude_none=True)

    assert written == FULL | {"starts_at": "2027-01-04T14:00:00.000Z", "ends_at": "2027-02-01T00:00:00.000Z"}
    assert NewCampaign.model_validate(written) == campaign
    assert NewCampaign.model_validate_json(campaign.model_dump_json()) == campaign


def test_always_is_written_with_its_reason_alone() -> None:
    written = {"always": True, "because": "our own staff"}

    assert CallingHours.model_validate(written).model_dump(mode="json") == written


def test_hours_that_a_release_before_stored_without_a_reason_are_read() -> None:
    assert stored_hours({"always": True}).model_dump(mode="json") == {"always": True}
    assert stored_hours(stored_hours({"always": True})) == stored_hours({"always": True})


def test_the_law_is_enforced_unless_a_campaign_says_why_not() -> None:
    assert parse_model(NewCampaign, SMALLEST).law == LawSetting(mode=LawMode.ENFORCE, packs="auto")
    assert stored_setting(None) == LawSetting()
    said = {"mode": "off", "packs": ["us", "us-fl"], "because": "our own staff"}
    assert LawSetting.model_validate(said).model_dump(mode="json") == said


def test_a_pack_that_a_later_release_has_no_more_is_still_read_from_the_store() -> None:
    assert stored_setting({"packs": ["us-zz"]}).more_packs == ("us-zz",)


@pytest.mark.parametrize("days", [["mon-sat"], "mon-sat", ["Monday", "tue", "WED", "thu", "fri", "sat"], "mon,tue-sat"])
def test_days_may_be_named_or_spanned(days: object) -> None:
    hours = CallingHours.model_validate({"windows": [{"days": days, "start": "09:00", "end": "20:00"}]})

    assert hours.windows[0].days == WEEK[:6]


def test_a_span_of_days_may_cross_the_weekend() -> None:
    hours = CallingHours.model_validate({"windows": [{"days": "fri-mon", "start": "09:00", "end": "20:00"}]})

    assert hours.windows[0].days == (Day.MON, Day.FRI, Day.SAT, Day.SUN)


def test_every_missing_field_is_told_at_once() -> None:
    assert wrong_fields({}) == {"/name": "required", "/flow": "required"}


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"nmae": "x"}, "/nmae", "unknown_field"),
        ({"name": "  "}, "/name", "string_too_short"),
        ({"name": "a\x00b"}, "/name", "nul"),
        ({"name": "a\u202eb"}, "/name", "bad_character"),
        ({"name": 7}, "/name", "string_type"),
        ({"flow": None}, "/flow", "string_type"),
        ({"caller_ids": []}, "/caller_ids", "caller_ids"),
        ({"caller_ids": "+12125550100"}, "/caller_ids", "tuple_type"),
        ({"caller_ids": ["+12125550100", "2125550100"]}, "/caller_ids/1", "caller_id"),
        ({"caller_ids": [12125550100]}, "/caller_ids/0", "caller_id"),
        ({"starts_at": "2027-01-04T09:00:00"}, "/starts_at", "moment"),
        ({"starts_at": 1_800_000_000}, "/starts_at", "moment"),
        ({"ends_at": "2027-02-30T09:00:00Z"}, "/ends_at", "moment"),
        ({"starts_at": "2027-01-04T09:00:00Z", "ends_at": "2027-01-04T09:00:00Z"}, "", "ends_at"),
        ({"default_timezone": "Etc/Unknown"}, "/default_timezone", "unknown_zone"),
        ({"default_timezone": "contact"}, "/default_timezone", "unknown_zone"),
        ({"keep_open": "no"}, "/keep_open", "bool_type"),
        ({"pacing": {"calls_per_second": 0}}, "/pacing/calls_per_second", "greater_than_equal"),
        ({"pacing": {"calls_per_second": float("nan")}}, "/pacing/calls_per_second", "finite_number"),
        ({"pacing": {"calls_per_second": "3"}}, "/pacing/calls_per_second", "float_type"),
        ({"pacing": {"max_live_calls": 0}}, "/pacing/max_live_calls", "greater_than_equal"),
        ({"pacing": {"max_live_calls": True}}, "/pacing/max_live_calls", "int_type"),
        ({"pacing": {"weight": 0}}, "/pacing/weight", "greater_than_equal"),
        ({"pacing": {"cps": 1}}, "/pacing/cps", "unknown_field"),
        ({"calling_hours": {"always": True, "because": "x", "timezone": "contact"}}, "/calling_hours", "always"),
        ({"calling_hours": {"always": True}}, "/calling_hours/because", "because"),
        ({"calling_hours": {"always": True, "because": " "}}, "/calling_hours/because", "string_too_short"),
        ({"calling_hours": {"always": True, "because": "x" * 501}}, "/calling_hours/because", "string_too_long"),
        ({"calling_hours": {"always": True, "because": "\u202e"}}, "/calling_hours/because", "bad_character"),
        ({"calling_hours": {"because": "never on Sundays"}}, "/calling_hours/because", "because"),
        ({"law": {"mode": "off"}}, "/law/because", "because"),
        ({"law": {"mode": "warn", "because": ""}}, "/law/because", "string_too_short"),
        ({"law": {"mode": "off", "because": 1}}, "/law/because", "string_type"),
        ({"law": {"mode": "never", "because": "x"}}, "/law/mode", "enum"),
        ({"law": {"packs": ["us", "us-zz"]}}, "/law/packs", "unknown_pack"),
        ({"law": {"packs": "us"}}, "/law/packs", "packs"),
        ({"law": {"packs": [1]}}, "/law/packs", "packs"),
        ({"law": {"pack": ["us"]}}, "/law/pack", "unknown_field"),
        ({"law": "off"}, "/law", "model_type"),
        ({"calling_hours": {"timezone": "Mars/Olympus"}}, "/calling_hours/timezone", "unknown_zone"),
        ({"calling_hours": {"windows": []}}, "/calling_hours/windows", "windows"),
        ({"calling_hours": {"holidays": [20270118]}}, "/calling_hours/holidays/0", "date"),
        ({"calling_hours": {"holidays": ["2027-02-30"]}}, "/calling_hours/holidays/0", "date_from_datetime_parsing"),
        ({"retry": {"max_attempts": 0}}, "/retry/max_attempts", "greater_than_equal"),
        ({"retry": {"on": {"bussy": {"after": "1m"}}}}, "/retry/on/bussy", "enum"),
        ({"retry": {"on": {"busy": {}}}}, "/retry/on/busy/after", "required"),
        ({"retry": {"on": {"busy": {"after": "soon"}}}}, "/retry/on/busy/after", "duration"),
        ({"retry": {"on": {"busy": {"after": []}}}}, "/retry/on/busy/after", "delays"),
        ({"retry": {"on": {"unknown": {"after": "1m"}}}}, "/retry", "unknown_is_final"),
        (
            {"retry": {"on_outcome": {"heard": {"after": "2m", "at_most": 0}}}},
            "/retry/on_outcome/heard/at_most",
            "greater_than_equal",
        ),
        ({"caller_ids": ["+19005551212"]}, "/caller_ids/0", "number_kind"),
        ({"number_gap": 7200}, "/number_gap", "duration"),
        ({"number_gap": "31d"}, "/number_gap", "number_gap"),
    ],
)
def test_a_wrong_field_is_told_by_its_place(change: dict[str, Any], pointer: str, code: str) -> None:
    assert wrong_fields(SMALLEST | change) == {pointer: code}


@pytest.mark.parametrize(
    ("window", "pointer"),
    [
        ({"days": [], "start": "09:00", "end": "10:00"}, "/days"),
        ({"days": ["someday"], "start": "09:00", "end": "10:00"}, "/days"),
        ({"days": ["mon"], "start": "9:00", "end": "10:00"}, "/start"),
        ({"days": ["mon"], "start": "09:00", "end": "25:00"}, "/end"),
        ({"days": ["mon"], "start": 540, "end": "10:00"}, "/start"),
        ({"days": ["mon"], "start": "09:00", "end": "09:00"}, ""),
        ({"days": ["mon"], "start": "24:00", "end": "09:00"}, ""),
        ({"days": ["mon"], "start": "09:00"}, "/end"),
    ],
)
def test_a_wrong_window_is_told_by_its_place(window: dict[str, Any], pointer: str) -> None:
    document = SMALLEST | {"calling_hours": {"windows": [window]}}

    assert list(wrong_fields(document)) == ["/calling_hours/windows/0" + pointer]


def test_a_pointer_stands_under_the_place_the_document_came_from() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_model(NewCampaign, SMALLEST | {"a/b~c": 1}, at="/campaigns/0")

    assert [error["pointer"] for error in refused.value.errors] == ["/campaigns/0/a~1b~0c"]


def test_a_caller_id_named_twice_counts_once() -> None:
    campaign = parse_model(NewCampaign, SMALLEST | {"caller_ids": ["+12125550100", "+1 212 555 0100"]})

    assert campaign.caller_ids == ("+12125550100",)


def test_a_change_names_what_it_changes_and_what_needs_the_campaign_at_rest() -> None:
    change = parse_model(CampaignChanges, {"ends_at": None, "flow": "other", "pacing": {"weight": 2}})

    assert change.model_fields_set == {"ends_at", "flow", "pacing"}
    assert change.pacing is not None
    assert change.pacing.model_fields_set == {"weight"}
    assert change.at_rest_only == ["flow"]


@pytest.mark.parametrize("field", ["retry", "pacing", "flow", "number_gap", "calling_hours"])
def test_only_dates_and_the_default_zone_can_be_taken_away(field: str) -> None:
    assert wrong_fields({field: None}, CampaignChanges) == {"": field}


def test_outcomes_the_flow_never_declares_are_found() -> None:
    campaign = parse_model(NewCampaign, FULL)

    assert campaign.retry.outcomes_not_in(["heard", "confirmed"]) == []
    assert campaign.retry.outcomes_not_in(["confirmed"]) == ["heard"]


def test_the_most_attempts_are_the_largest_limit_and_never_a_sum() -> None:
    assert parse_model(NewCampaign, FULL).retry.most_attempts == 20
    assert parse_model(NewCampaign, SMALLEST).retry.most_attempts == 3


def test_times_are_kept_in_utc() -> None:
    assert parse_model(NewCampaign, FULL).starts_at == datetime(2027, 1, 4, 14, tzinfo=UTC)
