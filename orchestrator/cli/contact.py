"""`orchestrator contact`: changes a contact, over the REST API."""

from __future__ import annotations

from json import dumps
from typing import Annotated, Any

import typer

from orchestrator.cli.api_access import api_client, connect
from orchestrator.cli.arguments import NONE, parse_optional, parse_time
from orchestrator.cli.output import JsonOption, print_answer
from orchestrator.errors import FieldError, InvalidInput

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Find, show, explain or change a contact, or let it be called once more. "
    "Finds the API like `orchestrator campaign`.",
)

_Time = Annotated[str | None, typer.Option(help="A time such as 2027-03-01T09:00-05:00, or `none`.")]


@app.command()
def edit(
    ctx: typer.Context,
    contact: Annotated[str, typer.Argument(metavar="ID", help="The contact, such as con_01J…")],
    *,
    phone: Annotated[str | None, typer.Option(help="Its new number, +1…")] = None,
    timezone: Annotated[str | None, typer.Option(help="Its time zone, such as America/Denver.")] = None,
    timezone_source: Annotated[str | None, typer.Option(help="Where that comes from: address, crm or said.")] = None,
    region: Annotated[str | None, typer.Option(help="Where the person is, such as US-CA, or `none`.")] = None,
    not_before: _Time = None,
    not_after: _Time = None,
    priority: Annotated[int | None, typer.Option(min=-1000, max=1000, help="Higher is dialed first.")] = None,
    var: Annotated[
        list[str] | None, typer.Option(help="A value, name=value, or name=none to remove it; may be repeated.")
    ] = None,
    status: Annotated[
        str | None, typer.Option(help="`waiting`: one more attempt; `canceled` or `completed` end it.")
    ] = None,
    outcome: Annotated[str | None, typer.Option(help="What was reached, with the status completed.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the answer of the API.")] = False,
) -> None:
    """Change a contact; what is not named stays as it is.

    orchestrator contact edit con_… --phone +12025550123 --status waiting
    """
    said = {"phone": phone, "timezone": timezone, "timezone_source": timezone_source, "region": region}
    said |= {"status": status, "outcome": outcome}
    change: dict[str, Any] = {name: None if text == NONE else text for name, text in said.items() if text is not None}
    for name, text in (("not_before", not_before), ("not_after", not_after)):
        if text is not None:
            change[name] = None if text == NONE else _time(text, name)
    if priority is not None:
        change["priority"] = priority
    if var:
        change["variables"] = parse_optional(var, option="--var")
    if not change:
        raise InvalidInput([FieldError("--phone", "nothing", "say what to change: `orchestrator contact edit --help`")])
    told = api_client(ctx).contacts.update(contact, **change)
    if json:
        typer.echo(dumps(told, indent=2, ensure_ascii=False))
    else:
        why = f" ({told['reason']})" if told["reason"] else ""
        typer.echo(f"{told['id']} {told['phone']} is {told['status']}{why}")


@app.command("lift-hold")
def lift_hold(
    ctx: typer.Context,
    contact: Annotated[str, typer.Argument(metavar="ID", help="The contact, such as con_01J…")],
    *,
    hold: Annotated[list[str], typer.Option(help="Such as rest_after_human or number_day_limit; may be repeated.")],
    because: Annotated[str, typer.Option(help="Why; it is kept.")],
    as_json: JsonOption = False,
) -> None:
    """Lift holds by caps and rests for one more call to a contact; what the law says holds on.

    orchestrator contact lift-hold con_… --hold rest_after_human --because "asked to be called again"
    """
    body: dict[str, Any] = {"holds": hold, "because": because}
    told = api_client(ctx).contacts.lift_holds(contact, **body)
    now = told["now"]
    until = f", until {now['until']}" if now["until"] else ""
    lifted = f"{', '.join(told['holds'])} lifted for one call, until {told['expires_at']}"
    print_answer(told, [lifted, f"now: {now['verdict']}{until}. {now['sentence']}"], as_json=as_json)


def _time(text: str, name: str) -> str:
    return parse_time(text, option=f"--{name.replace('_', '-')}").isoformat()
