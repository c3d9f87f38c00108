"""The pages of operations, users, keys and the record: what they say, and what their forms do."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from api.app import create_app
from orchestrator.policy.roles import Role
from orchestrator.services import Services
from orchestrator.store.redis.keys import Keys
from tests.service.api.test_api_events import KEYS, bury_one
from tests.service.pages.conftest import SignIn
from tests.service.pages.test_people_pages import PAYLOADS
from tests.support.edit_form import form_of
from tests.support.rest import Rest
from tests.support.visitor import Visitor, text_of
from workers.presence import Presence

PASSWORD = "correct horse battery"
NEW = {"name": "Ada", "login": "ada", "role": "operator", "password": PASSWORD}


def letter_of(rest: Rest) -> str:
    """Return the id of the only dead letter."""
    [letter] = rest.get("/v1/events/dead").json["data"]
    return str(letter["id"])


def test_an_empty_installation_says_what_would_be_there(admin: Visitor) -> None:
    operations = text_of(admin.get("/operations"))
    assert "PostgreSQL answers" in operations and "stream events" in operations and "queue commands" in operations
    assert "so that it holds up no other" in operations
    assert "No dead letter" in text_of(admin.get("/operations/dead"))
    assert "No such webhook" in text_of(admin.get("/operations/orphans"))
    assert "No user yet" in text_of(admin.get("/users"))
    assert "No key yet" in text_of(admin.get("/keys"))
    assert "Nothing like that is on record" in text_of(admin.get("/audit?by=nobody"))


@pytest.mark.parametrize("url", [None, "https://flower.example/"])
def test_flower_is_led_to_where_its_address_is_set(services: Services, url: str | None) -> None:
    settings = services.settings.model_copy(update={"flower_url": url})
    with closing(replace(services, settings=settings)) as changed:
        admin = Visitor(create_app(changed), changed)
        page, part = admin.get("/operations"), admin.get("/operations/live")

    assert ('href="https://flower.example/"' in page.text) is (url is not None)
    assert ("Flower" in text_of(part)) is (url is not None)


def test_engines_and_workers_stand_with_what_they_do(admin: Visitor, rest: Rest, services: Services) -> None:
    assert "nobody is called. Start an engine" in text_of(admin.get("/operations"))
    for kind, served in (("engine", None), ("worker", lambda: (1_234, True))):
        Presence(services.redis, KEYS, kind=kind, parts=[f"part of {kind}"], served=served).show()  # type: ignore[arg-type]
        [shown] = rest.get("/v1/processes").json["data"]
        page = text_of(admin.get("/operations"))

        assert shown["name"] in page and f"part of {kind}" in page
    assert (shown["calls"], shown["is_on_shift"], shown["is_silent"]) == (1_234, True, False)
    assert "1,234" in page and "on shift" in page


def test_what_is_wrong_stands_with_its_remedy(admin: Visitor, rest: Rest) -> None:
    rest.post("/v1/dialing/stop", {"reason": "wrong price"})

    assert "wrong price" in text_of(admin.get("/operations")).partition("Checks")[2]


def test_a_dead_letter_is_replayed_as_rest_does_it(admin: Visitor, rest: Rest, services: Services) -> None:
    bury_one(services, 1)
    letter = letter_of(rest)
    assert "One event failed for good" in text_of(admin.get("/operations"))
    assert '{"number":1}' in text_of(admin.get("/operations/dead")).replace("&#34;", '"')

    first = admin.send(f"/operations/dead/{letter}/replay", {"back": "/operations"})
    assert first.headers["Location"] == "/operations" and "comes back here" in text_of(admin.follow(first))
    again = admin.send(f"/operations/dead/{letter}/replay")
    assert "somebody was faster" in text_of(admin.follow(again))

    assert [fields for _, fields in services.redis.xrange(KEYS.events)] == [{b"raw": b'{"number":1}'}]
    [done] = rest.get(f"/v1/audit?subject={letter}").json["data"]
    assert (done["action"], done["by"]) == ("POST /v1/events/dead/{letter_id}/replay", "link of tests")


def test_a_dead_letter_is_thrown_away(admin: Visitor, rest: Rest, services: Services) -> None:
    bury_one(services, 1)

    done = admin.send(f"/operations/dead/{letter_of(rest)}/discard", {"back": "/operations/dead"})

    assert "It is thrown away." in text_of(admin.follow(done))
    assert rest.get("/v1/events/dead").json["data"] == []
    assert services.redis.xlen(KEYS.events) == 0


def test_the_record_tells_moments_as_moments_and_deeds_in_short(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, "+12125550123")
    rest.patch(f"/v1/campaigns/{campaign}", {"starts_at": "2031-05-06T07:08:09Z"})

    page = admin.get(f"/audit?subject={campaign}")

    assert '<time datetime="2031-05-06T07:08:09.000Z" data-show="full">Tue 6 May 2031 07:08 UTC</time>' in page.text
    assert "2031-05-06T" not in text_of(page)
    assert "Add contacts to a campaign" in text_of(page)


def test_a_viewer_sees_dead_letters_and_replays_none(sign_in: SignIn, rest: Rest, services: Services) -> None:
    bury_one(services, 1)
    letter, viewer = letter_of(rest), sign_in(Role.VIEWER)

    assert "Replay" not in viewer.get("/operations").text + viewer.get("/operations/dead").text
    for action in ("replay", "discard"):
        assert viewer.send(f"/operations/dead/{letter}/{action}").status_code == 403, action
    assert letter_of(rest) == letter


def test_webhooks_of_no_call_are_listed_with_the_reason(admin: Visitor, services: Services) -> None:
    services.redis.xadd(Keys().unmatched_webhooks, {"raw": b'{"data":{}}', "why": "it carries nothing of ours"})

    assert "it carries nothing of ours" in text_of(admin.get("/operations/orphans"))


def test_users_keys_and_the_record_are_for_admins(sign_in: SignIn) -> None:
    operator = sign_in(Role.OPERATOR)
    page = operator.get("/operations").text

    for path in ("/users", "/keys", "/audit"):
        assert f'href="{path}"' not in page and operator.get(path).status_code == 403, path
    for path, form in (("/users", NEW), ("/keys", {"name": "x", "role": "admin"})):
        assert operator.send(path, form).status_code == 403, path


def test_a_key_is_shown_once_and_works_until_it_is_revoked(admin: Visitor, rest: Rest) -> None:
    made = admin.send("/keys", {"name": "Reporting", "role": "viewer", "expires_at": ""})
    [listed] = rest.get("/v1/keys").json["data"]
    secret = made.text.partition('readonly value="')[2].partition('"')[0]
    bearer = {"Authorization": f"Bearer {secret}"}

    assert made.status_code == 200 and len(secret) > 20
    assert secret not in str(made.headers)
    assert made.headers["Cache-Control"] == "no-store"
    assert secret not in admin.get("/keys").text + admin.get("/audit").text
    assert rest.app.test_client().get("/v1/campaigns", headers=bearer).status_code == 200
    admin.send(f"/keys/{listed['id']}/revoke")
    assert rest.get(f"/v1/keys/{listed['id']}").json["revoked_at"]
    assert "revoked" in text_of(admin.get("/keys"))
    record = text_of(admin.get("/audit"))
    assert "Create a key" in record and "shown this once" not in record


def test_a_key_that_cannot_be_is_said_beside_its_field(admin: Visitor, rest: Rest) -> None:
    answer = admin.send("/keys", {"name": "", "role": "king", "expires_at": "soon"})

    assert answer.status_code == 422
    for field in ("name", "role", "expires_at"):
        assert f'id="e-{field}"' in answer.text, field
    assert rest.get("/v1/keys").json["data"] == []


def test_a_user_is_added_changed_disabled_and_removed(admin: Visitor, rest: Rest) -> None:
    assert "Ada may sign in, as operator." in text_of(admin.follow(admin.send("/users", NEW)))
    [user] = rest.get("/v1/users").json["data"]
    path, shown = f"/users/{user['id']}", lambda: rest.get(f"/v1/users/{user['id']}").json

    admin.send(path, {"name": "Ada L.", "login": "ada", "role": "viewer"})
    assert (shown()["name"], shown()["role"]) == ("Ada L.", "viewer")
    admin.send(f"{path}/password", {"password": " another long password "})
    assert shown()["password_changed_at"] != user["password_changed_at"]
    admin.send(f"{path}/disable")
    assert shown()["disabled"] is True and "Let sign in again" in admin.get(path).text
    admin.send(f"{path}/enable")
    assert shown()["disabled"] is False
    admin.send(f"{path}/remove")
    assert rest.get("/v1/users").json["data"] == []


def test_an_edit_of_a_user_gives_no_role_back_that_another_admin_has_taken(admin: Visitor, rest: Rest) -> None:
    user = rest.post("/v1/users", {**NEW, "role": "admin"}).json["id"]
    form = form_of(admin.get(f"/users/{user}").text)
    rest.patch(f"/v1/users/{user}", {"role": "viewer"})

    assert admin.send(f"/users/{user}", form | {"name": "Ada L."}).status_code == 303

    after = rest.get(f"/v1/users/{user}").json
    assert (after["name"], after["role"], after["login"]) == ("Ada L.", "viewer", "ada")


def test_an_edit_of_a_user_overwrites_nobodys_change_until_it_has_been_seen(admin: Visitor, rest: Rest) -> None:
    user = rest.post("/v1/users", NEW).json["id"]
    form = form_of(admin.get(f"/users/{user}").text) | {"role": "admin"}
    rest.patch(f"/v1/users/{user}", {"role": "viewer"})

    refused = admin.send(f"/users/{user}", form)

    assert refused.status_code == 412 and "Somebody has changed this user" in refused.text
    assert 'id="e-role"' in refused.text and "Somebody else has written here: viewer" in refused.text
    assert rest.get(f"/v1/users/{user}").json["role"] == "viewer"
    assert admin.send(f"/users/{user}", form_of(refused.text)).status_code == 303
    assert rest.get(f"/v1/users/{user}").json["role"] == "admin"


def test_white_space_is_part_of_a_password(admin: Visitor, sign_in: SignIn) -> None:
    admin.send("/users", {**NEW, "password": "  correct horse battery  "})

    assert sign_in(None).send("/sign-in", {"login": "ada", "password": PASSWORD}).status_code == 403
    assert sign_in(None).send("/sign-in", {"login": "ada", "password": f"  {PASSWORD}  "}).status_code == 303


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"login": "a b"}, "login"),
        ({"role": "king"}, "role"),
        ({"password": "geheim"}, "password"),
    ],
)
def test_a_user_that_cannot_be_is_said_beside_its_field(
    admin: Visitor, rest: Rest, wrong: dict[str, str], field: str
) -> None:
    answer = admin.send("/users", {**NEW, **wrong})

    assert answer.status_code == 422 and f'id="e-{field}"' in answer.text
    assert PASSWORD not in answer.text and "geheim" not in answer.text
    assert rest.get("/v1/users").json["data"] == []


def test_a_login_that_is_taken_is_said_beside_its_field(admin: Visitor, rest: Rest) -> None:
    admin.send("/users", NEW)
    admin.send("/users", {**NEW, "login": "eve"})
    eve = next(each["id"] for each in rest.get("/v1/users").json["data"] if each["login"] == "eve")

    for path in ("/users", f"/users/{eve}"):
        answer = admin.send(path, NEW)
        assert answer.status_code == 422 and 'id="e-login"' in answer.text, path


def test_the_record_is_found_by_subject_and_by_name_page_by_page(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign(name="Reminders")["id"]
    for n in range(50):  # and the link that signed in is on record
        admin.send("/dialing/stop" if n % 2 else "/dialing/resume")

    assert f'href="/campaigns/{campaign}"' in admin.get(f"/audit?subject={campaign}").text
    first = admin.get("/audit?by=link+of+tests")
    assert "/v1/dialing/stop" in first.text and campaign not in first.text
    assert "Stop all dialing" in text_of(first) and "/v1/" not in text_of(first)
    older = first.text.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "by=link+of+tests" in older
    assert admin.get(older).text.count('data-name="Who"') == 1


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_stay_text(admin: Visitor, rest: Rest, services: Services, payload: str) -> None:
    made = admin.send("/keys", {"name": payload, "role": "viewer"})
    admin.send("/users", {**NEW, "name": payload})
    [user] = rest.get("/v1/users").json["data"]
    bury_one(services, 1)
    services.redis.xadd(Keys().unmatched_webhooks, {"raw": payload, "why": payload})
    services.redis.xadd(Keys().dead, {"stream": "events", "entry": "1-0", "error": payload, "raw": payload})

    paths = ("/keys", "/users", f"/users/{user['id']}", "/audit", "/operations", "/operations/dead")
    for answer in [made, *(admin.get(path) for path in (*paths, "/operations/orphans"))]:
        assert payload not in answer.text or "{{" in payload, answer.request.path
        assert "{{" not in payload or " 49 " not in text_of(answer), answer.request.path
    assert user["name"] == payload
