"""`orchestrator user`: says who may sign in to the web page, over REST. A password is never an argument."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestrator.cli.api_access import api_client, connect
from orchestrator.cli.output import JsonLines, JsonOption, print_answer, print_gone, print_json_line
from orchestrator.errors import OrchestratorError

if TYPE_CHECKING:
    from orchestrator.cli.api_client import ApiClient

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Say who may sign in to the web page, and as what. Finds the API like `orchestrator campaign`.",
)

_MOST = 4_096

_Who = Annotated[str, typer.Argument(metavar="LOGIN", help="The login, or the id, usr_01J….")]
_Name = Annotated[str | None, typer.Option(help="The name that stands in the record of what is done.")]
_File = Annotated[
    typer.FileText | None,
    typer.Option("--password-file", help="Read the password from the first line of this file; - is standard input."),
]


class UserRole(StrEnum):
    """What a user may do."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


@app.command()
def add(
    ctx: typer.Context,
    login: Annotated[str, typer.Argument(help="An email address or a name.")],
    *,
    role: Annotated[UserRole, typer.Option(help="viewer reads, operator runs campaigns, admin decides who may.")],
    name: _Name = None,
    password_file: _File = None,
    as_json: JsonOption = False,
) -> None:
    """Add a user; the password, 12 characters or more, is asked for.

    orchestrator user add ada@example.com --name "Ada Lovelace" --role operator
    """
    body: dict[str, Any] = {
        "login": login,
        "name": name or login,
        "role": role.value,
        "password": _password(password_file),
    }
    made = api_client(ctx).users.create(**body)
    print_answer(made, [f"{made['id']}: {made['login']} may sign in as {made['role']}"], as_json=as_json)


@app.command("list")
def list_(ctx: typer.Context, *, as_json: JsonLines = False) -> None:
    """List users, newest first, disabled ones too."""
    found = list(api_client(ctx).users.list())
    if as_json:
        for each in found:
            print_json_line(each)
        return
    table = Table(box=None, header_style="bold", padding=(0, 1))
    for title in ("id", "login", "name", "role", "last sign-in", ""):
        table.add_column(title)
    for user in found:
        last, note = user["last_sign_in_at"] or "never", "disabled" if user["disabled"] else ""
        table.add_row(user["id"], Text(user["login"]), Text(user["name"]), user["role"], last, note)
    Console().print(table)


@app.command()
def edit(
    ctx: typer.Context,
    user: _Who,
    *,
    name: _Name = None,
    login: Annotated[str | None, typer.Option(help="Another login.")] = None,
    role: Annotated[UserRole | None, typer.Option(help="Another role; it ends the user's sessions.")] = None,
    password: Annotated[
        bool, typer.Option("--password", help="Ask for another password; it ends the sessions.")
    ] = False,
    password_file: _File = None,
    disabled: Annotated[
        bool | None, typer.Option("--disable/--enable", help="Keep the user from signing in, or let in again.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Change a user; what is not named stays.

    orchestrator user edit ada@example.com --disable
    """
    asked = {"name": name, "login": login, "role": role.value if role else None, "disabled": disabled}
    body: dict[str, Any] = {field: value for field, value in asked.items() if value is not None}
    body |= {"password": _password(password_file)} if password or password_file else {}
    if not body:
        raise typer.BadParameter("name something to change: --name, --login, --role, --password, --disable or --enable")
    api = api_client(ctx)
    told = api.users.update(_id(api, user), **body)
    state = "is disabled" if told["disabled"] else f"may sign in as {told['role']}"
    print_answer(told, [f"{told['id']}: {told['login']} {state}"], as_json=as_json)


@app.command()
def remove(ctx: typer.Context, user: _Who, *, as_json: JsonOption = False) -> None:
    """Delete a user and end the user's sessions."""
    api = api_client(ctx)
    user_id = _id(api, user)
    api.users.delete(user_id)
    print_gone({"id": user_id}, f"{user_id} is deleted", as_json=as_json)


def _id(api: ApiClient, user: str) -> str:
    for each in api.users.list():
        if user == each["id"] or user.lower() == each["login"]:
            return str(each["id"])
    raise OrchestratorError(f"no user has the login {user}: `orchestrator user list` shows them")


def _password(file: Any) -> str:
    if file is None:
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return str(file.readline(_MOST)).rstrip("\r\n")
