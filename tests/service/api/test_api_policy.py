"""What holds for every campaign is read and changed over REST, and holds at once in every process."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.policy.caps import DEFAULT_CAPS, Caps
from orchestrator.services import Services
from orchestrator.store.sql.installation_policy import caps_in_force
from tests.support.rest import CALLER_ID, Rest, pointers

NOTHING = dict.fromkeys(Caps.model_fields)
BY_DEFAULT = {**NOTHING, "per_number_24h": 3, "per_number_7d": 7, "rest_after_abandoned": "3d"}
REASON = {"because": "the works council asked for it"}


def in_force(services: Services) -> Caps:
    with services.sql.connect() as tx:
        return caps_in_force(tx, services.caps)


def test_a_gap_that_nobody_set_is_not_in_force_and_the_default_of_campaigns_stands_beside_it(rest: Rest) -> None:
    shown = rest.get("/v1/policy").json

    assert shown == {
        "caps": BY_DEFAULT,
        "default_number_gap": "2h",
        "said": NOTHING,
        "settings": BY_DEFAULT,
        "retention": {**dict.fromkeys(("contacts", "recordings", "calls", "consents")), "opt_outs": "forever"},
        "changes": [],
    }


def test_the_gap_that_somebody_set_is_that_of_campaigns_that_say_none(rest: Rest) -> None:
    changed = rest.patch("/v1/policy", {"caps": {"min_gap": "3h"}, **REASON}).json

    assert changed and (changed["caps"]["min_gap"], changed["default_number_gap"]) == ("3h", "3h")
    assert rest.campaign()["number_gap"] == "3h"


def test_a_change_holds_at_once_and_keeps_what_is_not_named(rest: Rest, services: Services) -> None:
    rest.patch("/v1/policy", {"caps": {"per_number_24h": 2, "rest_after_human": "7d"}, **REASON})
    changed = rest.patch("/v1/policy", {"caps": {"per_number_24h": 1}, **REASON, "by": "anna"})

    assert changed.status_code == 200
    caps = (changed.json or {})["caps"]
    assert (caps["per_number_24h"], caps["rest_after_human"], caps["per_number_7d"]) == (1, "7d", 7)
    assert in_force(services).per_number_24h == 1


def test_what_was_changed_by_whom_and_why_is_kept(rest: Rest) -> None:
    rest.patch("/v1/policy", {"caps": {"per_number_24h": 2}, **REASON})
    rest.patch("/v1/policy", {"caps": {"per_number_24h": None}, "because": "a trial is over", "by": "anna"})

    changes = (rest.get("/v1/policy").json or {})["changes"]

    assert [(each["because"], each["by"], each["changes"]) for each in changes] == [
        ("a trial is over", "anna", {"caps": {"per_number_24h": None}}),
        (REASON["because"], "api", {"caps": {"per_number_24h": 2}}),
    ]
    assert all(each["at"].endswith("Z") for each in changes)


def test_null_takes_back_what_was_said(rest: Rest, services: Services) -> None:
    rest.patch("/v1/policy", {"caps": {"per_number_24h": 2}, **REASON})
    rest.patch("/v1/policy", {"caps": {"per_number_24h": None}, **REASON})

    assert in_force(services) == DEFAULT_CAPS


def test_a_change_without_caps_is_kept_and_changes_nothing(rest: Rest, services: Services) -> None:
    changed = rest.patch("/v1/policy", REASON)

    assert changed.status_code == 200 and in_force(services) == DEFAULT_CAPS


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({}, "/because"),
        ({"because": ""}, "/because"),
        ({"because": "  "}, "/because"),
        ({"because": "x" * 501}, "/because"),
        ({"because": 7}, "/because"),
        ({"because": "a\u202eb"}, "/because"),
        ({**REASON, "by": ""}, "/by"),
        ({**REASON, "caps": None}, "/caps"),
        ({**REASON, "caps": 3}, "/caps"),
        ({**REASON, "caps": {"per_day": 3}}, "/caps/per_day"),
        ({**REASON, "caps": {"per_number_24h": 0}}, "/caps/per_number_24h"),
        ({**REASON, "caps": {"per_number_7d": "7"}}, "/caps/per_number_7d"),
        ({**REASON, "caps": {"rest_after_human": 7}}, "/caps/rest_after_human"),
        ({**REASON, "caps": {"min_gap": "0s"}}, "/caps/min_gap"),
        ({**REASON, "retry": {}}, "/retry"),
    ],
)
def test_a_wrong_change_names_its_field_and_changes_nothing(rest: Rest, change: dict[str, Any], pointer: str) -> None:
    before = rest.get("/v1/policy").json

    refused = rest.patch("/v1/policy", change)

    assert refused.status_code == 422 and pointer in pointers(refused)
    assert rest.get("/v1/policy").json == before


@pytest.mark.parametrize(
    ("name", "laxer"), [("per_number_24h", 4), ("per_number_7d", 8), ("rest_after_abandoned", "71h")]
)
def test_nothing_is_laxer_than_the_environment(rest: Rest, name: str, laxer: object) -> None:
    refused = rest.patch("/v1/policy", {"caps": {name: laxer}, **REASON})

    assert pointers(refused) == {f"/caps/{name}": "cap_loosened"}
    assert f"ORCHESTRATOR_CAP_{name.upper()}" in refused.text


def test_where_the_environment_says_nothing_anything_may_be_said(rest: Rest, services: Services) -> None:
    said = {"per_subject_24h": 3, "rest_after_human": "7d", "min_gap": "4h", "per_caller_id_24h": 75}

    changed = rest.patch("/v1/policy", {"caps": said, **REASON})

    caps = (changed.json or {})["caps"]
    assert {name: caps[name] for name in said} == said


def test_a_campaign_may_be_stricter_than_what_was_said_and_never_laxer(rest: Rest) -> None:
    rest.patch("/v1/policy", {"caps": {"per_number_24h": 2, "rest_after_human": "7d", "min_gap": "4h"}, **REASON})
    named = {"name": "x", "flow": rest.flow()["id"], "caller_ids": [CALLER_ID]}

    laxer = rest.post(
        "/v1/campaigns", {**named, "caps": {"per_number_24h": 3, "rest_after_human": "6d", "min_gap": "3h"}}
    )
    stricter = rest.campaign(caps={"per_number_24h": 1, "rest_after_human": "8d", "min_gap": "5h"})
    changed = rest.patch(f"/v1/campaigns/{stricter['id']}", {"caps": {"per_number_24h": 3}})

    loosened = dict.fromkeys(("/caps/per_number_24h", "/caps/rest_after_human", "/caps/min_gap"), "cap_loosened")
    assert pointers(laxer) == loosened
    assert pointers(changed) == {"/caps/per_number_24h": "cap_loosened"}


def test_the_least_gap_is_the_gap_of_a_campaign_that_says_none(rest: Rest) -> None:
    before = rest.campaign()["number_gap"]
    rest.patch("/v1/policy", {"caps": {"min_gap": "30m"}, **REASON})

    assert (before, rest.campaign()["number_gap"], rest.campaign(number_gap="1m")["number_gap"]) == ("2h", "30m", "1m")


@pytest.mark.parametrize("purpose", ["internal", "emergency"])
def test_a_campaign_without_caps_has_no_gap_unless_it_says_one(rest: Rest, purpose: str) -> None:
    assert rest.campaign(purpose=purpose)["number_gap"] == "0s"
    assert rest.campaign(purpose=purpose, number_gap="5m")["number_gap"] == "5m"


def test_how_long_data_is_kept_is_said_part_by_part_and_taken_back(rest: Rest) -> None:
    rest.patch("/v1/policy", {"retention": {"contacts": "90d", "calls": "5y"}, **REASON})
    changed = rest.patch(
        "/v1/policy", {"retention": {"calls": None, "consents": "5y after revoke", "opt_outs": "forever"}, **REASON}
    )

    kept = {"contacts": "90d", "recordings": None, "calls": None, "consents": "5y after revoke", "opt_outs": "forever"}
    assert (changed.json or {})["retention"] == kept
    assert (changed.json or {})["changes"][1]["changes"] == {"retention": {"contacts": "90d", "calls": "5y"}}


@pytest.mark.parametrize(
    ("retention", "pointer"),
    [
        (None, "/retention"),
        ({"contacts": "90"}, "/retention/contacts"),
        ({"contacts": 90}, "/retention/contacts"),
        ({"contacts": "0d"}, "/retention/contacts"),
        ({"contacts": "12h"}, "/retention/contacts"),
        ({"contacts": "-1d"}, "/retention/contacts"),
        ({"contacts": "101y"}, "/retention/contacts"),
        ({"recordings": "forever"}, "/retention/recordings"),
        ({"calls": "5y after revoke"}, "/retention/calls"),
        ({"consents": "5y"}, "/retention/consents"),
        ({"consents": " after revoke"}, "/retention/consents"),
        ({"opt_outs": "5y"}, "/retention/opt_outs"),
        ({"opt_outs": None}, "/retention/opt_outs"),
        ({"flows": "5y"}, "/retention/flows"),
    ],
)
def test_what_is_said_wrongly_of_retention_is_named(rest: Rest, retention: Any, pointer: str) -> None:
    before = rest.get("/v1/policy").json

    assert pointer in pointers(rest.patch("/v1/policy", {"retention": retention, **REASON}))
    assert rest.get("/v1/policy").json == before
