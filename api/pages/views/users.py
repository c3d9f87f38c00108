"""Users: who may sign in here, what for, and the end of that."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from api.pages import words
from api.pages.page_routes import Pages
from api.pages.views.campaign_fields import Values
from api.pages.views.merged_form import meanwhile, merge, told
from api.pages.visit import Visit
from api.resources import users
from api.resources.users import UserView
from orchestrator.errors import ChangedMeanwhile, Conflict, InvalidInput, LimitReached
from orchestrator.policy.roles import Role

pages = Pages()

_SHOWN = 25
_FIELDS = ("name", "login", "role")


@pages.show("/users", needs=Role.ADMIN)
def index(visit: Visit) -> Response:
    """List users."""
    return _list(visit)


@pages.form("/users", needs=Role.ADMIN)
def create(visit: Visit) -> Response:
    """Add a user."""
    typed = _typed(visit)
    try:
        made = visit.act(users.create, {**typed, "password": _password()})
    except (Conflict, InvalidInput, LimitReached) as refused:
        return _list(visit, typed=typed, errors=_errors(refused), status=422)
    return visit.go("/users", f"{made['name']} may sign in, as {made['role']}.")


@pages.show("/users/{user_id}", needs=Role.ADMIN)
def show(visit: Visit, user_id: str) -> Response:
    """Show a user, with what can be changed."""
    return _one(visit, user_id)


@pages.form("/users/{user_id}", needs=Role.ADMIN)
def change(visit: Visit, user_id: str) -> Response:
    """Change what was changed of name, login and role, and nothing else."""
    user = users.show(visit.services, user_id)
    now = _written(user)
    form = merge(now, {name: visit.form(name, now[name]) for name in _FIELDS})
    try:
        form.refuse_contested(user.etag)
        if form.mine:
            mine = {name: form.values[name] for name in form.mine}
            visit.act(users.change, mine, seen=user.etag, user_id=user_id)
    except ChangedMeanwhile:
        return _one(visit, user_id, typed=form.values, errors={"form": meanwhile("user"), **form.contested}, status=412)
    except (Conflict, InvalidInput, LimitReached) as refused:
        wrong = _errors(refused)
        return _one(visit, user_id, typed=form.values, opened=form.opened, errors=wrong, status=422)
    return visit.go(f"/users/{user_id}", "It is changed." if form.mine else None)


@pages.form("/users/{user_id}/password", needs=Role.ADMIN)
def set_password(visit: Visit, user_id: str) -> Response:
    """Set another password."""
    return _changed(visit, user_id, {"password": _password()}, "The password is set, and every session is over.")


@pages.form("/users/{user_id}/disable", needs=Role.ADMIN)
def disable(visit: Visit, user_id: str) -> Response:
    """Keep a user from signing in."""
    return _changed(visit, user_id, {"disabled": True}, "The user is signed out, and cannot sign in any more.")


@pages.form("/users/{user_id}/enable", needs=Role.ADMIN)
def enable(visit: Visit, user_id: str) -> Response:
    """Let a user sign in again."""
    return _changed(visit, user_id, {"disabled": False}, "The user may sign in again.")


@pages.form("/users/{user_id}/remove", needs=Role.ADMIN)
def remove(visit: Visit, user_id: str) -> Response:
    """Delete a user."""
    visit.act(users.remove, user_id=user_id)
    return visit.go("/users", "The user is removed. What was done under the name stays on record.")


def _typed(visit: Visit) -> dict[str, str]:
    return {name: visit.form(name) for name in _FIELDS}


def _password() -> str:
    """Return the password as it was typed: white space is part of it. It is put into no page."""
    return request.form.get("password", "")


def _errors(refused: Conflict | InvalidInput | LimitReached) -> dict[str, str]:
    """Return what is wrong by its field; the one conflict of a user is that of the login."""
    return words.field_errors(refused, otherwise="login" if isinstance(refused, Conflict) else "password")


def _changed(visit: Visit, user_id: str, body: dict[str, Any], said: str) -> Response:
    try:
        visit.act(users.change, body, user_id=user_id)
    except (Conflict, InvalidInput, LimitReached) as refused:
        return _one(visit, user_id, errors=_errors(refused), status=422)
    return visit.go(f"/users/{user_id}", said)


def _written(user: UserView) -> Values:
    """Return what may be changed of a user as the form shows it."""
    return user.model_dump(mode="json", include=set(_FIELDS))


def _one(
    visit: Visit,
    user_id: str,
    *,
    typed: Values | None = None,
    opened: Values | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    user = users.show(visit.services, user_id)
    now = _written(user)
    shown = {"values": typed or now, "opened": told(opened or now), "errors": errors or {}, "roles": list(Role)}
    return visit.page("user.html", status=status, user=user, **shown)


def _list(
    visit: Visit, *, typed: dict[str, str] | None = None, errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    page = users.index(visit.services, visit.asked(users.USERS, limit=_SHOWN))
    shown: dict[str, Any] = {"typed": typed or dict.fromkeys(_FIELDS, ""), "errors": errors or {}, "roles": list(Role)}
    query = visit.filters("cursor")
    return visit.page("users.html", status=status, users=page.data, query=query, next_cursor=page.next_cursor, **shown)
