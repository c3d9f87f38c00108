"""Keys with a role: who may do what, until when, and since when no more."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text

from api.http.auth import KeyRing
from orchestrator.policy.roles import Role
from orchestrator.policy.timestamps import format_timestamp
from orchestrator.services import Services
from tests.support.rest import Rest, fresh_number, pointers

_READS = ("/v1/campaigns", "/v1/contacts", "/v1/calls", "/v1/dialing", "/v1/policy")


def made(rest: Rest, role: str, **more: object) -> tuple[str, dict[str, str]]:
    """Return a new key's id and the header that carries it."""
    answer = rest.post("/v1/keys", {"name": f"a {role}", "role": role, **more})
    assert answer.status_code == 201, answer.text
    return answer.json["id"], {"Authorization": f"Bearer {answer.json['key']}"}


def test_a_viewer_reads_and_changes_nothing(rest: Rest) -> None:
    _, viewer = made(rest, "viewer")

    assert {path: rest.get(path, headers=viewer).status_code for path in _READS} == dict.fromkeys(_READS, 200)
    refused = rest.post("/v1/dialing/stop", headers=viewer)
    assert (refused.status_code, refused.json["code"], refused.json["needed"]) == (403, "role_needed", "operator")
    assert "POST /v1/dialing/stop needs a key with the role operator" in refused.json["detail"]
    assert rest.get("/v1/dialing").json["status"] == "running"


def test_a_viewer_asks_why_and_checks_flows(rest: Rest) -> None:
    _, viewer = made(rest, "viewer")

    explained = rest.post("/v1/explain", {"phone": fresh_number()}, headers=viewer)
    checked = rest.request("POST", "/v1/flows/check", data="name: x", content_type="application/yaml", headers=viewer)

    assert (explained.status_code, checked.status_code) == (200, 200)


def test_an_operator_runs_campaigns_and_does_not_decide_what_holds_for_everybody(rest: Rest) -> None:
    _, operator = made(rest, "operator")

    assert rest.post("/v1/dialing/stop", {"reason": "a test"}, headers=operator).status_code == 200
    assert rest.post("/v1/dialing/resume", headers=operator).status_code == 200
    for method, path in (("GET", "/v1/keys"), ("GET", "/v1/audit"), ("POST", "/v1/keys"), ("PATCH", "/v1/policy")):
        refused = rest.request(method, path, json={} if method != "GET" else None, headers=operator)
        assert (refused.status_code, refused.json["needed"]) == (403, "admin"), path


def test_an_admin_makes_keys_and_may_all_that_others_may(rest: Rest) -> None:
    _, admin = made(rest, "admin")

    assert rest.post("/v1/keys", {"name": "x", "role": "viewer"}, headers=admin).json["created_by"] == "a admin"
    assert rest.post("/v1/dialing/stop", headers=admin).json["by"] == "a admin"


def test_what_names_nobody_is_by_the_name_of_the_key(rest: Rest) -> None:
    _, key = made(rest, "admin")
    phone, because = fresh_number(), {"because": "a test"}

    rest.post("/v1/suppressions", {"phone": phone}, headers=key)
    csv = {"data": f"phone\n{phone}", "content_type": "text/csv"}
    rest.request("POST", "/v1/suppressions", **csv, headers=key)
    rest.request("DELETE", "/v1/suppressions", query_string={"phone": phone}, headers=key)
    list_id = rest.post("/v1/lists", {"name": "own", "kind": "suppress"}, headers=key).json["id"]
    rest.request("PATCH", f"/v1/lists/{list_id}", json={"owner": "us", **because}, headers=key)
    rest.request("PUT", f"/v1/lists/{list_id}/content", **csv, headers=key)
    rest.post(f"/v1/lists/{list_id}/entries", {"entries": ["+1900*"], **because}, headers=key)
    entry = {"entry": "+1900*", **because}
    rest.request("DELETE", f"/v1/lists/{list_id}/entries", query_string=entry, headers=key)
    rest.request("PATCH", "/v1/policy", json={"caps": {"per_number_24h": 1}, **because}, headers=key)
    other = rest.contacts(rest.campaign()["id"], fresh_number())[0]
    shown = rest.get(f"/v1/contacts/{other}").json
    many = {"filter": {"campaign_id": shown["campaign_id"]}, "action": "suppress"}
    rest.post("/v1/contacts/bulk", many, headers=key)

    asked = {"phone": phone, "include": "lifted"}
    [lifted] = rest.get("/v1/suppressions", query_string=asked).json["data"]
    [blocked] = rest.get("/v1/suppressions", query_string={"phone": shown["phone"]}).json["data"]
    changes = rest.get(f"/v1/lists/{list_id}/changes").json["data"]
    policy = rest.get("/v1/policy").json["changes"]
    assert {each["by"] for each in [*lifted["history"], *blocked["history"], *changes, *policy]} == {"a admin"}
    assert (len(lifted["history"]), lifted["lifted_by"], len(changes), len(policy)) == (2, "a admin", 5, 1)


