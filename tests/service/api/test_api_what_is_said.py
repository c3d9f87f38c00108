"""Campaigns take only flows that say what their purpose and voice must say; the check of a flow tells it before."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.services import Services
from tests.support.rest import CALLER_ID, Rest, pointers
from tests.unit.flow.test_what_is_said import NOBODY, flow

GOOD = flow()


def stored(rest: Rest, text: str) -> str:
    answer = rest.request("POST", "/v1/flows", data=text, content_type="application/yaml")
    assert answer.status_code in (200, 201), answer.text
    return str((answer.json or {})["id"])


def wanted(rest: Rest, text: str, **fields: Any) -> dict[str, Any]:
    return {"name": "x", "flow": stored(rest, text), "caller_ids": [CALLER_ID], **fields}


@pytest.mark.parametrize("voice", ["recorded", "tts", "ai", None])
def test_a_sales_campaign_takes_a_flow_that_says_who_calls(rest: Rest, voice: str | None) -> None:
    document = {"purpose": "sales", "voice": voice}

    assert rest.post("/v1/campaigns", wanted(rest, GOOD, **document)).status_code == 201
    refused = rest.post("/v1/campaigns", wanted(rest, NOBODY, **document))
    assert refused.status_code == 422
    codes = {error["code"] for error in (refused.json or {})["errors"]}
    assert {"identity_missing", "opt_out_missing"} <= codes and set(pointers(refused)) == {"/flow"}


@pytest.mark.parametrize("fields", [{}, {"purpose": "informational"}, {"purpose": "sales", "voice": "agent"}])
def test_other_campaigns_take_any_flow(rest: Rest, fields: dict[str, str]) -> None:
    assert rest.post("/v1/campaigns", wanted(rest, NOBODY, **fields)).status_code == 201


@pytest.mark.parametrize("change", [{"purpose": "sales"}, {"purpose": "sales", "voice": "tts"}])
def test_a_campaign_does_not_become_one_of_sales_with_a_flow_that_does_not_say_so(
    rest: Rest, change: dict[str, str]
) -> None:
    created = rest.post("/v1/campaigns", wanted(rest, NOBODY, voice="agent")).json
    path = f"/v1/campaigns/{created['id']}"  # type: ignore[index]  # created

    assert rest.patch(path, {"purpose": "sales"}).status_code == 200
    rest.patch(path, {"purpose": None})
    assert set(pointers(rest.patch(path, {"voice": None, **change}))) == {"/flow"}
    assert rest.patch(path, {"voice": None, **change, "flow": stored(rest, GOOD)}).status_code == 200
    assert set(pointers(rest.patch(path, {"flow": stored(rest, NOBODY)}))) == {"/flow"}


def test_a_campaign_of_before_goes_on_and_may_be_changed_otherwise(rest: Rest, services: Services) -> None:
    created = rest.post("/v1/campaigns", wanted(rest, NOBODY)).json
    with services.sql.begin() as tx:
        tx.exec_driver_sql("UPDATE campaigns SET purpose = 'sales', voice = 'tts'")

    assert rest.patch(f"/v1/campaigns/{created['id']}", {"name": "other"}).status_code == 200  # type: ignore[index]


def checked(rest: Rest, text: str, query: str = "") -> Any:
    return rest.request("POST", f"/v1/flows/check{query}", data=text, content_type="application/yaml")


def test_the_check_of_a_flow_says_what_a_purpose_lacks(rest: Rest) -> None:
    assert checked(rest, NOBODY).json["ok"] is True
    assert checked(rest, GOOD, "?purpose=sales&voice=ai").json["ok"] is True
    assert checked(rest, NOBODY, "?purpose=sales&voice=agent").json["ok"] is True

    refused = checked(rest, NOBODY, "?purpose=sales").json

    assert refused["ok"] is False
    assert [error["step"] for error in refused["errors"]] == [None, None]


@pytest.mark.parametrize("query", ["?purpose=marketing", "?voice=robot", "?purpose=", "?region=US"])
def test_a_wrong_question_about_a_flow_is_refused(rest: Rest, query: str) -> None:
    assert checked(rest, GOOD, query).status_code == 422
