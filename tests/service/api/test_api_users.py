"""Users of the web page over REST: who may sign in, in which role, and since when no more."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from sqlalchemy import text

from orchestrator.operations.access.sign_in import find_session, sign_in, verify_password
from orchestrator.services import Services
from tests.support.rest import Rest, pointers

pytestmark = pytest.mark.usefixtures("quick_hashes")

PASSWORD = "correct horse battery"
ANOTHER = "staple of the other horse"


def made(rest: Rest, login: str = "ada@example.com", **more: object) -> str:
    """Return the id of a new user."""
    answer = rest.post("/v1/users", {"name": "Ada", "login": login, "role": "operator", "password": PASSWORD, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def signed_in(services: Services, login: str = "ada@example.com", password: str = PASSWORD) -> str:
    """Return the token of a session."""
    opened = sign_in(login, password, now=services.clock(), sql=services.sql)
    assert opened is not None
    return opened.token


def lasts(services: Services, token: str) -> bool:
    return find_session(token, now=services.clock(), sql=services.sql) is not None


def rows_of(services: Services, table: str) -> str:
    with services.sql.connect() as tx:
        return str(tx.execute(text(f"SELECT to_jsonb(t) FROM {table} t")).scalars().all())


def test_a_user_is_created_shown_and_listed_without_the_password(rest: Rest, services: Services) -> None:
    user = made(rest)

    shown = rest.get(f"/v1/users/{user}").json
    assert (shown["name"], shown["login"], shown["role"], shown["disabled"], shown["created_by"]) == (
        "Ada",
        "ada@example.com",
        "operator",
        False,
        "api",
    )
    assert rest.get("/v1/users").json["data"] == [shown]
    assert not any("pass" in name and name != "password_changed_at" for name in shown)
    assert "$argon2id$v=19$" in rows_of(services, "users")


def test_a_password_stands_in_no_row_answer_log_or_record(
    rest: Rest, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    user = made(rest)
    told = [rest.patch(f"/v1/users/{user}", {"password": ANOTHER}).text, rest.get("/v1/users").text]
    told += [rest.post("/v1/users", {"login": "x", "password": ANOTHER, "role": ANOTHER}).text]
    told += [rest.patch(f"/v1/users/{user}", {"password": [ANOTHER]}).text]
    verify_password("ada@example.com", "one that is " + ANOTHER, sql=services.sql)
    sign_in(ANOTHER, PASSWORD, now=services.clock(), sql=services.sql)

    everything = " ".join([*told, caplog.text, *(rows_of(services, name) for name in ("users", "audit_events"))])
    assert PASSWORD not in everything and ANOTHER not in everything


def test_a_login_is_of_one_user_however_it_is_written(rest: Rest) -> None:
    made(rest, "Ada@Example.com")
    other = made(rest, "bob")

    again = rest.post("/v1/users", {"name": "x", "login": "ADA@example.COM", "role": "viewer", "password": PASSWORD})
    taken = rest.patch(f"/v1/users/{other}", {"login": "aDA@example.com"})

    assert [(each.status_code, each.json["code"]) for each in (again, taken)] == [(409, "login_taken")] * 2
    assert rest.get(f"/v1/users/{other}").json["login"] == "bob"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"password": "short"}, {"/password": "string_too_short"}),
        ({"password": "x" * 129}, {"/password": "string_too_long"}),
        ({"password": "aaaaaaaaaaaa"}, {"/password": "password_guessable"}),
        ({"login": "grace.hopper", "password": "Grace.Hopper"}, {"/password": "password_guessable"}),
        ({"login": "two words"}, {"/login": "string_pattern_mismatch"}),
        ({"login": "аda"}, {"/login": "string_pattern_mismatch"}),
        ({"name": " "}, {"/name": "string_too_short"}),
        ({"name": "api"}, {"/name": "reserved"}),
        ({"role": "owner"}, {"/role": "enum"}),
    ],
)
def test_what_no_user_can_be_made_from_is_named(rest: Rest, fields: dict[str, str], wrong: dict[str, str]) -> None:
    whole = {"name": "Ada", "login": "ada", "role": "viewer", "password": PASSWORD}

    assert pointers(rest.post("/v1/users", {**whole, **fields})) == wrong
    assert rest.get("/v1/users").json["data"] == []


@pytest.mark.parametrize(
    "change", [{"password": ANOTHER}, {"role": "viewer"}, {"disabled": True}], ids=["password", "role", "disabled"]
)
def test_another_password_or_role_and_disabling_end_every_session(
    rest: Rest, services: Services, change: dict[str, Any]
) -> None:
    user, bob = made(rest), made(rest, "bob")
    sessions = [signed_in(services), signed_in(services)]
    of_another = signed_in(services, "bob")
    rest.patch(f"/v1/users/{user}", {"name": "Ada L.", "login": "ada@example.com", "disabled": False})
    assert all(lasts(services, token) for token in sessions)

    assert rest.patch(f"/v1/users/{user}", change).status_code == 200

    assert not any(lasts(services, token) for token in sessions)
    assert lasts(services, of_another) and rest.get(f"/v1/users/{bob}").json["last_sign_in_at"]


def test_who_is_disabled_cannot_sign_in_until_enabled_again(rest: Rest, services: Services) -> None:
    user = made(rest)

    assert rest.patch(f"/v1/users/{user}", {"disabled": True}).json["disabled"] is True
    assert verify_password("ada@example.com", PASSWORD, sql=services.sql) is None
    assert rest.patch(f"/v1/users/{user}", {"disabled": False}).json["disabled"] is False
    assert verify_password("ada@example.com", PASSWORD, sql=services.sql) is not None


def test_who_is_deleted_is_signed_out_and_forgotten(rest: Rest, services: Services) -> None:
    user = made(rest)
    token = signed_in(services)
    rest.patch(f"/v1/users/{user}", {"name": "Zebedee", "login": "zebedee"})

    assert rest.delete(f"/v1/users/{user}").status_code == 204

    assert not lasts(services, token)
    assert rest.get(f"/v1/users/{user}").status_code == rest.delete(f"/v1/users/{user}").status_code == 404
    assert "zebedee" not in rows_of(services, "audit_events").lower()


def test_the_last_admin_may_go_for_the_key_of_the_settings_makes_the_next(rest: Rest) -> None:
    admin = made(rest, role="admin")

    assert rest.patch(f"/v1/users/{admin}", {"role": "viewer"}).status_code == 200
    assert rest.delete(f"/v1/users/{admin}").status_code == 204
    made(rest, role="admin")


def test_only_an_admin_decides_who_may_sign_in(rest: Rest) -> None:
    user = made(rest)
    key = rest.post("/v1/keys", {"name": "x", "role": "operator"}).json["key"]
    operator = {"Authorization": f"Bearer {key}"}

    asked = [("GET", "/v1/users"), ("POST", "/v1/users"), ("POST", "/v1/sign-in-links")]
    asked += [(method, f"/v1/users/{user}") for method in ("GET", "PATCH", "DELETE")]
    for method, path in asked:
        refused = rest.request(method, path, json={} if method in ("POST", "PATCH") else None, headers=operator)
        assert (refused.status_code, refused.json["needed"]) == (403, "admin"), (method, path)


def test_who_made_changed_and_deleted_whom_is_recorded(rest: Rest) -> None:
    user = made(rest)
    rest.patch(f"/v1/users/{user}", {"role": "admin", "disabled": True, "password": ANOTHER, "name": "Zebedee"})
    rest.delete(f"/v1/users/{user}")

    recorded = rest.get(f"/v1/audit?subject={user}").json["data"]
    assert [(each["action"], each["by"]) for each in recorded] == [
        ("DELETE /v1/users/{user_id}", "api"),
        ("PATCH /v1/users/{user_id}", "api"),
        ("POST /v1/users", "api"),
    ]
    changes = recorded[1]["changes"]
    assert (changes["role"], changes["disabled"]) == (["operator", "admin"], [False, True])
    assert changes["name"] == ["(not kept)", "(not kept)"] and "password_changed_at" in changes


def test_a_link_that_signs_in_is_made_by_an_admin_and_its_token_stands_nowhere(rest: Rest, services: Services) -> None:
    link = rest.post("/v1/sign-in-links", {"role": "operator"}).json

    assert link["role"] == "operator" and len(link["token"]) == 43
    assert link["token"] not in rows_of(services, "sign_in_links") + rows_of(services, "audit_events")
