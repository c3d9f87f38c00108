"""Pools of caller ids over REST: what they take and show, and which campaigns may use them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.clock import utc_now
from orchestrator.services import Services
from tests.support.lock_points import in_thread
from tests.support.rest import CALLER_ID, Rest, fresh_number, pointers

POOLS = "/v1/caller-id-pools"
FOR_ANYBODY = """
name: {name}
start: greet
steps:
  greet: {{speak: {{payload: Hello, voice: female}}, on: {{call.speak.ended: bye}}}}
  bye: {{hangup: {{}}}}
"""


def document(*numbers: str, **fields: Any) -> dict[str, Any]:
    return {"name": "spring", "numbers": [{"number": number} for number in numbers or (CALLER_ID,)], **fields}


def pool(rest: Rest, *numbers: str, **fields: Any) -> dict[str, Any]:
    """Create a pool and return the answer."""
    created = rest.post(POOLS, document(*numbers, **fields))
    assert created.status_code == 201, created.text
    return dict(created.json or {})


def answered(rest: Rest) -> tuple[str, str]:
    """Map a number to a flow; return it and the id of the mapping."""
    mapped = rest.post("/v1/numbers", {"number": fresh_number(), "flow": rest.flow(text=FOR_ANYBODY)["id"]})
    assert mapped.status_code == 201, mapped.text
    return mapped.json["number"], mapped.json["id"]  # type: ignore[index]  # checked above


def set_status(services: Services, campaign_id: str, status: str) -> None:
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE campaigns SET status = :s WHERE id = :id"), {"s": status, "id": campaign_id})


def test_a_new_pool_has_the_defaults_and_its_numbers_stand_fresh(rest: Rest) -> None:
    created = pool(rest, "+1 (212) 555-0111")

    assert created["id"].startswith("pool_")
    assert created["choose"] == "sticky"
    assert (created["per_day"], created["per_hour"], created["rest"]) == (75, 20, "1d")
    assert created["health"] == {"min_calls": 50, "answer_rate_below": 0.5, "short_call_share": 0.6}
    assert created["numbers"] == [
        {
            "number": "+12125550111",
            "regions": [],
            "label": None,
            "dials_today": 0,
            "dials_last_hour": 0,
            "room_today": 20,
            "resting_until": None,
            "resting_because": None,
            "attestation": "unknown",
        }
    ]


def test_a_pool_is_given_back_as_it_was_written_and_listed(rest: Rest) -> None:
    written = {
        "name": "east",
        "numbers": [{"number": "+12125550111", "regions": ["US-NY", "CA"], "label": "front desk"}],
        "choose": "sticky",
        "per_day": 5000,
        "per_hour": 1,
        "rest": "30d",
        "health": {"min_calls": 500, "answer_rate_below": 0.0, "short_call_share": 1.0},
    }

    created = rest.post(POOLS, written).json
    shown = rest.get(f"{POOLS}/{created['id']}").json

    [number] = shown["numbers"]
    numbers = [{name: number[name] for name in ("number", "regions", "label")}]
    assert {**{name: shown[name] for name in written}, "numbers": numbers} == written
    assert rest.get(f"{POOLS}?name=east").json["data"] == [shown]
    assert rest.get(f"{POOLS}?name=west").json["data"] == []


_WRONG: list[tuple[str, Any, str]] = [
    ("name", None, "/name"),
    ("name", "", "/name"),
    ("name", 7, "/name"),
    ("numbers", None, "/numbers"),
    ("numbers", [], "/numbers"),
    ("numbers", "+12125550111", "/numbers"),
    ("numbers", [{"number": f"+1212555{n:04d}"} for n in range(201)], "/numbers"),
    ("numbers", [{"number": "+12125550111"}, {"number": "+1 212 555 0111"}], "/numbers"),
    ("numbers", ["+12125550111"], "/numbers/0"),
    ("numbers", [{}], "/numbers/0/number"),
    ("numbers", [{"number": "anonymous"}], "/numbers/0/number"),
    ("numbers", [{"number": 12125550111}], "/numbers/0/number"),
    ("numbers", [{"number": "2125550111"}], "/numbers/0/number"),
    ("numbers", [{"number": "+19005550111"}], "/numbers/0/number"),
    ("numbers", [{"number": "+12125550111", "regions": "US"}], "/numbers/0/regions"),
    ("numbers", [{"number": "+12125550111", "regions": ["XX"]}], "/numbers/0/regions/0"),
    ("numbers", [{"number": "+12125550111", "regions": ["US", "US-ZZ"]}], "/numbers/0/regions/1"),
    ("numbers", [{"number": "+12125550111", "regions": ["Florida"]}], "/numbers/0/regions/0"),
    ("numbers", [{"number": "+12125550111", "label": ""}], "/numbers/0/label"),
    ("numbers", [{"number": "+12125550111", "label": 5}], "/numbers/0/label"),
    ("numbers", [{"number": "+12125550111", "state": "FL"}], "/numbers/0/state"),
    ("choose", "random", "/choose"),
    ("choose", None, "/choose"),
    ("per_day", 0, "/per_day"),
    ("per_day", -1, "/per_day"),
    ("per_day", 5_001, "/per_day"),
    ("per_day", "75", "/per_day"),
    ("per_day", 2.5, "/per_day"),
    ("per_day", True, "/per_day"),
    ("per_day", None, "/per_day"),
    ("per_hour", 0, "/per_hour"),
    ("per_hour", 5_001, "/per_hour"),
    ("per_hour", "20", "/per_hour"),
    ("per_hour", None, "/per_hour"),
    ("rest", "59s", "/rest"),
    ("rest", "31d", "/rest"),
    ("rest", 24, "/rest"),
    ("rest", "a day", "/rest"),
    ("rest", None, "/rest"),
    ("health", [], "/health"),
    ("health", None, "/health"),
    ("health", {"min_calls": 0}, "/health/min_calls"),
    ("health", {"min_calls": 501}, "/health/min_calls"),
    ("health", {"min_calls": "50"}, "/health/min_calls"),
    ("health", {"answer_rate_below": -0.1}, "/health/answer_rate_below"),
    ("health", {"answer_rate_below": 1.1}, "/health/answer_rate_below"),
    ("health", {"answer_rate_below": "half"}, "/health/answer_rate_below"),
    ("health", {"short_call_share": 2}, "/health/short_call_share"),
    ("health", {"short_call_share": True}, "/health/short_call_share"),
    ("health", {"short_calls": 0.6}, "/health/short_calls"),
    ("per_week", 5, "/per_week"),
]


@pytest.mark.parametrize(("field", "value", "pointer"), _WRONG)
def test_each_wrong_field_of_a_pool_is_named_when_it_is_created_and_when_it_is_changed(
    rest: Rest, field: str, value: object, pointer: str
) -> None:
    before = pool(rest)

    refused = rest.post(POOLS, {**document(), field: value})
    unchanged = rest.patch(f"{POOLS}/{before['id']}", {field: value})

    assert list(pointers(refused)) == list(pointers(unchanged)) == [pointer]
    assert [each["id"] for each in rest.get(POOLS).json["data"]] == [before["id"]]
    assert rest.get(f"{POOLS}/{before['id']}").json == before


@pytest.mark.parametrize("missing", ["name", "numbers"])
def test_a_pool_without_a_name_or_numbers_is_refused(rest: Rest, missing: str) -> None:
    incomplete = {name: value for name, value in document().items() if name != missing}

    assert pointers(rest.post(POOLS, incomplete)) == {f"/{missing}": "required"}


def test_a_pool_is_changed_field_by_field(rest: Rest) -> None:
    before = pool(rest, "+12125550111")

    changed = rest.patch(f"{POOLS}/{before['id']}", {"per_hour": 7, "numbers": [{"number": "+12125550112"}]}).json

    assert (changed["per_hour"], changed["per_day"], changed["name"]) == (7, 75, "spring")
    assert [each["number"] for each in changed["numbers"]] == ["+12125550112"]


def test_a_pool_that_is_not_there_is_not_found(rest: Rest) -> None:
    path = f"{POOLS}/pool_{'0' * 26}"

    assert [rest.get(path).status_code, rest.patch(path, {}).status_code, rest.delete(path).status_code] == [404] * 3
    assert rest.get(f"{POOLS}/cmp_{'0' * 26}").status_code == 404


def test_a_campaign_names_caller_ids_or_a_pool(rest: Rest) -> None:
    one = {"name": "x", "flow": rest.flow()["id"]}
    pool_id = pool(rest)["id"]

    pooled = rest.post("/v1/campaigns", {**one, "caller_id_pool": pool_id})

    assert pooled.status_code == 201
    assert (pooled.json["caller_id_pool"], pooled.json["caller_ids"]) == (pool_id, [])  # type: ignore[index]
    assert rest.campaign()["caller_id_pool"] is None
    assert pointers(rest.post("/v1/campaigns", one)) == {"/caller_ids": "required"}
    both = {**one, "caller_ids": [CALLER_ID], "caller_id_pool": pool_id}
    assert pointers(rest.post("/v1/campaigns", both)) == {"/caller_ids": "caller_ids"}


@pytest.mark.parametrize("wrong", ["spring", f"pool_{'0' * 26}", "", 5, ["pool"], None])
def test_a_campaign_names_a_pool_that_is_there(rest: Rest, wrong: object) -> None:
    one = {"name": "x", "flow": rest.flow()["id"], "caller_id_pool": wrong}
    campaign = rest.campaign()["id"]

    created = rest.post("/v1/campaigns", one)

    assert list(pointers(created)) == ["/caller_ids" if wrong is None else "/caller_id_pool"]
    assert list(pointers(rest.patch(f"/v1/campaigns/{campaign}", {"caller_id_pool": wrong}))) == ["/caller_id_pool"]


def test_of_caller_ids_and_a_pool_the_one_takes_the_place_of_the_other(rest: Rest) -> None:
    pool_id, path = pool(rest)["id"], f"/v1/campaigns/{rest.campaign()['id']}"

    pooled = rest.patch(path, {"caller_id_pool": pool_id}).json
    again = rest.patch(path, {"caller_ids": [CALLER_ID]}).json

    assert (pooled["caller_id_pool"], pooled["caller_ids"]) == (pool_id, [])
    assert (again["caller_id_pool"], again["caller_ids"]) == (None, [CALLER_ID])
    both = rest.patch(path, {"caller_id_pool": pool_id, "caller_ids": [CALLER_ID]})
    assert pointers(both) == {"/caller_ids": "caller_ids"}


def test_a_running_campaign_keeps_its_pool(rest: Rest, services: Services) -> None:
    campaign_id = rest.campaign()["id"]
    set_status(services, campaign_id, "running")

    refused = rest.patch(f"/v1/campaigns/{campaign_id}", {"caller_id_pool": pool(rest)["id"]})

    assert (refused.status_code, refused.json["code"]) == (409, "not_changeable")  # type: ignore[index]


@pytest.mark.parametrize("status", ["draft", "scheduled", "running", "paused"])
def test_a_pool_that_a_campaign_uses_is_not_deleted(rest: Rest, services: Services, status: str) -> None:
    used = pool(rest)["id"]
    campaign_id = rest.campaign(caller_ids=None, caller_id_pool=used)["id"]
    set_status(services, campaign_id, status)

    refused = rest.delete(f"{POOLS}/{used}")

    assert (refused.status_code, refused.json["code"]) == (409, "pool_in_use")  # type: ignore[index]
    assert campaign_id in refused.json["detail"]  # type: ignore[index]
    assert rest.get(f"{POOLS}/{used}").status_code == 200


@pytest.mark.parametrize("status", ["completed", "canceled"])
def test_a_pool_is_deleted_once_its_campaigns_are_over(rest: Rest, services: Services, status: str) -> None:
    used = pool(rest)["id"]
    campaign_id = rest.campaign(caller_ids=None, caller_id_pool=used)["id"]
    set_status(services, campaign_id, status)

    assert rest.delete(f"{POOLS}/{used}").status_code == 204
    assert rest.get(f"{POOLS}/{used}").status_code == 404
    assert rest.get(f"/v1/campaigns/{campaign_id}").json["caller_id_pool"] is None


def test_a_campaign_created_while_its_pool_is_deleted_finds_none(rest: Rest, services: Services) -> None:
    pool_id, flow_id = pool(rest)["id"], rest.flow()["id"]
    document = {"name": "x", "flow": flow_id, "caller_id_pool": pool_id}

    with services.sql.begin() as deleting:
        deleting.execute(text("SELECT 1 FROM caller_id_pools FOR UPDATE"))
        deleting.execute(text("DELETE FROM caller_id_pools"))
        with in_thread(lambda: rest.post("/v1/campaigns", document)) as created:
            deleting.commit()

    assert pointers(created.result()) == {"/caller_id_pool": "unknown_pool"}  # type: ignore[arg-type]  # an answer


def test_local_numbers_must_be_answered_and_those_that_are_not_are_named(rest: Rest) -> None:
    good, strange, other = answered(rest)[0], fresh_number(), fresh_number()

    refused = rest.post(POOLS, document(good, strange, other, choose="local_then_sticky"))

    assert pointers(refused) == {
        "/numbers/1/number": "number_not_answered",
        "/numbers/2/number": "number_not_answered",
    }
    assert strange in refused.json["errors"][0]["detail"]  # type: ignore[index]
    assert pool(rest, good, choose="local_then_sticky")["choose"] == "local_then_sticky"


def test_a_british_number_is_not_chosen_to_look_local(rest: Rest) -> None:
    british = "+442071838750"
    rest.post("/v1/numbers", {"number": british, "flow": rest.flow(text=FOR_ANYBODY)["id"]})

    refused = rest.post(POOLS, document(british, choose="local_then_sticky"))

    assert pointers(refused) == {"/numbers/0/number": "local_not_allowed"}
    assert pool(rest, british)["choose"] == "sticky"


def test_a_pool_becomes_local_only_with_numbers_that_are_answered(rest: Rest) -> None:
    sticky = pool(rest, fresh_number())["id"]
    local = pool(rest, answered(rest)[0], choose="local_then_sticky")["id"]

    becomes = rest.patch(f"{POOLS}/{sticky}", {"choose": "local_then_sticky"})
    gets = rest.patch(f"{POOLS}/{local}", {"numbers": [{"number": fresh_number()}]})

    assert pointers(becomes) == pointers(gets) == {"/numbers/0/number": "number_not_answered"}


def test_a_number_that_is_shown_as_a_local_one_stays_answered(rest: Rest) -> None:
    number, number_id = answered(rest)
    local = pool(rest, number, choose="local_then_sticky", name="east")["id"]

    refused = rest.delete(f"/v1/numbers/{number_id}")

    assert (refused.status_code, refused.json["code"]) == (409, "number_in_pool")  # type: ignore[index]
    assert "east" in refused.json["detail"]  # type: ignore[index]
    rest.patch(f"{POOLS}/{local}", {"choose": "sticky"})
    assert rest.delete(f"/v1/numbers/{number_id}").status_code == 204


def test_a_resting_number_is_shown_with_its_figures_until_its_rest_ends(rest: Rest, services: Services) -> None:
    pool_id, now = pool(rest)["id"], utc_now()
    figures = (
        '{"code": "answer_rate", "detail": "d", "calls": 60, "answer_rate": 0.1, "pool_median": 0.5,'
        ' "short_call_share": 0.0, "at": "2026-11-29T10:00:00.000Z"}'
    )

    def shown(until: object) -> dict[str, Any]:
        with services.sql.begin() as tx:
            tx.execute(
                text(
                    "INSERT INTO caller_id_states (number, resting_until, rested_for)"
                    " VALUES (:number, :until, CAST(:figures AS jsonb))"
                    " ON CONFLICT (number) DO UPDATE SET resting_until = EXCLUDED.resting_until"
                ),
                {"number": CALLER_ID, "until": until, "figures": figures},
            )
        number: dict[str, Any] = rest.get(f"{POOLS}/{pool_id}").json["numbers"][0]
        return number

    resting, awake = shown(now + timedelta(hours=1)), shown(now - timedelta(hours=1))

    assert resting["resting_until"] is not None and resting["resting_because"]["calls"] == 60
    assert (resting["room_today"], awake["room_today"]) == (0, 20)
    assert (awake["resting_until"], awake["resting_because"]) == (None, None)
