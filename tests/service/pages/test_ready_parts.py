"""A part of a page that was just made for somebody is given to all others without a thread, and only to those."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

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

T = TypeVar("T")
UNSEEN = Plain("", (), b"")


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

    def both() -> tuple[TestResponse, Plain] | None:
        asked, found = ask(), ready()
        return (asked, found) if found else None

    found = eventually(both)
    assert found
    return found


def _beside_what_is_ready(site: Site, viewer: Visitor, path: str, look: Callable[[], T]) -> T:
    """Return what `look` sees while a part lies ready for a viewer: before and behind it the viewer would get it."""

    def seen() -> list[T]:
        viewer.get(path)
        before, looked, behind = site.ready(viewer, path), look(), site.ready(viewer, path)
        return [looked] if before and behind else []

    return eventually(seen)[0]


def _told(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in headers if name != "Date"}


def test_what_lies_ready_is_what_a_view_answers(site: Site, path: str) -> None:
    viewer = site.visitor()
    assert site.ready(viewer, path, "on=/x") is None

    asked, ready = _made(lambda: viewer.get(f"{path}?on=/x"), lambda: site.ready(viewer, path, "on=/x"))

    assert (ready.status, ready.body, _told(ready.headers)) == (asked.status, asked.data, _told(asked.headers))


def test_who_has_it_is_told_only_that(site: Site, path: str) -> None:
    viewer = site.visitor()

    def again() -> tuple[TestResponse, Plain | None]:
        etag = viewer.get(path).headers["ETag"]
        return viewer.get(path, If_None_Match=etag), site.ready(viewer, path, If_None_Match=etag)

    asked, ready = _beside_what_is_ready(site, viewer, path, again)

    assert ready is not None
    assert (ready.status, ready.body) == (asked.status, asked.data) == ("304 NOT MODIFIED", b"")
    assert _told(ready.headers) == _told(asked.headers)


def test_nobody_gets_at_once_what_was_made_for_another_role_or_address(site: Site, path: str) -> None:
    viewer, operator = site.visitor(), site.visitor(Role.OPERATOR)

    def others() -> list[Plain | None]:
        assert operator.get("/live/banner").status_code == 200  # both are known as watching
        banner = site.ready(operator, "/live/banner")
        others = (
            site.ready(operator, path),
            site.ready(viewer, path, "on=/people"),
            site.ready(viewer, "/operations/live"),
        )
        return [*others, None if banner else UNSEEN]

    assert (
        eventually(lambda: UNSEEN not in (found := _beside_what_is_ready(site, viewer, path, others)) and found)
        == [None] * 4
    )


def test_a_stranger_gets_nothing_at_once(site: Site, path: str) -> None:
    viewer, stranger, guesser = site.visitor(), Visitor(site.app, site.services, None), site.visitor()
    guesser.client.set_cookie("session", "x" * 43)

    def strangers() -> list[Plain | None]:
        by_https = site.ready(viewer, path, X_Forwarded_Proto="https")  # a neighbour could have set that cookie
        return [site.ready(stranger, path), site.ready(guesser, path), by_https]

    assert _beside_what_is_ready(site, viewer, path, strangers) == [None] * 3


def test_who_signed_out_gets_nothing_at_once_after_two_seconds(site: Site, path: str) -> None:
    viewer, leaves = site.visitor(), site.visitor()
    assert leaves.get(path).status_code == 200
    gone = leaves.client.get_cookie("session")
    assert gone and leaves.send("/sign-out").status_code == 303
    leaves.client.set_cookie("session", gone.value)

    eventually(lambda: leaves.get(path).status_code == 401)

    assert _beside_what_is_ready(site, viewer, path, lambda: site.ready(leaves, path)) is None


def test_many_cookies_are_not_read_in_the_loop(site: Site, path: str) -> None:
    viewer = site.visitor()
    cookie = viewer.client.get_cookie("session")
    assert cookie

    def with_many(count: int) -> Plain | None:
        return site.ready(viewer, path, Cookie=f"session={cookie.value}" + "; a=b" * count)

    assert _beside_what_is_ready(site, viewer, path, lambda: with_many(2)) is not None
    assert _beside_what_is_ready(site, viewer, path, lambda: with_many(1_000)) is None
