"""What holds at every page: who gets in, what is sent along, and what is refused."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import pytest

from api.http.path_ids import PREFIXES
from api.pages.catalogue import ROUTES
from api.pages.local_paths import local_path
from orchestrator.errors import LimitReached
from orchestrator.operations.access.sign_in import IDLE, create_sign_in_link
from orchestrator.operations.access.sign_in import sign_in as sign_in_by_password
from orchestrator.operations.access.sign_in_limits import (
    TRIES_AT_ONE,
    TRIES_FROM_ONE,
    TRIES_OF_ONE,
    TRIES_THROUGH_ONE,
    WINDOW_S,
    count_try,
)
from orchestrator.policy.roles import Role
from orchestrator.services import Services
from tests.service.pages.conftest import SignIn
from tests.support.rest import AT_ANY_HOUR, Rest
from tests.support.visitor import FROM_HERE, Visitor, text_of

OPEN = {"/sign-in", "/sign-in/link/{token}"}


def _address(path: str) -> str:
    for name, (_, prefix) in PREFIXES.items():
        path = path.replace(f"{{{name}}}", f"{prefix}_01ARZ3NDEKTSV4RRFFQ69G5FAV")
    return path.replace("{token}", "x")


PAGES = sorted(r.path for r in ROUTES if r.method == "GET" and not r.is_fragment)
FRAGMENTS = sorted(r.path for r in ROUTES if r.is_fragment)
FORMS = sorted(r.path for r in ROUTES if r.method == "POST")


def test_a_stranger_is_sent_to_sign_in_and_back(sign_in: SignIn) -> None:
    stranger = sign_in(None)

    for path in set(PAGES) - OPEN:
        answer = stranger.get(_address(path))
        assert answer.status_code == 303, path
        assert answer.headers["Location"].startswith("/sign-in?next=%2F"), path
    for path in OPEN:
        assert stranger.get(_address(path)).status_code == 200, path


def test_a_part_of_a_page_is_for_those_who_have_signed_in(sign_in: SignIn) -> None:
    stranger = sign_in(None)

    assert FRAGMENTS and {stranger.get(_address(path)).status_code for path in FRAGMENTS} == {401}


@pytest.mark.parametrize("said", [1, None, True, "ab", {"done": 1}, ["done"], ["done", 1], [["done"], "x"], "{", "é"])
def test_a_cookie_that_is_none_of_ours_is_ignored(sign_in: SignIn, said: object) -> None:
    stranger, packed = sign_in(None), said if said in ("{", "é") else urlsafe_b64encode(json.dumps(said).encode())
    stranger.client.set_cookie("said", packed if isinstance(packed, str) else packed.decode())

    answer = stranger.get("/sign-in")

    assert answer.status_code == 200, text_of(answer)
    assert 'class="notice' not in answer.text


@pytest.mark.parametrize("garbage", ["", "1", "null", "[]", "{", "é", "\x00", "//", "MQ==", '{"a": NaN}', "[" * 2_000])
def test_fields_that_a_page_hides_in_its_form_may_hold_anything(admin: Visitor, rest: Rest, garbage: str) -> None:
    campaign = rest.campaign()["id"]
    user = rest.post("/v1/users", {"name": "Ada", "login": "ada", "role": "viewer", "password": "correct horse"})
    [person] = rest.contacts(campaign, "+12125550147")
    hidden = dict.fromkeys(("opened", "seen", "once", "kept", "back", "header", "fills.0", "next"), garbage)

    for path in (
        f"/campaigns/{campaign}/edit",
        f"/campaigns/{campaign}/add/file",
        *(f"/campaigns/{campaign}/setup/{step}" for step in ("flow", "file", "values", "hours", "preflight")),
        f"/campaigns/{campaign}/clone",
        f"/people/{person}/edit",
        f"/people/{person}/block",
        "/people/change?status=waiting",
        f"/users/{user.json['id']}",
        "/campaigns/new",
        "/dialing/stop",
    ):
        assert admin.send(path, hidden).status_code in (200, 303, 412, 422), path
    for path in ("/", "/people", "/calls", "/recordings", "/blocked", "/flows", "/users", "/keys", "/audit"):
        assert admin.client.get(path, query_string={"cursor": garbage}).status_code in (200, 422), path


def test_a_form_without_the_token_of_its_session_does_nothing(admin: Visitor) -> None:
    for path in set(FORMS) - OPEN:
        for token in ("", "x", "é"):
            assert admin.send(_address(path), {"csrf": token}).status_code == 403, path


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[localhost"},
        {},
    ],
    ids=["cross-site", "same-site", "none", "other-origin", "null-origin", "no-origin", "silent"],
)
def test_a_form_from_another_site_does_nothing(admin: Visitor, headers: dict[str, str]) -> None:
    for path in FORMS:
        answer = admin.client.post(_address(path), data={"csrf": admin.csrf}, headers=headers)
        assert answer.status_code == 403, path
        assert "not sent from a page of this site" in text_of(answer), path


def test_a_browser_that_names_its_origin_alone_is_believed(admin: Visitor) -> None:
    headers = {"Origin": "http://localhost"}

    assert admin.client.post("/dialing/stop", data={"csrf": admin.csrf}, headers=headers).status_code == 303


def test_every_page_has_its_headers(admin: Visitor, sign_in: SignIn) -> None:
    stranger = sign_in(None)
    answers = [admin.get("/"), admin.get("/nowhere"), stranger.get("/sign-in"), stranger.get("/"), admin.get("/live")]

    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert policy == (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src 'self'; "
            "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert answer.headers["Cache-Control"] in ("no-store", "private, no-cache")


def test_nothing_stands_inline_that_the_policy_would_forbid(admin: Visitor) -> None:
    page = admin.get("/").text

    assert "<style" not in page and " style=" not in page and "<script>" not in page and " onclick" not in page


def test_a_viewer_sees_no_buttons_and_is_refused_what_they_do(sign_in: SignIn, rest: Rest) -> None:
    campaign = rest.campaign(**AT_ANY_HOUR)["id"]
    viewer = sign_in(Role.VIEWER)

    assert "Stop all" not in viewer.get("/").text
    assert "Start" not in text_of(viewer.get(f"/campaigns/{campaign}"))
    for path in ("/dialing/stop", f"/campaigns/{campaign}/start"):
        refused = viewer.send(path)
        assert refused.status_code == 403 and "role operator" in refused.text
    assert rest.get("/v1/dialing").json["stopped"] is False


def test_a_viewer_is_refused_every_page_and_form_of_operators(sign_in: SignIn, rest: Rest) -> None:
    campaign, viewer = rest.campaign()["id"], sign_in(Role.VIEWER)
    above = [route for route in ROUTES if route.needs in (Role.OPERATOR, Role.ADMIN)]
    assert above

    for route in above:
        path = route.path.replace("{campaign_id}", campaign)
        answer = viewer.get(_address(path)) if route.method == "GET" else viewer.send(_address(path))
        assert answer.status_code == 403, f"{route.method} {path}"


def test_only_an_admin_sees_who_changed_what(sign_in: SignIn, rest: Rest) -> None:
    campaign = rest.campaign(**AT_ANY_HOUR)["id"]

    assert "Who changed what" not in sign_in(Role.OPERATOR).get(f"/campaigns/{campaign}").text
    assert "Who changed what" in sign_in(Role.ADMIN).get(f"/campaigns/{campaign}").text


ELSEWHERE = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
]
ELSEWHERE += ["/\t/evil.example", "", "evil", "/ x", "/é", "/" + "x" * 3000]


def test_nobody_is_sent_to_another_site(sign_in: SignIn, services: Services) -> None:
    for wanted in ELSEWHERE:
        assert local_path(wanted) == "/", wanted
        link = create_sign_in_link(Role.VIEWER, by="tests", now=services.clock(), sql=services.sql)
        answer = sign_in(None).send(f"/sign-in/link/{link}", {"next": wanted})
        assert answer.headers["Location"] == "/", wanted


def test_a_path_of_this_site_is_kept() -> None:
    assert local_path("/campaigns/cmp_1?on=%2F") == "/campaigns/cmp_1?on=%2F"


def test_a_link_signs_in_once_and_only_when_it_is_sent(sign_in: SignIn, services: Services) -> None:
    link = create_sign_in_link(Role.OPERATOR, by="tests", now=services.clock(), sql=services.sql)
    one, other = sign_in(None), sign_in(None)

    assert one.get(f"/sign-in/link/{link}").status_code == 200  # a program that looks ahead uses nothing up
    assert one.send(f"/sign-in/link/{link}").status_code == 303
    assert one.get("/").status_code == 200
    refused = other.send(f"/sign-in/link/{link}")
    assert refused.status_code == 403 and "used already" in refused.text


def test_the_cookie_is_for_this_site_and_for_no_script(sign_in: SignIn, services: Services) -> None:
    def cookie(**headers: str) -> str:
        link = create_sign_in_link(Role.VIEWER, by="tests", now=services.clock(), sql=services.sql)
        return sign_in(None).send(f"/sign-in/link/{link}", **headers).headers["Set-Cookie"]

    plain, by_proxy, by_origin = cookie(), cookie(X_Forwarded_Proto="https"), cookie(Origin="https://localhost")

    assert plain.startswith("session=") and "Secure" not in plain
    for each in (by_proxy, by_origin):
        assert each.startswith("__Host-session=") and "Secure" in each and "Domain" not in each
    for each in (plain, by_proxy, by_origin):
        assert "HttpOnly" in each and "SameSite=Strict" in each and "Path=/" in each


def test_over_https_a_cookie_that_a_neighbour_could_have_set_is_not_read(admin: Visitor) -> None:
    assert admin.get("/").status_code == 200
    assert admin.get("/", X_Forwarded_Proto="https").status_code == 303


def test_who_signs_out_is_out(admin: Visitor) -> None:
    token = admin.client.get_cookie("session")
    assert token is not None

    assert admin.send("/sign-out").status_code == 303
    admin.client.set_cookie("session", token.value)

    assert admin.get("/").status_code == 303


def test_a_session_is_over_after_its_idle_time_and_a_page_left_open_does_not_keep_it(
    admin: Visitor, services: Services
) -> None:
    with services.sql.begin() as tx:
        tx.exec_driver_sql("UPDATE sign_in_sessions SET last_used_at = last_used_at - interval '11 hours 59 minutes'")
    for _ in range(3):
        assert admin.get("/live").status_code == 200
    with services.sql.begin() as tx:
        tx.exec_driver_sql("UPDATE sign_in_sessions SET last_used_at = last_used_at - interval '2 minutes'")

    assert IDLE.total_seconds() == 12 * 3600
    assert admin.get("/").status_code == 303


def _try(services: Services, login: str, address: str, times: int) -> None:
    for _ in range(times):
        count_try(login, address, client=services.redis, keys=services.keys)


def _ask(visitor: Visitor, login: str) -> int:
    return visitor.send("/sign-in", {"login": login, "password": "wrong"}).status_code


def test_who_tries_too_often_waits_and_the_owner_of_the_login_does_not(sign_in: SignIn, services: Services) -> None:
    guesser, owner = sign_in(None), sign_in(None)
    owner.client.environ_base["REMOTE_ADDR"] = "203.0.113.9"

    _try(services, "ada", "127.0.0.1", TRIES_AT_ONE)

    assert _ask(guesser, "Ada ") == 429
    assert _ask(owner, "ada") == 403  # asked for the password, and not turned away
    keys = list(services.redis.scan_iter("*tries*"))
    assert keys and all(0 < services.redis.ttl(key) <= WINDOW_S for key in keys)
    assert not any(b"ada" in key for key in keys)


def _refused(services: Services, login: str, address: str, through: str = "") -> bool:
    """Say whether one more try is refused."""
    try:
        count_try(login, address, through=through, client=services.redis, keys=services.keys)
    except LimitReached:
        return True
    return False


def test_a_stranger_who_goes_on_and_on_keeps_nobody_else_out(sign_in: SignIn, services: Services) -> None:
    owner, colleague = sign_in(None), sign_in(None)
    owner.client.environ_base["REMOTE_ADDR"] = "203.0.113.9"

    refused = [_refused(services, "ada", "127.0.0.1", "127.0.0.1") for _ in range(TRIES_OF_ONE + 1)]

    assert refused.count(False) == TRIES_AT_ONE
    assert _ask(owner, "ada") == 403
    assert _ask(colleague, "eve") == 403  # from the same address


def test_who_claims_another_address_with_each_try_waits(sign_in: SignIn, services: Services) -> None:
    liar, other = sign_in(None), sign_in(None)
    liar.client.environ_base["REMOTE_ADDR"] = "192.168.1.66"
    claimed = [f"198.51.{n // 200}.{n % 200}" for n in range(TRIES_THROUGH_ONE)]

    assert not any(_refused(services, f"name{n}", each, "192.168.1.66") for n, each in enumerate(claimed))

    named = {"login": "ada", "password": "wrong"}
    assert liar.send("/sign-in", named, X_Forwarded_For="198.51.100.250").status_code == 429
    assert other.send("/sign-in", named, X_Forwarded_For="198.51.100.250").status_code == 403


def test_one_address_keeps_nobody_out_who_comes_through_the_same_proxy(services: Services) -> None:
    for n in range(TRIES_THROUGH_ONE + 1):
        _refused(services, f"name{n}", "198.51.100.7", "127.0.0.1")

    assert not _refused(services, "ada", "203.0.113.9", "127.0.0.1")


def test_all_addresses_that_one_has_of_ipv6_are_one(services: Services) -> None:
    for n in range(TRIES_AT_ONE):
        assert not _refused(services, "ada", f"2001:db8:0:7::{n:x}")

    assert _refused(services, "ada", "2001:db8:0:7:ffff::1")
    assert not _refused(services, "ada", "2001:db8:0:8::1")
    assert [_refused(services, "eve", "::ffff:198.51.100.7") for _ in range(TRIES_AT_ONE)].count(True) == 0
    assert _refused(services, "eve", "198.51.100.7") and not _refused(services, "eve", "::ffff:198.51.100.8")


def test_who_tries_many_names_waits_too(sign_in: SignIn, services: Services) -> None:
    for n in range(TRIES_FROM_ONE):
        _try(services, f"name{n}", "127.0.0.1", 1)

    assert _ask(sign_in(None), "another") == 429


def test_a_page_that_is_not_there_is_a_page_for_people_and_a_problem_for_programs(admin: Visitor, rest: Rest) -> None:
    for path in ("/nowhere", "/campaigns/cmp_01ARZ3NDEKTSV4RRFFQ69G5FAV", "/campaigns/x"):
        page = admin.get(path)
        assert page.status_code == 404 and "There is nothing here" in page.text
    assert rest.get("/nowhere").content_type == "application/problem+json"


def test_the_old_session_ends_where_a_new_one_begins(admin: Visitor, services: Services) -> None:
    before = admin.client.get_cookie("session")
    assert before is not None
    link = create_sign_in_link(Role.VIEWER, by="tests", now=services.clock(), sql=services.sql)

    admin.client.post(f"/sign-in/link/{link}", headers=FROM_HERE)
    after = admin.client.get_cookie("session")

    assert after is not None and after.value != before.value
    admin.client.set_cookie("session", before.value)
    assert admin.get("/").status_code == 303


def test_what_a_user_does_is_recorded_with_the_name_and_the_id(sign_in: SignIn, rest: Rest, services: Services) -> None:
    ada = {"name": "Ada", "login": "ada", "role": "operator", "password": "correct horse battery"}
    user = rest.post("/v1/users", ada).json["id"]
    visitor = sign_in(None)
    signed_in = sign_in_by_password("ada", ada["password"], now=services.clock(), sql=services.sql)
    assert signed_in is not None
    visitor.enter(signed_in)

    assert visitor.send("/dialing/stop", {"reason": "complaints", "sure": "yes"}).status_code == 303

    newest, *_ = rest.get("/v1/audit?subject=dialing").json["data"]
    assert (newest["by"], newest["user_id"], newest["key_id"]) == ("Ada", user, None)
