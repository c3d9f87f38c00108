"""`orchestrator key`: gives people and programs keys with a role, and shows what was done with them, over REST."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestrator.cli.api_access import api_client, connect
from orchestrator.cli.arguments import parse_time
from orchestrator.cli.output import JsonOption, print_answer, print_gone
from orchestrator.clock import rfc3339
from orchestrator.errors import Conflict, NotFound

if TYPE_CHECKING:
    from orchestrator.cli.api_client import ApiClient

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Give people and programs a key of their own: a viewer's, an operator's or an admin's. "
    "Finds the API like `orchestrator campaign`.",
)
_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one line for each.")]


class KeyRole(StrEnum):
    """What the holder may do."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


@app.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Who or what holds it; stands in the record of what is done with it.")],
    *,
    role: Annotated[KeyRole, typer.Option(help="viewer reads, operator runs campaigns, admin decides who may.")],
    expires: Annotated[str | None, typer.Option(help="When it ends, such as 2027-03-01T00:00Z.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Create a key and print it: it is shown this once.

    orchestrator key create "front desk" --role operator
    """
    body: dict[str, Any] = {"name": name, "role": role.value}
    body |= {"expires_at": rfc3339(parse_time(expires, option="--expires"))} if expires else {}
    made = api_client(ctx).keys.create(**body)
    print_answer(made, [made["key"]], as_json=as_json)
    typer.echo(f"{made['id']}: keep it now, it is not shown again", err=True)


@app.command("list")
def list_(ctx: typer.Context, *, as_json: _AsJson = False) -> None:
    """List keys, newest first, those that are over too."""
    found = list(api_client(ctx).keys.list())
    if as_json:
        _print_lines(found)
        return
    table = Table(box=None, header_style="bold", padding=(0, 1))
    for title in ("id", "name", "role", "last used", "until"):
        table.add_column(title)
    for key in found:
        until = f"revoked {key['revoked_at']}" if key["revoked_at"] else key["expires_at"] or ""
        table.add_row(key["id"], Text(key["name"]), key["role"], key["last_used_at"] or "never", until)
    Console().print(table)


@app.command()
def revoke(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its name, or its id (key_01J…).")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Revoke a key for good: within two seconds nobody is let in by it.

    orchestrator key revoke "Nightly export"
    """
    api = api_client(ctx)
    key_id = _id_of(api, key)
    api.keys.delete(key_id)
    print_gone({"id": key_id}, f"{key_id} is revoked", as_json=as_json)


@app.command()
def audit(
    ctx: typer.Context,
    *,
    subject: Annotated[str | None, typer.Option(help="What was changed: cmp_01J…, policy, dialing, ….")] = None,
    by: Annotated[str | None, typer.Option(help="The name of a key; that of the settings is `api`.")] = None,
    most: Annotated[int, typer.Option(min=1, max=500, help="How many at most.")] = 50,
    as_json: _AsJson = False,
) -> None:
    """Show who did what, when, and what it changed, newest first."""
    found = api_client(ctx).audit.list(subject=subject, by=by, limit=most).first()["data"]
    if as_json:
        _print_lines(found)
        return
    for each in found:
        changes = "; ".join(f"{name}: {was!r} → {now!r}" for name, (was, now) in each["changes"].items())
        typer.echo(
            " · ".join(word for word in (each["at"], each["by"], each["action"], each["subject"], changes) if word)
        )


def _id_of(api: ApiClient, word: str) -> str:
    """Return the id that `word` is or names; a key that was revoked has no name any more."""
    if word.startswith("key_"):
        return word
    found = [each["id"] for each in api.keys.list() if each["name"] == word and not each["revoked_at"]]
    if not found:
        raise NotFound("key", f"{word}: `orchestrator key list` shows those that are there")
    if len(found) > 1:
        raise Conflict("ambiguous_name", f"several have the name {word}, say which by its id: {', '.join(found)}")
    return str(found[0])


def _print_lines(found: list[Any]) -> None:
    for each in found:
        typer.echo(json.dumps(each, ensure_ascii=False))
