"""How the server takes in what is sent to the web page, and what its log calls the addresses."""

from __future__ import annotations

import pytest

from api.http.responses import Refusal
from api.pages.page_routes import FORM_BYTES, PageRoute
from api.pages.site import routes_for_server
from api.pages.strangers import look_for_session
from api.server.admission import Gate, Plan
from api.server.request_head import Head
from orchestrator.policy.roles import Role

ID = "cmp_01ARZ3NDEKTSV4RRFFQ69G5FAV"


def look(
    method: str, path: str, *, length: int = 0, media: str = "application/x-www-form-urlencoded"
) -> Plan | Refusal:
    headers = {b"content-type": media.encode(), b"content-length": str(length).encode()}
    return Gate(routes_for_server()).look(Head(method, path.encode(), b"", "1.1", headers, True))


def plan_of(method: str, path: str) -> Plan:
    plan = look(method, path)
    assert isinstance(plan, Plan)
    return plan


def test_the_log_is_told_no_link_that_signs_in() -> None:
    assert plan_of("POST", "/sign-in/link/the-token-itself").route == "/sign-in/link/{token}"


def test_what_pages_ask_by_themselves_is_logged_for_debugging_alone() -> None:
    assert plan_of("GET", "/live").is_frequent and plan_of("GET", f"/campaigns/{ID}/live").is_frequent
    assert not plan_of("GET", "/").is_frequent and not plan_of("POST", "/dialing/stop").is_frequent


def test_a_form_that_is_too_long_is_refused_before_it_is_read() -> None:
    refused = look("POST", "/dialing/stop", length=FORM_BYTES + 1)

    assert isinstance(refused, Refusal) and refused.status == 413


@pytest.mark.parametrize(
    ("cookie", "is_taken"),
    [
        ("", False),
        ("other=x", False),
        ("session=short", False),
        ("notsession=" + "x" * 43, False),
        ("session=" + "x" * 43, True),
        ("a=b; __Host-session=" + "x" * 43 + "; c=d", True),
    ],
)
def test_a_file_of_a_stranger_is_refused_before_it_is_read(cookie: str, is_taken: bool) -> None:
    page = PageRoute(method="POST", path="/x/{import_id}", view=len, needs=Role.OPERATOR, max_bytes=10 * FORM_BYTES)
    refuse = look_for_session([page])
    head = Head("POST", b"/x/y", b"", "1.1", {b"cookie": cookie.encode()} if cookie else {}, keeps_alive=True)

    assert (refuse(head, "/x/y") is None) is is_taken
    assert refuse(head, "/elsewhere") is None


def test_a_form_with_a_file_is_taken_in_as_an_upload() -> None:
    page = PageRoute(method="POST", path="/x", view=len, needs=Role.OPERATOR, max_bytes=10 * FORM_BYTES)

    route = page.for_server()

    assert route.body is not None and route.body.is_streamed and route.body.max_bytes == 10 * FORM_BYTES
