"""Numbers of ours that take calls, and the calls that came to them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.ids import new_id
from orchestrator.services import Services
from tests.support.rest import CONNECTION, Rest, fresh_number, pointers

FOR_ANYBODY = """
name: {name}
start: greet
inbound: pick_up
steps:
  pick_up: {{answer: {{}}, on: {{call.answered: greet}}}}
  greet: {{speak: {{payload: Hello, voice: female}}, on: {{call.speak.ended: bye}}}}
  bye: {{hangup: {{}}}}
"""


def _mapped(rest: Rest, **document: Any) -> dict[str, Any]:
    document = {"number": fresh_number(), "flow": rest.flow(text=FOR_ANYBODY)["id"], **document}
    made = rest.post("/v1/numbers", document)
    assert made.status_code == 201, made.text
    return dict(made.json or {})


def _came_in(services: Services, number: dict[str, Any], *, caller: str, joined: str | None = None) -> str:
    """Put a call that came in into the record, and return its id."""
    ids = {"call": new_id("call"), "contact": new_id("con"), "joined": joined, "number": number["id"]}
    with services.sql.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO contacts (id, campaign_id, phone, is_single, status)"
                " SELECT :contact, home_id, :caller, true, 'completed' FROM numbers WHERE id = :number"
            ),
            {**ids, "caller": caller},
        )
        tx.execute(
            text(
                "INSERT INTO calls (id, campaign_id, contact_id, joined_contact_id, connection_id, flow_id, direction,"
                " to_number, from_number, attempt, state, command_id, ring_limit_s, talk_limit_s)"
                " SELECT :call, home_id, :contact, :joined, :connection, flow_id, 'inbound', number, :caller, 1,"
                " 'ended', '', 60, 600 FROM numbers WHERE id = :number"
            ),
            {**ids, "caller": caller, "connection": CONNECTION},
        )
    return str(ids["call"])


def test_a_number_is_mapped_shown_changed_and_let_go(rest: Rest) -> None:
    number = _mapped(rest, join_days=3)
    other = rest.flow(text=FOR_ANYBODY)

    changed = rest.patch(f"/v1/numbers/{number['id']}", {"flow": other["name"], "join_days": None})
    shown = rest.get(f"/v1/numbers/{number['id']}")
    listed = rest.get(f"/v1/numbers?number=%2B{number['number'][1:]}")
    gone = rest.delete(f"/v1/numbers/{number['id']}")

    assert number["join_days"] == 3 and number["id"].startswith("num_")
    assert changed.status_code == 200 and changed.json == shown.json
    assert (shown.json["flow"]["id"], shown.json["join_days"]) == (other["id"], None)
    assert listed.json["data"] == [shown.json]
    assert (gone.status_code, rest.get(f"/v1/numbers/{number['id']}").status_code) == (204, 404)
    assert rest.delete(f"/v1/numbers/{number['id']}").status_code == 404


def test_a_number_is_mapped_once(rest: Rest) -> None:
    number = _mapped(rest)

    refused = rest.post("/v1/numbers", {"number": number["number"], "flow": number["flow"]["id"]})

    assert refused.status_code == 409 and refused.json["code"] == "number_mapped"


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({}, "/number"),
        ({"number": "12"}, "/number"),
        ({"number": 13125550100}, "/number"),
        ({"number": "+13125550100"}, "/flow"),
        ({"number": "+13125550100", "flow": "nowhere"}, "/flow"),
        ({"number": "+13125550100", "flow": 7}, "/flow"),
        ({"number": "+13125550100", "flow": "f", "join_days": -1}, "/join_days"),
        ({"number": "+13125550100", "flow": "f", "join_days": "7"}, "/join_days"),
        ({"number": "+13125550100", "flow": "f", "campaign": "x"}, "/campaign"),
    ],
)
def test_each_wrong_field_of_a_number_is_named(rest: Rest, document: dict[str, Any], pointer: str) -> None:
    assert pointer in pointers(rest.post("/v1/numbers", document))


def test_a_flow_that_needs_what_a_stranger_lacks_is_refused(rest: Rest) -> None:
    flow, number = rest.flow()["id"], _mapped(rest)

    created = rest.post("/v1/numbers", {"number": fresh_number(), "flow": flow})
    changed = rest.patch(f"/v1/numbers/{number['id']}", {"flow": flow})

    assert pointers(created) == pointers(changed) == {"/flow": "needs_inputs"}
    assert "first_name" in created.text


def test_the_home_of_calls_that_come_in_is_nobodys_campaign(rest: Rest) -> None:
    _mapped(rest)

    assert rest.get("/v1/campaigns").json["data"] == []


def test_a_call_that_came_in_is_told_by_its_direction(rest: Rest, services: Services) -> None:
    caller = fresh_number()
    number = _mapped(rest)
    call = _came_in(services, number, caller=caller)

    told = rest.get(f"/v1/calls/{call}").json
    found = rest.get("/v1/calls?direction=inbound").json["data"]

    assert (told["direction"], told["to"], told["from"]) == ("inbound", number["number"], caller)
    assert (told["contact_id"], told["campaign_id"], told["external_id"]) == (None, None, None)
    assert [row["id"] for row in found] == [call]
    assert rest.get("/v1/calls?direction=outbound").json["data"] == []
    assert rest.get("/v1/contacts").json["data"] == []
    assert pointers(rest.get("/v1/calls?direction=up")) == {"?direction": "literal_error"}


def test_a_joined_call_has_its_contact_and_is_found_by_it(rest: Rest, services: Services) -> None:
    campaign, caller = rest.campaign()["id"], fresh_number()
    [contact] = rest.contacts(campaign, caller, external_id="order-7")
    call = _came_in(services, _mapped(rest), caller=caller, joined=contact)

    told = rest.get(f"/v1/calls/{call}").json
    found = rest.get(f"/v1/calls?contact_id={contact}").json["data"]

    assert (told["contact_id"], told["campaign_id"], told["external_id"]) == (contact, campaign, "order-7")
    assert [row["id"] for row in found] == [call]


def test_erasing_a_contact_erases_who_called(rest: Rest, services: Services) -> None:
    campaign, caller = rest.campaign()["id"], fresh_number()
    [contact] = rest.contacts(campaign, caller)
    number = _mapped(rest)
    call = _came_in(services, number, caller=caller, joined=contact)
    recorded = {"id": new_id("rec"), "call": call}
    with services.sql.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO recordings (id, call_id, told_as, event_id, told_at, leg)"
                " VALUES (:id, :call, 'r', 'r', now(), 'A')"
            ),
            recorded,
        )

    erased = rest.delete(f"/v1/contacts/{contact}")

    told = rest.get(f"/v1/calls/{call}").json
    assert erased.status_code in (200, 204)
    assert (told["to"], told["from"]) == (number["number"], f"erased:{contact}")
    with services.sql.connect() as tx:
        kept = tx.execute(text("SELECT count(*) FROM contacts WHERE phone = :p"), {"p": caller}).scalar()
        heard = tx.execute(text("SELECT count(*) FROM recordings WHERE state <> 'erased'")).scalar()
    assert (kept, heard) == (0, 0)
