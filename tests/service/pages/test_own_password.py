"""One's own password: changed by who knows the present one, and by nobody else."""

from __future__ import annotations

import pytest

from orchestrator.operations.access.sign_in import sign_in as sign_in_by_password
from orchestrator.operations.access.sign_in_limits import TRIES_AT_ONE
from orchestrator.policy.roles import Role
from orchestrator.services import Services
from tests.service.api.conftest import quick_hashes  # noqa: F401
from tests.service.pages.conftest import SignIn
from tests.support.rest import Rest
from tests.support.visitor import Visitor, text_of

pytestmark = pytest.mark.usefixtures("quick_hashes")

OLD, NEW = "correct horse battery", " staple of the other horse "
ADA = {"name": "Ada", "login": "ada", "role": "viewer", "password": OLD}


@pytest.fixture
def user(rest: Rest) -> str:
    return str(rest.post("/v1/users", ADA).json["id"])


def entered(sign_in: SignIn, services: Services, password: str = OLD) -> Visitor:
    """Return a browser in which Ada has signed in."""
    signed_in = sign_in_by_password("ada", password, now=services.clock(), sql=services.sql)
    assert signed_in is not None
    visitor = sign_in(None)
    visitor.enter(signed_in)
    return visitor


def deeds(rest: Rest, user: str) -> list[str]:
    told = rest.get(f"/v1/audit?subject={user}").json["data"]
    return [each["action"] for each in told if "password" in each["action"]]


def test_who_knows_the_present_password_sets_another_and_stays_signed_in_here_alone(
    sign_in: SignIn, services: Services, rest: Rest, user: str
) -> None:
    here, elsewhere = entered(sign_in, services), entered(sign_in, services)
    stolen = here.client.get_cookie("session")
    assert stolen is not None and 'href="/password"' in here.get("/").text

    changed = here.send("/password", {"present": OLD, "password": NEW})

    assert "Your password is changed." in text_of(here.follow(changed))
    assert elsewhere.get("/").status_code == 303
    elsewhere.client.set_cookie("session", stolen.value)
    assert elsewhere.get("/").status_code == 303, "the session of before is over here, too"
    assert sign_in_by_password("ada", OLD, now=services.clock(), sql=services.sql) is None
    assert entered(sign_in, services, NEW).get("/").status_code == 200, "white space is part of it"
    assert deeds(rest, user) == ["change of one's own password"]


@pytest.mark.parametrize(
    ("form", "field", "status"),
    [
        ({"present": "wrong horse battery", "password": NEW}, "present", 403),
        ({"present": OLD, "password": "short"}, "password", 422),
        ({"present": OLD, "password": "aaaaaaaaaaaaaaaa"}, "password", 422),
        ({}, "password", 422),
    ],
)
def test_what_is_wrong_changes_nothing_and_is_said_beside_its_field(
    sign_in: SignIn, services: Services, rest: Rest, user: str, form: dict[str, str], field: str, status: int
) -> None:
    here = entered(sign_in, services)

    refused = here.send("/password", form)

    assert refused.status_code == status and f'id="e-{field}"' in refused.text
    assert not any(typed in refused.text for typed in form.values())
    assert here.get("/").status_code == 200
    assert entered(sign_in, services, OLD)
    assert deeds(rest, user) == (["change of one's own password refused"] if status == 403 else [])


def test_who_guesses_at_an_open_desk_waits(sign_in: SignIn, services: Services, user: str) -> None:
    here = entered(sign_in, services)
    wrong = {"present": "wrong horse battery", "password": NEW}

    tries = [here.send("/password", wrong).status_code for _ in range(TRIES_AT_ONE + 1)]

    assert tries == [403] * TRIES_AT_ONE + [429]
    assert here.send("/password", {"present": OLD, "password": NEW}).status_code == 429


def test_who_came_by_a_link_has_no_password_to_change(sign_in: SignIn) -> None:
    by_link = sign_in(Role.ADMIN)

    assert 'href="/password"' not in by_link.get("/").text
    assert by_link.get("/password").status_code == 404
    assert by_link.send("/password", {"present": OLD, "password": NEW}).status_code == 404
