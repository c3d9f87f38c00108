"""`orchestrator call`: ring one phone and read what happened, over the REST API."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from orchestrator.cli_rest import connect, rest_of
from orchestrator.cli_timeline import follow_call, print_call
from orchestrator.cli_upload import flow_reference
from orchestrator.cli_words import pairs
from orchestrator.ids import new_id

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Make one call, or show one. Finds the API like `orchestrator campaign` does.",
)


@app.command()
def dial(
    ctx: typer.Context,
    *,
    to: Annotated[str, typer.Option(help="The phone to ring, +1…")],
    flow: Annotated[str, typer.Option(help="A flow file (uploaded first), or the id or name of a stored flow.")],
    from_: Annotated[str | None, typer.Option("--from", help="Number to show. Default: ORCHESTRATOR_CALLER_ID")] = None,
    var: Annotated[list[str] | None, typer.Option(help="An input of the flow, name=value; may be repeated.")] = None,
    external_id: Annotated[str | None, typer.Option(help="Your own name for the call.")] = None,
    ignore_hours: Annotated[bool, typer.Option(help="Ring at any hour: for your own phone.")] = False,
    wait: Annotated[bool, typer.Option(help="Print the call as it happens, until it ends.")] = True,
) -> None:
    """Ring one phone and print the call as it happens.

        orchestrator call dial --to +12025550123 --flow appointment.yaml --var first_name=Ada

    The call passes the same gate and the same ledger as a campaign's: a suppressed number is not dialed.
    """
    rest = rest_of(ctx)
    body = {"to": to, "from": from_, "flow": flow_reference(rest, flow), "external_id": external_id}
    body = {name: value for name, value in body.items() if value is not None}
    body |= {"variables": pairs(var or [], option="--var"), "ignore_hours": ignore_hours}  # type: ignore[dict-item]  # JSON
    call = rest.post("/v1/calls", body, idempotency_key=new_id("req"))
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{call['id']} → {to}", markup=False)
    if wait and not follow_call(rest, call["id"], console=console):
        raise typer.Exit(1)


@app.command()
def show(ctx: typer.Context, call: Annotated[str, typer.Argument(metavar="ID", help="The call, call_01J…")]) -> None:
    """Show a call with everything that happened in it."""
    print_call(rest_of(ctx).get(f"/v1/calls/{call}"), console=Console(highlight=False, soft_wrap=True))
