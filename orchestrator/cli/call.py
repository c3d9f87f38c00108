"""`orchestrator call`: dials one number, sends commands to a live call, shows a call, over the REST API."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from orchestrator.cli.action import ACTIONS, exit_unless_accepted, send_command
from orchestrator.cli.api_access import api_client, connect
from orchestrator.cli.arguments import parse_pairs, parse_time
from orchestrator.cli.call_timeline import follow_call, print_call
from orchestrator.cli.output import JsonOption, open_console, print_answer, print_json
from orchestrator.cli.upload import flow_reference
from orchestrator.policy.zones.timezone_source import TimezoneSource

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Dial one number, send a command to a live call, list calls or show one. "
    "Finds the API like `orchestrator campaign`.",
)


@app.command()
def dial(
    ctx: typer.Context,
    *,
    to: Annotated[str, typer.Option(help="Number to dial, +1…")],
    flow: Annotated[str, typer.Option(help="A flow file (uploaded first), or the id or name of a stored flow.")],
    from_: Annotated[str | None, typer.Option("--from", help="Caller id. Default: ORCHESTRATOR_CALLER_ID")] = None,
    var: Annotated[list[str] | None, typer.Option(help="An input of the flow, name=value; may be repeated.")] = None,
    external_id: Annotated[str | None, typer.Option(help="Your own id for the call.")] = None,
    timezone: Annotated[
        str | None, typer.Option(help="The person's time zone, such as America/Denver. Default: by the number.")
    ] = None,
    timezone_source: Annotated[
        TimezoneSource | None,
        typer.Option(help="Where --timezone is known from; `address` beats the number. Default: crm."),
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="Where the person is, such as US-FL: its law counts. Default: by the number.")
    ] = None,
    ignore_hours: Annotated[
        bool, typer.Option(help="Dial outside calling hours, for your own phone; needs --because.")
    ] = False,
    because: Annotated[str | None, typer.Option(help="Why --ignore-hours; it is kept.")] = None,
    not_after: Annotated[
        str | None, typer.Option(help="Nobody is called later, such as 2027-03-01T09:00-05:00. Default: in an hour.")
    ] = None,
    wait: Annotated[bool, typer.Option(help="Print the call as it happens, until it ends.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Dial one number and print the call as it happens.

        orchestrator call dial --to +12025550123 --flow appointment.yaml --var first_name=Ada

    The call passes the same checks and the same ledger as the calls of a campaign: a suppressed number is not dialed.
    """
    api = api_client(ctx)
    body: dict[str, Any] = {
        "to": to,
        "from": from_,
        "flow": flow_reference(api, flow),
        "external_id": external_id,
        "because": because,
    }
    body |= {"timezone": timezone, "timezone_source": timezone_source, "region": region}
    body |= {"not_after": parse_time(not_after, option="--not-after").isoformat() if not_after else None}
    body = {name: value for name, value in body.items() if value is not None}
    body |= {"variables": parse_pairs(var or [], option="--var"), "ignore_hours": ignore_hours}
    call = api.calls.create(**body)
    console = Console(highlight=False, soft_wrap=True, stderr=as_json)
    console.print(f"{call['id']} → {to}", markup=False)
    took_place = not wait or follow_call(api, call["id"], console=console)
    if as_json:
        print_json(api.calls.get(call["id"]) if wait else call)
    if not took_place:
        raise typer.Exit(1)


@app.command()
def show(
    ctx: typer.Context,
    call: Annotated[str, typer.Argument(metavar="ID", help="The call, call_01J…")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Show a call with its timeline and its result."""
    told = api_client(ctx).calls.get(call)
    print_json(told) if as_json else print_call(told, console=open_console())


@app.command()
def callback(
    ctx: typer.Context,
    call: Annotated[str, typer.Argument(metavar="ID", help="The call, live or over, call_01J…")],
    *,
    after: Annotated[str | None, typer.Option(help="In how long, such as 2h.")] = None,
    at: Annotated[str | None, typer.Option(help="When, such as 2027-03-01T09:00-05:00.")] = None,
    note: Annotated[str | None, typer.Option(help="Shown with the contact until then.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Call the person of a call back, first in line; while the call lives, from its end on.

    orchestrator call callback call_01J… --after 2h --note "is in a meeting"
    """
    moment = parse_time(at, option="--at").isoformat() if at is not None else None
    said = {"after": after, "at": moment, "note": note}
    body = {name: value for name, value in said.items() if value is not None}
    told = api_client(ctx).calls.callback(call, **body)
    words = [f"{told['contact_id']} is called back at {told['at']}"]
    if told["reason"]:
        words.append(f"dialed from {told['dials_from'] or 'nobody knows when'}: {told['reason_detail']}")
    print_answer(told, words, as_json=as_json)


@app.command(epilog=f"The commands: {', '.join(ACTIONS)}.")
def act(
    ctx: typer.Context,
    call: Annotated[str, typer.Argument(metavar="CALL_ID", help="A live call, call_01J…")],
    action: Annotated[str, typer.Argument(metavar="ACTION", help="The carrier's name for the command, such as speak.")],
    *,
    field: Annotated[
        list[str] | None, typer.Option(help="A field of the command, name=value; may be repeated.")
    ] = None,
    json: Annotated[str | None, typer.Option(help="The fields as a JSON object; --field wins over it.")] = None,
    wait: Annotated[bool, typer.Option(help="Wait for the result and print it.")] = True,
) -> None:
    """Send one of the carrier's commands to a live call.

        orchestrator call act call_01J… speak --field payload="One moment, please." --field voice=female

        orchestrator call act call_01J… transfer --field to=+12025550150

        orchestrator call act call_01J… enqueue --json '{"queue_name": "support", "max_wait_time_secs": 120}'

        orchestrator call act call_01J… bridge --field call_control_id=call_01K…

        orchestrator call act call_01J… client_state_update --field client_state=$(printf hello | base64)

        orchestrator call act call_01J… hangup

    The command is queued behind those of the flow, and the flow receives its webhooks; hangup and transfer end the
    flow. Prints the id of the command, then its timeline entries; exit status 1 if the carrier refuses it.
    """
    console = Console(highlight=False, soft_wrap=True)
    taken = send_command(api_client(ctx), call, action, fields=field or [], document=json, console=console, wait=wait)
    exit_unless_accepted(taken)
