"""Signing in and out."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, request

from api.pages.client_address import count_sign_in_try
from api.pages.cookies import drop_session, session_token, set_session
from api.pages.local_paths import local_path, see_other
from api.pages.page_routes import Pages
from api.pages.visit import Visit
from orchestrator.errors import LimitReached
from orchestrator.operations.access import sign_in as access
from orchestrator.policy.roles import Role

pages = Pages()

_WRONG = "The login or the password is wrong."
_USED = "This link was used already, or is older than ten minutes. Ask for a new one."


@pages.show("/sign-in", needs=None)
def ask(visit: Visit) -> Response:
    """Ask who it is."""
    wanted = local_path(request.args.get("next"))
    if visit.session:
        return see_other(wanted)
    return visit.page("sign_in.html", wanted=wanted, login="", wrong=None)


@pages.form("/sign-in", needs=None)
def sign_in(visit: Visit) -> Response:
    """Sign somebody in by a password; who has tried too often waits for a minute, whether it is right or not."""
    services, login = visit.services, visit.form("login")
    wanted = local_path(request.form.get("next"))
    try:
        count_sign_in_try(request, login, services)
        signed_in = access.sign_in(login, request.form.get("password", ""), now=services.clock(), sql=services.sql)
    except LimitReached as refused:
        return visit.page("sign_in.html", status=429, wanted=wanted, login=login, wrong=refused.detail)
    if signed_in is None:
        return visit.page("sign_in.html", status=403, wanted=wanted, login=login, wrong=_WRONG)
    return _signed_in(visit, signed_in.token, wanted)


@pages.show("/sign-in/link/{token}", needs=None)
def ask_by_link(visit: Visit, token: str) -> Response:
    """Ask whether to use a link that works once: what merely looks at the address does not use it up."""
    return visit.page("sign_in_link.html", token=token, wanted=local_path(request.args.get("next")))


@pages.form("/sign-in/link/{token}", needs=None)
def sign_in_by_link(visit: Visit, token: str) -> Response:
    """Sign somebody in by a link, once."""
    signed_in = access.use_sign_in_link(token, now=visit.services.clock(), sql=visit.services.sql)
    if signed_in is None:
        return visit.page("sign_in.html", status=403, wanted="/", login="", wrong=_USED)
    return _signed_in(visit, signed_in.token, local_path(request.form.get("next")))


@pages.form("/sign-out", needs=Role.VIEWER)
def sign_out(visit: Visit) -> Response:
    """End this session."""
    access.sign_out(session_token(request) or "", sql=visit.services.sql)
    return _signed_out(visit, "You are signed out.")


@pages.form("/sign-out-everywhere", needs=Role.VIEWER)
def sign_out_everywhere(visit: Visit) -> Response:
    """End all sessions of the one who is signed in."""
    user_id = visit.session.user_id if visit.session else None
    if user_id:
        access.sign_out_everywhere(user_id, sql=visit.services.sql)
    access.sign_out(session_token(request) or "", sql=visit.services.sql)
    return _signed_out(visit, "You are signed out everywhere.")


def _signed_in(visit: Visit, token: str, wanted: str) -> Response:
    """Begin a session; the one that the browser had is over, whoever had it."""
    if before := session_token(request):
        access.sign_out(before, sql=visit.services.sql)
    response = see_other(wanted)
    set_session(response, request, token)
    return response


def _signed_out(visit: Visit, said: str) -> Response:
    response = visit.go(f"/sign-in?next={quote('/', safe='')}", said)
    drop_session(response, request)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