def test_a_key_is_shown_once_and_stored_nowhere(rest: Rest, services: Services) -> None:
    key_id, header = made(rest, "viewer")
    key = header["Authorization"].removeprefix("Bearer ")

    with services.sql.connect() as tx:
        stored = str(tx.execute(text("SELECT to_jsonb(k) FROM api_keys k")).scalars().all())
        audited = str(tx.execute(text("SELECT to_jsonb(a) FROM audit_events a")).scalars().all())
    shown = rest.get(f"/v1/keys/{key_id}").json

    assert key not in stored + audited + str(shown) + rest.get("/v1/keys").text
    assert (shown["name"], shown["role"], shown["created_by"], shown["revoked_at"]) == (
        "a viewer",
        "viewer",
        "api",
        None,
    )


def test_a_revoked_key_is_refused_within_two_seconds_and_stays_on_the_list(rest: Rest, services: Services) -> None:
    key_id, viewer = made(rest, "viewer")
    assert rest.get("/v1/campaigns", headers=viewer).status_code == 200

    with time_machine.travel(services.clock(), tick=False) as clock:
        assert rest.get("/v1/campaigns", headers=viewer).status_code == 200
        assert rest.delete(f"/v1/keys/{key_id}").status_code == 204
        clock.shift(2.1)
        refused = rest.get("/v1/campaigns", headers=viewer)

    assert (refused.status_code, refused.json["code"]) == (401, "key_over")
    assert [each["id"] for each in rest.get("/v1/keys").json["data"] if each["revoked_at"]] == [key_id]
    first = rest.get(f"/v1/keys/{key_id}").json["revoked_at"]
    assert rest.delete(f"/v1/keys/{key_id}").status_code == 204
    assert rest.get(f"/v1/keys/{key_id}").json["revoked_at"] == first


def test_a_key_ends_at_its_time(rest: Rest, services: Services) -> None:
    soon = services.clock() + timedelta(minutes=5)
    _, viewer = made(rest, "viewer", expires_at=format_timestamp(soon))
    assert rest.get("/v1/campaigns", headers=viewer).status_code == 200

    with time_machine.travel(soon, tick=False):
        refused = rest.get("/v1/campaigns", headers=viewer)

    assert (refused.status_code, refused.json["code"]) == (401, "key_over")


def test_a_key_with_another_secret_or_of_nobody_is_wrong(rest: Rest) -> None:
    key_id, header = made(rest, "admin")
    other = "A" * 43

    for sent in (f"{key_id}_{other}", f"key_01ARZ3NDEKTSV4RRFFQ69G5FAV_{other}", f"{key_id}_", key_id):
        refused = rest.get("/v1/campaigns", headers={"Authorization": f"Bearer {sent}"})
        assert (refused.status_code, refused.json["code"]) == (401, "unauthorized"), sent
    assert rest.get("/v1/campaigns", headers=header).status_code == 200


def test_use_is_noted_to_the_minute(rest: Rest) -> None:
    key_id, viewer = made(rest, "viewer")
    before = rest.get(f"/v1/keys/{key_id}").json["last_used_at"]

    rest.get("/v1/campaigns", headers=viewer)
    first = rest.get(f"/v1/keys/{key_id}").json["last_used_at"]
    rest.get("/v1/campaigns", headers=viewer)

    assert before is None and first is not None
    assert rest.get(f"/v1/keys/{key_id}").json["last_used_at"] == first


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"/name", "/role"}),
        ({"name": " ", "role": "owner"}, {"/name", "/role"}),
        ({"name": " API", "role": "viewer"}, {"/name"}),
        ({"name": "x", "role": "viewer", "expires_at": "2001-01-01T00:00:00Z"}, {"/expires_at"}),
        ({"name": "x", "role": "viewer", "scope": "all"}, {"/scope"}),
    ],
)
def test_what_no_key_can_be_made_from_is_named(rest: Rest, body: dict[str, object], wrong: set[str]) -> None:
    assert set(pointers(rest.post("/v1/keys", body))) == wrong
    assert rest.get("/v1/keys").json["data"] == []


def test_a_ring_asks_the_store_for_a_key_once_in_two_seconds(services: Services) -> None:
    asked: list[str] = []
    ring = KeyRing(b"root", asked.append, clock=services.clock)
    sent = f"Bearer key_01ARZ3NDEKTSV4RRFFQ69G5FAV_{'A' * 43}"

    with time_machine.travel(services.clock(), tick=False) as clock:
        for _ in range(3):
            ring.actor_of(sent)
        clock.shift(2.5)
        ring.actor_of(sent)

    assert len(asked) == 2


def test_each_role_includes_those_below_it() -> None:
    assert [[a.includes(b) for b in Role] for a in Role] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
