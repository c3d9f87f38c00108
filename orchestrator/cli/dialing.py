"""`orchestrator dialing`: stops and resumes all dialing, over the REST API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from orchestrator.cli.api_access import api_client, connect
from orchestrator.cli.arguments import who
from orchestrator.cli.output import JsonOption, print_answer

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Stop all dialing, and resume it. Finds the API like `orchestrator campaign`.",
)


@app.command()
def stop(
    ctx: typer.Context,
    *,
    reason: Annotated[str, typer.Option(help="Reason, shown with every campaign.")],
    by: Annotated[str | None, typer.Option(help="Who stops it. Default: your user name on this machine.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Stop all dialing of all campaigns, also after restarts; live calls continue to their end.

    orchestrator dialing stop --reason "wrong list"
    """
    _print(api_client(ctx).dialing.stop(reason=reason, by=by or who()), as_json)


@app.command()
def resume(ctx: typer.Context, *, as_json: JsonOption = False) -> None:
    """Resume dialing of running campaigns."""
    _print(api_client(ctx).dialing.resume(), as_json)


@app.command()
def status(ctx: typer.Context, *, as_json: JsonOption = False) -> None:
    """Show whether dialing is stopped, since when, by whom and why."""
    _print(api_client(ctx).dialing.get(), as_json)


def _print(dialing: Mapping[str, Any], as_json: bool) -> None:
    print_answer(dialing, [_line(dialing)], as_json=as_json)


def _line(dialing: Mapping[str, Any]) -> str:
    if not dialing["stopped"]:
        return "dialing is not stopped"
    said = [f"since {dialing['since']}"] if dialing["since"] else []
    said += [f"by {dialing['by']}"] if dialing["by"] else []
    why = f": {dialing['reason']}" if dialing["reason"] else ""
    live = f"; {dialing['in_flight']} calls still live" if dialing.get("in_flight") else ""
    return f"dialing is stopped {' '.join(said)}".rstrip() + why + live
