"""People who sign in to the web page, and links that sign in once."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StrictBool, StringConstraints
from pydantic_core import PydanticCustomError

from api.http.auth import HolderName, actor
from api.http.etags import expected, tagged
from api.http.pagination import Page, PageQuery, cut_page, page_of
from api.http.responses import Tagged, answer, nothing
from api.http.routes import Resource
from orchestrator.ids import new_id
from orchestrator.operations.access import manage_users
from orchestrator.operations.access.passwords import LONGEST, SHORTEST
from orchestrator.operations.access.sign_in import LINK_LASTS, create_sign_in_link
from orchestrator.policy.roles import Role
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("users")

USERS = page_of("usr_")

_EDITED = ("name", "login", "role", "disabled_at", "password_changed_at", "updated_at")

_Login = Annotated[
    str,
    StringConstraints(pattern=f"^{manage_users.LOGIN}$"),
    Field(description="An email address or a name; letters in upper and lower case are the same."),
]


def _of_length(password: SecretStr) -> SecretStr:
    if not SHORTEST <= len(password) <= LONGEST:
        code = "string_too_short" if len(password) < SHORTEST else "string_too_long"
        raise PydanticCustomError(code, "a password has {least} to {most} characters", _LENGTHS)
    return password


_LENGTHS = {"least": SHORTEST, "most": LONGEST}
_Password = Annotated[
    SecretStr,
    AfterValidator(_of_length),
    Field(json_schema_extra={"minLength": SHORTEST, "maxLength": LONGEST}),
]


class NewUser(BaseModel):
    """Who may sign in to the web page, and what for; the roles are those of keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: HolderName = Field(description="Stands in the record of what the user does.")
    login: _Login
    role: Role
    password: _Password


class UserChanges(BaseModel):
    """What to change; a field that is left out stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: HolderName | None = None
    login: _Login | None = None
    role: Role | None = None
    password: _Password | None = None
    disabled: StrictBool | None = Field(None, description="Who is disabled cannot sign in.")

    def given(self) -> dict[str, Any]:
        """Return what is to be changed; null is as good as left out."""
        given = {name: value for name, value in self if value is not None}
        return given | ({"password": self.password.get_secret_value()} if self.password else {})


class UserView(Tagged):
    """A user; nothing of the password is shown."""

    id: str
    name: str
    login: str
    role: Role
    disabled: bool
    created_by: str
    created_at: Moment
    updated_at: Moment
    password_changed_at: Moment
    last_sign_in_at: Moment | None


class NewSignInLink(BaseModel):
    """Who the link is for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role


class SignInLinkView(BaseModel):
    """What signs somebody in to the web page once; `token` is shown this once."""

    token: str
    role: Role
    expires_at: Moment


def _view(row: Any) -> UserView:
    view = UserView.model_validate({**row._mapping, "disabled": row.disabled_at is not None})
    return tagged(view, row._mapping, _EDITED)


# A password is in the body: under an Idempotency-Key its digest would be kept, and that is a fast one.
@resource.route("POST", "/v1/users", body=NewUser, gives={201: UserView}, fails=(409, 422, 429), role=Role.ADMIN)
def create(services: Services, body: NewUser) -> Response:
    """Create a user. Who is one signs in to the web page with a login and a password, stored as its argon2id digest.

    A repeat is refused with 409 `login_taken`, so that nobody is created twice.
    """
    row = manage_users.create_user(
        user_id=new_id("usr"),
        name=body.name,
        login=body.login,
        role=body.role,
        password=body.password.get_secret_value(),
        by=actor().name,
        sql=services.sql,
    )
    return answer(_view(row), 201)


@resource.route("GET", "/v1/users", query=USERS, gives={200: Page[UserView]}, fails=(422,), role=Role.ADMIN)
def index(services: Services, query: PageQuery) -> Page[UserView]:
    """List users, newest first, disabled ones too."""
    rows = manage_users.list_users(after=query.after, limit=query.limit, sql=services.sql)
    return cut_page(rows, query, shape=_view)


@resource.route("GET", "/v1/users/{user_id}", gives={200: UserView}, fails=(404,), role=Role.ADMIN)
def show(services: Services, user_id: str) -> UserView:
    """Show a user."""
    return _view(manage_users.find_user(user_id, sql=services.sql))


@resource.route(
    "PATCH",
    "/v1/users/{user_id}",
    body=UserChanges,
    gives={200: UserView},
    fails=(404, 409, 422, 429),
    role=Role.ADMIN,
)
def change(services: Services, user_id: str, body: UserChanges) -> UserView:
    """Change a user: name, login, role, password, or whether it is disabled.

    Another role, a password, and disabling end the user's sessions at once. The last admin may be changed as well: the
    key of the settings is an admin that nobody can take away.
    """
    now, expects = services.clock(), expected(_EDITED)
    return _view(manage_users.change_user(user_id, body.given(), now=now, expects=expects, sql=services.sql))


@resource.route("DELETE", "/v1/users/{user_id}", gives={204: None}, fails=(404,), role=Role.ADMIN)
def remove(services: Services, user_id: str) -> Response:
    """Delete a user and end the user's sessions. The record of changes still says by name what the user did."""
    manage_users.delete_user(user_id, sql=services.sql)
    return nothing()


@resource.route(
    "POST", "/v1/sign-in-links", body=NewSignInLink, gives={201: SignInLinkView}, fails=(422,), role=Role.ADMIN
)
def link(services: Services, body: NewSignInLink) -> Response:
    """Make a link that signs somebody in once.

    It opens the web page without a password, within ten minutes.
    """
    now = services.clock()
    token = create_sign_in_link(body.role, by=actor().name, now=now, sql=services.sql)
    return answer(SignInLinkView(token=token, role=body.role, expires_at=now + LINK_LASTS), 201)
