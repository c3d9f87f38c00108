"""The command line `orchestrator`: its command groups and error messages."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from rich.console import Console

from orchestrator.cli.command_table import COMMANDS
from orchestrator.cli.lazy_commands import MARKUP, LazyGroup
from orchestrator.errors import InvalidFlow, InvalidInput, OrchestratorError


class _Group(LazyGroup):
    """Prints an OrchestratorError as a message and exits with status 1."""

    entries = COMMANDS

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except OrchestratorError as err:
            _explain(err)
            sys.exit(1)


def _print_version(value: bool) -> None:
    if value:
        from importlib.metadata import version  # nothing but this option needs it

        typer.echo(f"orchestrator {version('call-orchestrator')}")
        raise typer.Exit


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    rich_markup_mode=MARKUP,
    pretty_exceptions_enable=False,
    help="""Self-hosted engine for outbound call campaigns on the Telnyx Call Control API.

    `orchestrator up` starts everything on this machine with a simulated carrier: no account needed, no phone rings.
    Then, in another terminal, create a campaign, import contacts, start it and watch it:

        orchestrator campaign create reminders --flow appointment.yaml --caller-id +12025550100
        orchestrator campaign import reminders contacts.csv
        orchestrator campaign start reminders
        orchestrator campaign watch reminders

    For a first real call: `orchestrator up --carrier telnyx`, `orchestrator doctor`, and

        orchestrator call dial --to +1… --flow FILE

    To stop all dialing:

        orchestrator dialing stop --reason "wrong list"

    To answer incoming calls with a flow:

        orchestrator number map --number +1… --flow FILE
    """,
)


@app.callback()
def _say_version(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


def _explain(err: OrchestratorError) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for line in _lines(err):
        console.print("[red]✗[/red]", end=" ")
        console.print(line, markup=False)


def _lines(err: OrchestratorError) -> list[str]:
    if isinstance(err, InvalidFlow):
        return [str(problem) for problem in err.problems]
    if isinstance(err, InvalidInput):
        return [f"{field['pointer']}: {field['detail']}" for field in err.errors]
    return [str(err)]
