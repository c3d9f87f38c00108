"""The command line `orchestrator`: its command groups and error messages."""

from __future__ import annotations

import sys
from typing import Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from orchestrator.cli import call as cli_call
from orchestrator.cli import campaign as cli_campaign
from orchestrator.cli import campaign_again as cli_campaign_again
from orchestrator.cli import connection as cli_connection
from orchestrator.cli import consent as cli_consent
from orchestrator.cli import contact as cli_contact
from orchestrator.cli import dialing as cli_dialing
from orchestrator.cli import doctor as cli_doctor
from orchestrator.cli import flow as cli_flow
from orchestrator.cli import key as cli_key
from orchestrator.cli import list as cli_list
from orchestrator.cli import listen as cli_listen
from orchestrator.cli import number as cli_number
from orchestrator.cli import policy as cli_policy
from orchestrator.cli import pool as cli_pool
from orchestrator.cli import processes as cli_stack
from orchestrator.cli import recording as cli_recording
from orchestrator.cli import webhook as cli_webhook
from orchestrator.errors import InvalidFlow, InvalidInput, OrchestratorError


class _Group(TyperGroup):
    """Prints an OrchestratorError as a message and exits with status 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except OrchestratorError as err:
            _explain(err)
            sys.exit(1)


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
    help="""Self-hosted engine for outbound call campaigns on the Telnyx Call Control API.

    `orchestrator up` starts everything on this machine with a simulated carrier: no account needed, no phone rings.
    Then, in another terminal, create a campaign, import contacts, start it and watch it:

        orchestrator campaign create reminders --flow appointment.yaml --caller-id +12025550100
        orchestrator campaign import cmp_… contacts.csv
        orchestrator campaign start cmp_…
        orchestrator campaign watch cmp_…

    For a first real call: `orchestrator up --carrier telnyx`, `orchestrator doctor`, and

        orchestrator call dial --to +1… --flow FILE

    To stop all dialing:

        orchestrator dialing stop --reason "wrong list"

    To answer incoming calls with a flow:

        orchestrator number map --number +1… --flow FILE
    """,
)
app.add_typer(cli_flow.app, name="flow")
cli_campaign_again.add_to(cli_campaign.app)
app.add_typer(cli_campaign.app, name="campaign")
app.add_typer(cli_contact.app, name="contact")

app.add_typer(cli_key.app, name="key")
app.add_typer(cli_call.app, name="call")
app.add_typer(cli_dialing.app, name="dialing")
app.add_typer(cli_number.app, name="number")
app.add_typer(cli_consent.app, name="consent")
app.add_typer(cli_list.app, name="list")
app.add_typer(cli_recording.app, name="recording")
app.add_typer(cli_policy.app, name="policy")
app.add_typer(cli_pool.app, name="pool")
app.add_typer(cli_connection.app, name="connection")
app.add_typer(cli_webhook.app, name="webhook")
cli_stack.add_to(app)
cli_doctor.add_to(app)
cli_listen.add_to(app)


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
