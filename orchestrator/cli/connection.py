"""`orchestrator connection`: shows and changes the limits of the carrier account, over the REST API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console

from orchestrator.bounds import FASTEST, MOST_LIVE_CALLS, SLOWEST
from orchestrator.cli.api_access import api_client, connect
from orchestrator.cli.output import JsonLines
from orchestrator.errors import FieldError, InvalidInput, Misconfigured
from orchestrator.local_stack.data_folder import stored_connection_id
from orchestrator.settings import load_settings

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Show and change the limits of the carrier account: calls per second, live calls, the countries that are "
    "dialed. Finds the API like `orchestrator campaign`.",
)

_Id = Annotated[
    str | None,
    typer.Option("--id", help="The connection. Default: TELNYX_CONNECTION_ID, or that of the stack in --data."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print the answer of the API.")]
_OF_CALLER_IDS = "caller-ids"


@app.command()
def show(ctx: typer.Context, *, connection: _Id = None, as_json: _Json = False) -> None:
    """Show the limits of the connection.

    orchestrator connection show
    """
    _print(api_client(ctx).connections.get(_chosen(ctx, connection)), as_json=as_json)


@app.command("list")
def list_(ctx: typer.Context, *, as_json: JsonLines = False) -> None:
    """List the connections that are dialed from, or were."""
    for row in api_client(ctx).connections.list():
        if as_json:
            typer.echo(json.dumps(row, ensure_ascii=False))
        else:
            _print(row, as_json=False)


@app.command("set")
def set_(
    ctx: typer.Context,
    *,
    connection: _Id = None,
    calls_per_second: Annotated[
        float | None, typer.Option(min=SLOWEST, max=FASTEST, help="Dials per second the account may start.")
    ] = None,
    max_live_calls: Annotated[
        int | None, typer.Option(min=1, max=MOST_LIVE_CALLS, help="Channels of the account.")
    ] = None,
    dial_region: Annotated[
        list[str] | None,
        typer.Option(
            help="A country that is dialed, such as US; repeat the option for several, they replace those before. "
            "`caller-ids`: those of the caller ids."
        ),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Change the limits of the connection, in force at once; what is not named stays as it is.

    orchestrator connection set --dial-region US --dial-region CA
    """
    given = {"calls_per_second": calls_per_second, "max_live_calls": max_live_calls}
    body: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if dial_region:
        body["dial_regions"] = None if dial_region == [_OF_CALLER_IDS] else dial_region
    if not body:
        detail = "say what to change: --calls-per-second, --max-live-calls or --dial-region"
        raise InvalidInput([FieldError("--dial-region", "missing", detail)])
    _print(api_client(ctx).connections.update(_chosen(ctx, connection), **body), as_json=as_json)


def _chosen(ctx: typer.Context, given: str | None) -> str:
    settings = load_settings()
    _, _, data = ctx.obj
    found = given or settings.telnyx_connection_id or stored_connection_id(data or settings.data_dir)
    if found is None:
        raise Misconfigured("which connection? Name it with --id, or set TELNYX_CONNECTION_ID")
    return found


def _print(row: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(row, indent=2, ensure_ascii=False))
        return
    regions = ", ".join(row["dial_regions"]) if row["dial_regions"] else "the countries of its caller ids"
    limits = f"{row['calls_per_second']:g} calls per second, {row['max_live_calls']} live calls"
    line = f"{row['id']}: {limits}, dials {regions}"
    Console(highlight=False, soft_wrap=True).print(line, markup=False)
