"""Two people edit one thing: who made the edit of a version that is over is told so, and nothing is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from api.app import ROUTES
from api.http.openapi import openapi_document
from orchestrator.policy.campaign_rules import CampaignChanges
from orchestrator.services import Services
from tests.support.poll import eventually
from tests.support.rest import CONNECTION, Rest, fresh_number

pytestmark = pytest.mark.usefixtures("quick_hashes")

_ENDS = "name: {name}\nstart: bye\nsteps: {{bye: {{hangup: {{}}}}}}\n"
_CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "campaigns": ({"name": "one"}, {"name": "two"}),
    "contacts": ({"priority": 1}, {"priority": 2}),
    "users": ({"name": "one"}, {"name": "two"}),
    "webhook-endpoints": ({"enabled": False}, {"url": "https://crm.example/two"}),
    "caller-id-pools": ({"per_day": 1}, {"per_day": 2}),
    "numbers": ({"join_days": 1}, {"join_days": 2}),
    "lists": ({"regions": ["US"]}, {"regions": ["DE"]}),
    "connections": ({"calls_per_second": 2}, {"calls_per_second": 3}),
    "policy": ({"caps": {"per_number_24h": 2}, "because": "one"}, {"retention": {"calls": "30d"}, "because": "two"}),
}
_TABLES = {
    "webhook-endpoints": "webhook_endpoints",
    "caller-id-pools": "caller_id_pools",
    "policy": "installation",
}
_KINDS = sorted(_CHANGES)


def path_of(rest: Rest, kind: str) -> str:
    """Make one of a kind, and return its address."""
    if kind == "policy":
        rest.patch("/v1/policy", {"caps": {"per_number_24h": 3}, "because": "there is a row to wait for"})
        return "/v1/policy"
    if kind == "connections":
        return f"/v1/connections/{CONNECTION}"
    if kind == "campaigns":
        return f"/v1/campaigns/{rest.campaign()['id']}"
    if kind == "contacts":
        return f"/v1/contacts/{rest.contacts(rest.campaign()['id'], fresh_number())[0]}"
    made = rest.post(
        f"/v1/{kind}",
        {
            "users": {"name": "Ada", "login": "ada", "role": "viewer", "password": "correct horse battery"},
            "webhook-endpoints": {"url": "https://crm.example/hook"},
            "caller-id-pools": {"name": "pool", "numbers": [{"number": fresh_number()}]},
            "numbers": {"number": fresh_number(), "flow": rest.flow(text=_ENDS)["id"]},
            "lists": {"name": "list", "kind": "registry", "regions": ["US", "DE", "GB"], "purposes": ["sales"]},
        }[kind],
    )
    assert made.status_code == 201, made.text
    return f"/v1/{kind}/{made.json['id']}"


def tag_of(rest: Rest, path: str) -> str:
    return str(rest.get(path).headers["ETag"])


def edit(rest: Rest, path: str, change: dict[str, Any], tag: str) -> Any:
    return rest.request("PATCH", path, json=change, headers={"If-Match": tag})


@pytest.mark.parametrize("kind", _KINDS)
def test_an_edit_of_a_version_that_is_over_is_refused_and_changes_nothing(rest: Rest, kind: str) -> None:
    path, (one, two) = path_of(rest, kind), _CHANGES[kind]
    read = tag_of(rest, path)

    first = edit(rest, path, one, read)
    after = rest.get(path)
    second = edit(rest, path, two, read)

    assert first.status_code == 200, first.text
    assert first.headers["ETag"] == after.headers["ETag"] != read
    assert (second.status_code, second.json["code"]) == (412, "changed_meanwhile")
    assert second.headers["ETag"] == after.headers["ETag"]
    assert rest.get(path).json == after.json
    assert edit(rest, path, two, second.headers["ETag"]).status_code == 200


@pytest.mark.parametrize("kind", _KINDS)
def test_of_two_edits_of_one_version_at_once_one_is_made(rest: Rest, services: Services, kind: str) -> None:
    """Both have come to the row before either is written: only a check behind the lock can tell them apart."""
    path, changes = path_of(rest, kind), _CHANGES[kind]
    read = tag_of(rest, path)
    rest.get("/v1/connections/" + CONNECTION)

    with ThreadPoolExecutor(2) as pool:
        with services.sql.begin() as tx:
            tx.execute(text(f"SELECT FROM {_TABLES.get(kind, kind)} FOR UPDATE"))
            asked = [pool.submit(edit, Rest(rest.app), path, change, read) for change in changes]
            eventually(partial(_waiting, services, 2), within=30)
        answers = sorted(each.result(timeout=60).status_code for each in asked)

    assert answers == [200, 412]


def _waiting(services: Services, count: int) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with services.sql.connect() as tx:
        return int(tx.execute(text(query)).scalar_one()) >= count


def test_an_edit_that_waits_for_one_of_the_flow_is_refused_and_not_lost(rest: Rest, services: Services) -> None:
    campaign, other = path_of(rest, "campaigns"), rest.flow()["id"]
    read = tag_of(rest, campaign)

    with ThreadPoolExecutor(1) as pool:
        with services.sql.begin() as tx:
            tx.execute(text("UPDATE campaigns SET flow_id = :flow"), {"flow": other})
            asked = pool.submit(edit, Rest(rest.app), campaign, {"name": "two"}, read)
            eventually(partial(_waiting, services, 1), within=30)
        assert asked.result(timeout=60).status_code == 412


@pytest.mark.parametrize("meanwhile", ["an entry", "none any more", "a file", "a setting"])
def test_a_file_for_a_list_that_was_changed_since_it_was_read_is_refused(rest: Rest, meanwhile: str) -> None:
    path, [one, two] = path_of(rest, "lists"), [fresh_number(), fresh_number()]
    content: dict[str, Any] = {"data": f"phone\n{one}\n", "content_type": "text/csv"}
    first = rest.request("PUT", f"{path}/content", **content)
    read = tag_of(rest, path)
    assert (first.status_code, first.headers["ETag"]) == (200, read)
    done = {
        "an entry": lambda: rest.post(f"{path}/entries", {"entries": [two]}),
        "none any more": lambda: rest.delete(f"{path}/entries?entry={one.replace('+', '%2B')}&because=wrong"),
        "a file": lambda: rest.request("PUT", f"{path}/content", **content),
        "a setting": lambda: rest.patch(path, {"owner": "compliance"}),
    }[meanwhile]()
    assert done.status_code < 300, done.text
    known = rest.get(path)

    refused = rest.request("PUT", f"{path}/content", headers={"If-Match": read}, **content)

    assert (refused.status_code, refused.json["code"]) == (412, "changed_meanwhile")
    assert refused.headers["ETag"] == known.headers["ETag"]
    assert rest.get(path).json == known.json
    again = rest.request("PUT", f"{path}/content", headers={"If-Match": refused.headers["ETag"]}, **content)
    assert again.status_code == 200, again.text


def test_without_a_condition_the_last_edit_holds(rest: Rest) -> None:
    campaign = path_of(rest, "campaigns")

    assert rest.patch(campaign, {"name": "one"}).status_code == 200
    assert edit(rest, campaign, {"name": "two"}, "*").json["name"] == "two"


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("{tag}", 200),
        ('"other", {tag}', 200),
        (' "other" ,{tag} ', 200),
        ("*", 200),
        ('"other"', 412),
        ("W/{tag}", 412),
        ('""', 412),
        ("", 400),
        ("other", 400),
        ('"open', 400),
        ('{tag} "other"', 400),
        ("{tag},", 400),
        ('*, "other"', 400),
    ],
)
def test_a_condition_is_read_strictly(rest: Rest, condition: str, status: int) -> None:
    campaign = path_of(rest, "campaigns")
    sent = condition.format(tag=tag_of(rest, campaign))

    answer = rest.app.test_client().patch(
        campaign, json={"name": "two"}, headers={"Authorization": "Bearer key-of-the-tests", "If-Match": sent}
    )

    assert answer.status_code == status, answer.text
    if status == 400:
        assert answer.json["code"] == "if_match_invalid"
    assert (rest.get(campaign).json["name"] == "two") == (status == 200)


def test_a_campaign_is_started_only_as_it_was_when_it_was_looked_at(rest: Rest) -> None:
    campaign = path_of(rest, "campaigns")
    rest.contacts(campaign.rpartition("/")[2], fresh_number())
    looked_at = {"If-Match": tag_of(rest, campaign)}
    rest.patch(campaign, {"default_timezone": "America/Chicago"})

    refused = rest.request("POST", f"{campaign}/start", headers=looked_at)

    assert (refused.status_code, refused.json["code"]) == (412, "changed_meanwhile")
    assert rest.get(campaign).json["status"] == "draft"
    now = {"If-Match": tag_of(rest, campaign)}
    assert rest.request("POST", f"{campaign}/start", headers=now).json["status"] == "running"
    again = rest.request("POST", f"{campaign}/start", headers=looked_at)
    assert (again.status_code, again.json["status"]) == (200, "running")  # whose answer was lost asks once more


def test_a_condition_that_would_not_be_looked_at_is_refused(rest: Rest) -> None:
    campaign = path_of(rest, "campaigns")
    condition = {"If-Match": '"x"'}

    asked = [("POST", f"{campaign}/pause"), ("DELETE", path_of(rest, "lists")), ("POST", "/v1/campaigns")]
    for method, path in asked:
        refused = rest.request(method, path, json={} if method == "POST" else None, headers=condition)
        assert (refused.status_code, refused.json["code"]) == (400, "if_match_not_taken"), path
    assert rest.get(campaign, headers=condition).status_code == 200


_MEANT = {
    "flow": "",
    "caller_ids": ["+12125550199"],
    "purpose": "informational",
    "subject": "rent",
    "voice": "agent",
    "law": {"mode": "off", "because": "another"},
    "allow_number_kinds": ["premium"],
    "starts_at": "2030-01-01T00:00:00Z",
    "ends_at": "2031-01-01T00:00:00Z",
    "default_timezone": "America/Chicago",
    "keep_open": True,
    "pacing": {"weight": 3},
    "calling_hours": {"always": True, "because": "another"},
    "retry": {"max_attempts": 7},
    "number_gap": "3h",
    "caps": {"per_number_24h": 1},
    "consent": {"require": "written"},
    "on_opt_out": "finish",
    "lists": {"registry": "off", "because": "a test"},
    "guards": {"failures": {"pause": 0.4}},
    "spend": {"total": "5.00"},
    "variables": {"language": "de-DE"},
    "tags": ["spring"],
    "description": "another",
    "name": "another",
}


@pytest.mark.parametrize("field", sorted(CampaignChanges.model_fields.keys() - {"caller_id_pool"}))
def test_each_field_of_a_campaign_that_can_be_edited_changes_its_tag(rest: Rest, field: str) -> None:
    campaign = path_of(rest, "campaigns")
    read = tag_of(rest, campaign)

    changed = rest.patch(campaign, {field: _MEANT[field] or rest.flow()["id"]})

    assert changed.status_code == 200, changed.text
    assert changed.headers["ETag"] != read


def test_what_calls_change_leaves_the_tag_as_it_is(rest: Rest, services: Services) -> None:
    campaign = path_of(rest, "campaigns")
    [contact] = rest.contacts(campaign.rpartition("/")[2], fresh_number())
    read = [tag_of(rest, campaign), tag_of(rest, f"/v1/contacts/{contact}")]

    with services.sql.begin() as tx:
        tx.execute(
            text("UPDATE contacts SET attempts = 1, outcome = 'heard', disposition = 'human', updated_at = now()")
        )
    assert rest.post(f"{campaign}/start").status_code == 200

    assert [tag_of(rest, campaign), tag_of(rest, f"/v1/contacts/{contact}")] == read


@pytest.mark.parametrize("kind", ["numbers", "connections"])
def test_what_has_not_changed_at_all_is_not_sent_again(rest: Rest, kind: str) -> None:
    path = path_of(rest, kind)
    read = tag_of(rest, path)

    for known in (read, f"W/{read}", f'"other", {read}', "*"):
        same = rest.get(path, headers={"If-None-Match": known})
        assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", read)
    assert rest.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert rest.get(path, headers={"If-None-Match": "other"}).json["code"] == "if_none_match_invalid"
    rest.patch(path, _CHANGES[kind][0])
    assert rest.get(path, headers={"If-None-Match": read}).status_code == 200


def test_what_has_counts_beside_is_always_sent(rest: Rest) -> None:
    campaign = path_of(rest, "campaigns")

    assert rest.get(campaign, headers={"If-None-Match": tag_of(rest, campaign)}).status_code == 200


def test_the_document_tells_of_the_condition_wherever_it_is_looked_at() -> None:
    paths = openapi_document(ROUTES)["paths"]
    changing = {(path, method) for path in paths for method in paths[path] if method in ("patch", "put")}
    taking = {
        (path, method)
        for path, methods in paths.items()
        for method in methods
        if any(each["name"] == "If-Match" for each in methods[method].get("parameters", ()))
    }

    assert taking == {*changing, ("/v1/campaigns/{campaign_id}/start", "post")}
    for path, method in taking:
        assert "412" in paths[path][method]["responses"]
        for each in {method, "get"} & paths[path].keys():
            assert "ETag" in paths[path][each]["responses"]["200"]["headers"], path
