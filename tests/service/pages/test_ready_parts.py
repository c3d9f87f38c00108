"""A part of a page that was just made for somebody is given to all others without a thread, and only to those."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from api.app import app_with_ready_answers
from api.server.in_loop import IfReady
from api.server.plain import Plain
from api.server.request_head import Head
from orchestrator.policy.roles import Role
from orchestrator.services import Services
from tests.support.poll import eventually
from tests.support.rest import Rest
from tests.support.visitor import Visitor


class Site(NamedTuple):
    """The application, and what answers in its loop."""

    app: Flask
    if_ready: IfReady
    services: Services

    def visitor(self, role: Role = Role.VIEWER) -> Visitor:
        return Visitor(self.app, self.services, role)

    def ready(self, visitor: Visitor, path: str, query: str = "", **headers: str) -> Plain | None:
        """Return what this visitor is answered at once."""
        cookie = visitor.client.get_cookie("session")
        named = {name.lower().replace("_", "-").encode(): value.encode() for name, value in headers.items()}
        sent = {b"host": b"localhost", b"cookie": f"session={cookie.value if cookie else ''}".encode(), **named}
        return self.if_ready(Head("GET", path.encode(), query.encode(), "1.1", sent, True))


@pytest.fixture
def site(services: Services) -> Site:
    return Site(*app_with_ready_answers(services), services)


@pytest.fixture
def path(rest: Rest) -> str:
    return f"/campaigns/{rest.campaign()['id']}/live"


def _made(ask: Callable[[], TestResponse], ready: Callable[[], Plain | None]) -> tuple[TestResponse, Plain]:
    """Return an answer, and what lies ready of it then: on a slow machine it may be too old at once."""
    return eventually(lambda: (asked, found) if (asked := ask()) and (found := ready()) else None, every=0)  # type: ignore[return-value]


def test_what_lies_ready_is_what_a_view_answers(site: Site, path: str) -> None:
    viewer = site.visitor()
    assert site.ready(viewer, path, "on=/x") is None

    asked, ready = _made(lambda: viewer.get(f"{path}?on=/x"), lambda: site.ready(viewer, path, "on=/x"))

    assert (ready.status, ready.body, dict(ready.headers)) == (asked.status, asked.data, dict(asked.headers))


def test_who_has_it_is_told_only_that(site: Site, path: str) -> None:
    viewer = site.visitor()
    ready = _made(lambda: viewer.get(path), lambda: site.ready(viewer, path))[1]
    etag = dict(ready.headers)["ETag"]

    def ask_again() -> TestResponse:
        return viewer.get(path, If_None_Match=etag)

    def unchanged() -> Plain | None:
        return site.ready(viewer, path, If_None_Match=etag)

    asked, known = _made(ask_again, unchanged)
    if asked.status_code == 200:  # meanwhile it was made anew
        etag = asked.headers["ETag"]
        asked, known = _made(ask_again, unchanged)
    assert (known.status, known.body, dict(known.headers)) == ("304 NOT MODIFIED", b"", dict(asked.headers))


def test_nobody_gets_at_once_what_was_made_for_another_role_or_address(site: Site, path: str) -> None:
    viewer, operator = site.visitor(), site.visitor(Role.OPERATOR)
    operator.get("/live/banner")  # both are known as watching
    _made(lambda: viewer.get(path), lambda: site.ready(viewer, path))

    assert site.ready(operator, path) is None
    assert site.ready(viewer, path, "on=/people") is None
    assert site.ready(viewer, "/operations/live") is None


def test_a_stranger_gets_nothing_and_who_signed_out_nothing_after_two_seconds(site: Site, path: str) -> None:
    viewer, leaves = site.visitor(), site.visitor()
    stranger = Visitor(site.app, site.services, None)
    _made(lambda: viewer.get(path), lambda: site.ready(viewer, path))
    assert site.ready(stranger, path) is None
    assert site.ready(viewer, path, X_Forwarded_Proto="https") is None  # a neighbour could have set that cookie
    assert leaves.get(path).status_code == 200

    gone = leaves.client.get_cookie("session")
    assert gone and leaves.send("/sign-out").status_code == 303
    leaves.client.set_cookie("session", gone.value)

    eventually(lambda: viewer.get(path).status_code == 200 and leaves.get(path).status_code == 401)
    assert site.ready(leaves, path) is None
