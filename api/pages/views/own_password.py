"""One's own password, which whoever has one changes here."""

from __future__ import annotations

from flask import Response, request

from api.pages import words
from api.pages.client_address import count_sign_in_try
from api.pages.cookies import set_session
from api.pages.page_routes import Pages
from api.pages.visit import Visit
from orchestrator.errors import InvalidInput, LimitReached, NotFound
from orchestrator.operations.access.manage_users import find_user
from orchestrator.operations.access.own_password import change_own_password
from orchestrator.policy.roles import Role

pages = Pages()

_PATH = "/password"
_WRONG = "This is not your present password."
_CHANGED = "Your password is changed. Wherever else you were signed in, you are signed out."


@pages.show(_PATH)
def ask(visit: Visit) -> Response:
    """Ask for the present password and another one."""
    return _page(visit, _own_id(visit), {})


@pages.form(_PATH, needs=Role.VIEWER)
def change(visit: Visit) -> Response:
    """Change one's own password; tries count with those to sign in."""
    services, user_id = visit.services, _own_id(visit)
    present, wanted = (request.form.get(name, "") for name in ("present", "password"))
    try:
        login = find_user(user_id, sql=services.sql).login
        count_sign_in_try(request, login, services)
        signed_in = change_own_password(user_id, present=present, wanted=wanted, now=services.clock(), sql=services.sql)
    except LimitReached as refused:
        return _page(visit, user_id, {"present": refused.detail}, status=429)
    except InvalidInput as refused:
        return _page(visit, user_id, words.field_errors(refused), status=422)
    if signed_in is None:
        return _page(visit, user_id, {"present": _WRONG}, status=403)
    response = visit.go("/", _CHANGED)
    set_session(response, request, signed_in.token)
    return response


def _own_id(visit: Visit) -> str:
    """Return whose password it is; who came by a link has none."""
    if visit.session is None or visit.session.user_id is None:
        raise NotFound("user", "link")
    return visit.session.user_id


def _page(visit: Visit, user_id: str, errors: dict[str, str], *, status: int = 200) -> Response:
    login = find_user(user_id, sql=visit.services.sql).login
    return visit.page("password.html", status=status, errors=errors, login=login)
