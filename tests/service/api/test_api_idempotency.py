"""A request repeated under its key is the same request, whatever happens in between."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.ids import seeded_id
from orchestrator.operations.system.idempotency import Kept, Taken, begin_request, finish_request
from orchestrator.services import Services
from tests.support.rest import CALLER_ID, FLOW, Rest, fresh_number, pointers
from tests.support.run_operation import run_operation

KEY = {"Idempotency-Key": "one"}


def _document(rest: Rest) -> dict[str, Any]:
    return {"name": "x", "flow": rest.flow()["id"], "caller_ids": [CALLER_ID]}


def test_a_key_with_another_body_is_refused(rest: Rest) -> None:
    document = _document(rest)
    rest.post("/v1/campaigns", document, headers=KEY)

    refused = rest.post("/v1/campaigns", {**document, "name": "y"}, headers=KEY)

    assert refused.status_code == 422 and refused.json["code"] == "idempotency_key_reused"
    assert len(rest.get("/v1/campaigns").json["data"]) == 1


def test_a_refusal_is_said_again_too(rest: Rest) -> None:
    number = fresh_number()
    rest.post("/v1/suppressions", {"phone": number})
    document = {"to": number, "ignore_hours": True, "because": "a test"}
    first = rest.post("/v1/calls", document, headers=KEY)
    rest.delete("/v1/suppressions?phone=%2B" + number[1:])

    again = rest.post("/v1/calls", document, headers=KEY)

    assert (first.status_code, again.status_code) == (409, 409)
    assert again.json == first.json and again.headers["Idempotent-Replayed"] == "true"
    assert again.content_type == "application/problem+json"


def test_the_same_key_at_another_address_is_another_key(rest: Rest) -> None:
    rest.post("/v1/campaigns", _document(rest), headers=KEY)

    stored = rest.request(
        "POST", "/v1/flows", data=FLOW.format(name="other"), content_type="application/yaml", headers=KEY
    )

    assert stored.status_code == 201


def test_a_flow_stored_again_under_its_key_answers_as_at_first(rest: Rest) -> None:
    send = {"data": FLOW.format(name="f"), "content_type": "application/yaml", "headers": KEY}

    first, again = (rest.request("POST", "/v1/flows", **send) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json


def test_a_key_whose_first_request_is_being_answered_waits(rest: Rest, services: Services) -> None:
    document = _document(rest)
    rest.post("/v1/campaigns", document, headers=KEY)
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE idempotency_keys SET status = NULL, response = NULL"))

    refused = rest.post("/v1/campaigns", document, headers=KEY)

    assert refused.status_code == 409 and refused.json["code"] == "idempotency_in_progress"
    assert refused.headers["Retry-After"] == "1"


def test_a_repeat_after_the_process_died_finds_the_deed_done(rest: Rest, services: Services) -> None:
    document = {"to": fresh_number(), "ignore_hours": True, "because": "a test"}
    first = rest.post("/v1/calls", document, headers=KEY)
    with services.sql.begin() as tx:
        tx.execute(
            text("UPDATE idempotency_keys SET status = NULL, response = NULL, taken_at = now() - interval '61 s'")
        )
        since = tx.execute(text("SELECT created_at FROM idempotency_keys")).scalar_one()
        scope = tx.execute(text("SELECT scope FROM idempotency_keys")).scalar_one()
        ident = seeded_id("con", f"{scope}/one", made_at=since)
        tx.execute(text("ALTER TABLE calls DROP CONSTRAINT calls_contact_id_fkey"))
        tx.execute(text("UPDATE contacts SET id = :id"), {"id": ident})
        tx.execute(text("UPDATE calls SET contact_id = :id"), {"id": ident})

    again = rest.post("/v1/calls", document, headers=KEY)

    assert again.status_code == 202 and again.json["id"] == first.json["id"]
    assert len(rest.get("/v1/calls").json["data"]) == 1


def test_a_key_is_forgotten_after_a_day(rest: Rest, services: Services) -> None:
    document = _document(rest)
    first = rest.post("/v1/campaigns", document, headers=KEY)
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'"))

    again = rest.post("/v1/campaigns", {**document, "name": "y"}, headers=KEY)

    assert again.status_code == 201 and again.json["id"] != first.json["id"]


def test_old_keys_are_cleared_away_by_new_ones(rest: Rest, services: Services) -> None:
    with services.sql.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO idempotency_keys (key, scope, body_hash, created_at)"
                " SELECT n::text, 's', 'b', now() - interval '2 days' FROM generate_series(1, 15) n"
            )
        )

    rest.post("/v1/campaigns", _document(rest), headers=KEY)

    with services.sql.connect() as tx:
        assert tx.execute(text("SELECT count(*) FROM idempotency_keys")).scalar_one() == 1


def test_what_came_to_nothing_is_not_kept(rest: Rest, services: Services) -> None:
    document = _document(rest)
    with services.sql.begin() as tx:
        tx.execute(text("ALTER TABLE campaigns RENAME TO hidden"))
    broken = rest.post("/v1/campaigns", document, headers=KEY)
    with services.sql.begin() as tx:
        tx.execute(text("ALTER TABLE hidden RENAME TO campaigns"))

    mended = rest.post("/v1/campaigns", document, headers=KEY)

    assert broken.status_code == 500 and "campaigns" not in broken.text
    assert mended.status_code == 201 and "Idempotent-Replayed" not in mended.headers


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "schlüssel"])
def test_a_key_that_cannot_be_kept_is_refused(rest: Rest, key: str) -> None:
    refused = rest._client.post(
        "/v1/calls",
        json={"to": "+12125550123"},
        headers={"Authorization": "Bearer key-of-the-tests"},
        environ_overrides={"HTTP_IDEMPOTENCY_KEY": key.encode().decode("latin-1")},
    )

    assert refused.status_code == 400 and refused.json["code"] == "idempotency_key_invalid"


def test_a_key_is_ignored_where_repeating_does_no_harm(rest: Rest) -> None:
    rest.post("/v1/suppressions", {"phone": fresh_number()}, headers=KEY)

    again = rest.post("/v1/suppressions", {"phone": fresh_number()}, headers=KEY)

    assert again.status_code == 201


def test_two_at_once_are_one(services: Services) -> None:
    begun = [run_operation(begin_request, "k", scope="s", body_hash="b", services=services) for _ in range(2)]

    first, second = begun
    assert isinstance(first, Taken) and second == "in_progress"
    run_operation(finish_request, first, Kept(201, b"{}", "application/json"), services=services)
    assert run_operation(begin_request, "k", scope="s", body_hash="b", services=services) == Kept(
        201, b"{}", "application/json"
    )
    assert run_operation(begin_request, "k", scope="s", body_hash="c", services=services) == "other_body"


def test_a_missing_field_is_told_before_the_key_is(rest: Rest) -> None:
    refused = rest.post("/v1/calls", {}, headers=KEY)

    assert pointers(refused) == {"/to": "required"}
