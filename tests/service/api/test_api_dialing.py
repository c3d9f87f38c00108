"""While somebody has stopped all dialing, whoever looks is told who, when and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from orchestrator.cli.app import app
from orchestrator.doctor.check_services import check_dialing
from orchestrator.doctor.findings import Verdict
from orchestrator.services import Services
from orchestrator.settings import Settings
from tests.support.api_over_http import options_for
from tests.support.rest import Rest, fresh_number, pointers

PLAIN = CliRunner(env={"NO_COLOR": "1", "TERM": "dumb"})
WORDS = {"reason": "wrong list", "by": "anna"}
OLD = {"{}": None, '{"reason": "stopped over the API", "at": "2026-11-01T08:00:00.000Z"}': "2026-11-01T08:00:00.000Z"}


def _stop(rest: Rest) -> dict[str, Any]:
    stopped = rest.post("/v1/dialing/stop", WORDS)
    assert stopped.status_code == 200, stopped.text
    return dict(stopped.json or {})


def _campaign(rest: Rest, **changes: Any) -> str:
    campaign: str = rest.campaign(**changes)["id"]
    rest.contacts(campaign, fresh_number())
    return campaign


def _json(rest: Rest, path: str) -> dict[str, Any]:
    return dict(rest.get(path).json or {})


def _keep(services: Services, kept: str) -> None:
    with services.sql.begin() as tx:
        stop = (
            "INSERT INTO installation (id, dialing_stopped) VALUES (1, CAST(:kept AS jsonb)) "
            "ON CONFLICT (id) DO UPDATE SET dialing_stopped = excluded.dialing_stopped"
        )
        tx.execute(text(stop), {"kept": kept})


@pytest.fixture
def cli(rest: Rest) -> Iterator[Any]:
    """Return the command line, with this API behind it."""
    with options_for(rest) as options:

        def run(group: str, *words: str) -> str:
            ran = PLAIN.invoke(app, [group, *options, *words])
            assert ran.exit_code == 0, ran.output
            return ran.output

        yield run


def test_dialing_says_who_stopped_it_when_and_why(rest: Rest) -> None:
    before, stopped, during = _json(rest, "/v1/dialing"), _stop(rest), _json(rest, "/v1/dialing")
    resumed = rest.post("/v1/dialing/resume").json or {}

    assert (before["stopped"], before["since"], before["by"], before["reason"]) == (False, None, None, None)
    assert (during["stopped"], during["by"], during["reason"]) == (True, "anna", "wrong list")
    assert during == {**stopped, "in_flight": None} and during["since"].endswith("Z")
    assert (resumed["stopped"], resumed["since"]) == (False, None) and _json(rest, "/v1/dialing") == resumed


def test_a_second_stop_keeps_the_words_of_the_first(rest: Rest) -> None:
    first = _stop(rest)

    second = rest.post("/v1/dialing/stop", {"reason": "me too", "by": "bert"}).json

    assert second == first


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"data": ""},
        {"json": {}},
        {"data": b"", "content_type": "application/json"},
        {"data": b"", "content_type": "application/x-www-form-urlencoded"},
    ],
    ids=["nothing", "empty", "an object", "empty JSON", "an empty form"],
)
def test_a_stop_needs_no_words(rest: Rest, request_: dict[str, Any]) -> None:
    stopped = rest.request("POST", "/v1/dialing/stop", **request_)

    assert stopped.status_code == 200, stopped.text
    assert _json(rest, "/v1/dialing") | {"since": ""} == {
        "status": "stopped",
        "stopped": True,
        "since": "",
        "by": "api",
        "reason": "no reason was given",
        "in_flight": None,
    }


@pytest.mark.parametrize(
    ("document", "pointer"),
    [({"reason": ""}, "/reason"), ({"reason": "x" * 201}, "/reason"), ({"by": 7}, "/by"), ({"why": "x"}, "/why")],
)
def test_each_wrong_word_of_a_stop_is_named(rest: Rest, document: dict[str, Any], pointer: str) -> None:
    assert list(pointers(rest.post("/v1/dialing/stop", document))) == [pointer]


def test_every_campaign_that_would_dial_says_who_stopped_it_when_and_why(rest: Rest) -> None:
    campaign, paused = _campaign(rest), _campaign(rest)
    rest.post(f"/v1/campaigns/{paused}/start")
    rest.post(f"/v1/campaigns/{paused}/pause")
    stopped = _stop(rest)

    answers = [
        _json(rest, f"/v1/campaigns/{campaign}"),
        dict(rest.post(f"/v1/campaigns/{campaign}/start").json or {}),
        _json(rest, f"/v1/campaigns/{campaign}"),
        _json(rest, f"/v1/campaigns/{campaign}/stats"),
        dict(rest.patch(f"/v1/campaigns/{campaign}", {"default_timezone": "America/New_York"}).json or {}),
        dict(rest.post(f"/v1/campaigns/{paused}/resume").json or {}),
        *[one for one in _json(rest, "/v1/campaigns")["data"] if one["id"] == campaign],
        rest.campaign(),
    ]

    assert len(answers) == 8
    for reason in (answer["status_reason"] for answer in answers):
        assert (reason["code"], reason["at"]) == ("dialing_stopped", stopped["since"])
        assert "by anna: wrong list" in reason["detail"] and stopped["since"] in reason["detail"]


def test_a_campaign_that_is_paused_or_over_keeps_its_own_reason(rest: Rest) -> None:
    paused, over = _campaign(rest), _campaign(rest)
    rest.post(f"/v1/campaigns/{paused}/start")
    rest.post(f"/v1/campaigns/{paused}/pause")
    rest.post(f"/v1/campaigns/{over}/cancel")

    _stop(rest)

    assert _json(rest, f"/v1/campaigns/{paused}")["status_reason"]["code"] == "paused_by_user"
    assert _json(rest, f"/v1/campaigns/{over}")["status_reason"] is None


def test_who_is_due_waits_for_the_stop_to_end(rest: Rest) -> None:
    campaign = _campaign(rest)
    rest.post(f"/v1/campaigns/{campaign}/start")
    _stop(rest)

    [contact] = _json(rest, f"/v1/contacts?campaign_id={campaign}")["data"]
    waits_for = _json(rest, f"/v1/campaigns/{campaign}")["waits_for"]
    rest.post("/v1/dialing/resume")
    [goes_on] = _json(rest, f"/v1/contacts?campaign_id={campaign}")["data"]

    assert (contact["status"], contact["reason"], contact["until"]) == ("waiting", "dialing_stopped", None)
    assert (waits_for["code"], waits_for["until"]) == ("dialing_stopped", None)
    for told in (contact["reason_detail"], waits_for["detail"]):
        assert "by anna: wrong list" in told
    assert goes_on["reason"] != "dialing_stopped"
    assert _json(rest, f"/v1/campaigns/{campaign}")["status_reason"] is None


def test_a_single_call_is_refused_with_the_words_of_the_stop(rest: Rest) -> None:
    _stop(rest)

    wanted = {"to": fresh_number(), "ignore_hours": True, "because": "a test"}
    refused = rest.post("/v1/calls", wanted, headers={"Idempotency-Key": "stopped-1"})

    assert refused.status_code == 409 and (refused.json or {})["code"] == "dialing_stopped"
    assert "by anna: wrong list" in (refused.json or {})["detail"]


def test_readiness_warns_of_a_stop_and_traffic_is_not_cut(rest: Rest) -> None:
    before = rest.get("/readyz").status_code
    _stop(rest)

    checks = {check["name"]: check for check in _json(rest, "/readyz")["checks"]}

    assert rest.get("/readyz").status_code == before
    assert (checks["dialing"]["ok"], checks["dialing"]["is_vital"]) == (False, False)
    assert "by anna: wrong list" in checks["dialing"]["remedy"]


def test_a_stop_is_measured(rest: Rest) -> None:
    before = rest.get("/metrics").text
    _stop(rest)

    assert "\norchestrator_dialing_stopped 0.0" in before
    assert "\norchestrator_dialing_stopped 1.0" in rest.get("/metrics").text


def test_the_doctor_says_that_nobody_is_called(rest: Rest, settings: Settings) -> None:
    before = check_dialing(settings)
    _stop(rest)
    after = check_dialing(settings)

    assert (before.verdict, after.verdict) == (Verdict.GOOD, Verdict.BAD)
    assert "by anna: wrong list" in after.detail and "dialing resume" in after.remedy


@pytest.mark.parametrize(("kept", "since"), list(OLD.items()))
def test_a_stop_of_the_release_before_is_a_stop_and_obeyed_at_the_send(
    rest: Rest, services: Services, kept: str, since: str | None
) -> None:
    campaign = _campaign(rest)
    _keep(services, kept)

    shown = _json(rest, "/v1/dialing")
    started = rest.post(f"/v1/campaigns/{campaign}/start").json or {}
    wanted = {"to": fresh_number(), "ignore_hours": True, "because": "a test"}
    refused = rest.post("/v1/calls", wanted, headers={"Idempotency-Key": "old-1"})

    assert (shown["stopped"], shown["since"], shown["by"]) == (True, since, None)
    assert started["status_reason"]["code"] == "dialing_stopped" and started["status_reason"]["at"] == since
    assert refused.status_code == 409


def test_the_command_line_stops_shows_and_resumes(rest: Rest, cli: Any) -> None:
    campaign = _campaign(rest)

    stopped = cli("dialing", "stop", "--reason", "wrong list", "--by", "anna")
    status = cli("dialing", "status")
    started = cli("campaign", "start", campaign)
    report = cli("campaign", "report", campaign)
    resumed = cli("dialing", "resume")

    for said in (stopped, status, started, report):
        assert "stopped since" in said and "by anna: wrong list" in said, said
    assert "is running" in started
    assert "dialing is not stopped" in resumed and "dialing is not stopped" in cli("dialing", "status")


def test_the_command_line_says_who_it_is(rest: Rest, cli: Any) -> None:
    cli("dialing", "stop", "--reason", "wrong list")

    assert _json(rest, "/v1/dialing")["by"] not in (None, "", "api")
