"""Values for everybody of a campaign, its tags and its description."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.errors import Conflict
from orchestrator.operations.contacts.upload_target import hold_open, upload_target_of
from orchestrator.services import Services
from tests.support.rest import Rest, fresh_number, pointers


def test_a_campaign_shows_what_was_said_of_it(rest: Rest) -> None:
    said = {"tags": [" Spring  Sale", "spring sale", "b2b"], "description": " For the shops. "}

    campaign = rest.campaign(variables={"First Name": "friend", "offer": 7}, **said)

    assert campaign["variables"] == {"first_name": "friend", "offer": 7}
    assert (campaign["tags"], campaign["description"]) == (["spring sale", "b2b"], "For the shops.")


def test_a_change_merges_variables_replaces_tags_and_takes_a_description_away(rest: Rest) -> None:
    campaign = rest.campaign(variables={"offer": 7, "city": "Bern"}, tags=["a"], description="x")["id"]

    changes = {"variables": {"offer": 8, "city": None}, "tags": ["b"], "description": None}
    changed = rest.patch(f"/v1/campaigns/{campaign}", changes)

    assert changed.status_code == 200, changed.text
    told = changed.json or {}
    assert (told["variables"], told["tags"], told["description"]) == ({"offer": 8}, ["b"], None)


def test_campaigns_are_listed_by_their_tag(rest: Rest) -> None:
    ids = [rest.campaign(tags=tags)["id"] for tags in (["Spring"], ["spring", "b2b"], ["b2b"], [])]

    found = [each["id"] for each in (rest.get("/v1/campaigns?tag=SPRING").json or {})["data"]]

    assert found == [ids[1], ids[0]]


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"variables": {"a": [1]}}, "/variables/a"),
        ({"variables": {"a": "x" * 4001}}, "/variables"),
        ({"variables": {" ": "x"}}, "/variables"),
        ({"variables": {"a": 1e19}}, "/variables"),
        ({"variables": {f"v{n}": n for n in range(201)}}, "/variables"),
        ({"variables": {"First Name": "a", "first_name": "b"}}, "/variables/first_name"),
        ({"tags": [""]}, "/tags/0"),
        ({"tags": ["x" * 51]}, "/tags/0"),
        ({"tags": [f"t{n}" for n in range(21)]}, "/tags"),
        ({"description": "a\u0007b"}, "/description"),
    ],
)
def test_what_cannot_be_said_of_a_campaign_is_refused_by_its_place(
    rest: Rest, document: dict[str, Any], pointer: str
) -> None:
    campaign = rest.campaign()

    created = rest.post(
        "/v1/campaigns",
        {"name": "n", "flow": campaign["flow"]["id"], "caller_ids": campaign["caller_ids"], **document},
    )

    assert [found for found in pointers(created) if found.startswith(pointer)], created.text
    assert rest.patch(f"/v1/campaigns/{campaign['id']}", document).status_code == 422


def test_a_value_that_is_none_is_refused_once_and_not_for_each_kind_that_it_is_not_of(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    [contact] = rest.contacts(campaign, fresh_number())
    asked = {"variables": {"first_name": ["Ann"]}}
    once = {"Idempotency-Key": "once"}

    refused = [
        rest.patch(f"/v1/campaigns/{campaign}", asked),
        rest.patch(f"/v1/contacts/{contact}", asked),
        rest.post(f"/v1/campaigns/{campaign}/test-call", {"to": fresh_number(), **asked}, headers=once),
        rest.post("/v1/calls", {"to": fresh_number(), **asked}, headers=once),
    ]

    for answer in refused:
        detail = "write text, a number, true or false"
        assert answer.json["errors"] == [{"pointer": "/variables/first_name", "code": "not_a_value", "detail": detail}]


def test_a_contact_needs_no_input_that_its_campaign_has_for_everybody(rest: Rest) -> None:
    campaign = rest.campaign(variables={"first_name": "friend"})["id"]

    added = rest.post(f"/v1/campaigns/{campaign}/contacts", {"contacts": [{"phone": fresh_number()}]})
    uploaded = rest.upload(campaign, f"phone\n{fresh_number()}\n")

    assert (added.json or {})["accepted"] == 1, added.text
    assert (uploaded.json or {})["accepted"] == 1, uploaded.text


def test_a_value_that_contacts_lean_on_is_not_taken_away(rest: Rest) -> None:
    campaign = rest.campaign(variables={"first_name": "friend"})["id"]
    rest.contacts(campaign, fresh_number(), variables={"first_name": ""})

    for gone in ({"first_name": None}, {"first_name": " "}):
        refused = rest.patch(f"/v1/campaigns/{campaign}", {"variables": gone})
        assert pointers(refused) == {"/variables": "contacts_lack_inputs"}

    assert rest.patch(f"/v1/campaigns/{campaign}", {"variables": {"first_name": "you"}}).status_code == 200


def test_contacts_that_lean_on_a_value_taken_away_meanwhile_are_sent_again(rest: Rest, services: Services) -> None:
    campaign = rest.campaign(variables={"first_name": "friend"})["id"]
    stores = {"sql": services.sql, "flows": services.flows, "clock": services.clock}
    place = upload_target_of(campaign, **stores)
    assert rest.patch(f"/v1/campaigns/{campaign}", {"variables": {"first_name": None}}).status_code == 200

    with services.sql.begin() as tx, pytest.raises(Conflict, match="first_name") as refused:
        hold_open(tx, place)

    assert refused.value.code == "variables_changed"


def test_a_value_is_taken_away_where_all_contacts_have_their_own(rest: Rest) -> None:
    campaign = rest.campaign(variables={"first_name": "friend"})["id"]
    rest.contacts(campaign, fresh_number())

    assert rest.patch(f"/v1/campaigns/{campaign}", {"variables": {"first_name": None}}).status_code == 200


def test_a_flow_is_changed_where_the_campaign_gives_what_it_requires(rest: Rest) -> None:
    other = "name: {name}\ninputs: {{city: {{}}}}\nstart: bye\nsteps: {{bye: {{hangup: {{}}}}}}\n"
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, fresh_number())
    flow = rest.flow(text=other)["id"]

    assert pointers(rest.patch(f"/v1/campaigns/{campaign}", {"flow": flow})) == {"/flow": "contacts_lack_inputs"}
    changed = rest.patch(f"/v1/campaigns/{campaign}", {"flow": flow, "variables": {"City": "Bern"}})

    assert changed.status_code == 200, changed.text
    assert (changed.json or {})["variables"] == {"city": "Bern"}
