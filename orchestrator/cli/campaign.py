"""`orchestrator campaign`: from a flow and a list of numbers to a report, over the REST API."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from orchestrator.bounds import FASTEST, HEAVIEST, MOST_LIVE_CALLS, SLOWEST
from orchestrator.cli.api_client import api_client, connect
from orchestrator.cli.campaign_report import report as print_report
from orchestrator.cli.campaign_report import stopped_line
from orchestrator.cli.campaign_watch import watch_campaign
from orchestrator.cli.upload import flow_reference, import_contacts, read_document

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Create, fill, start, watch and report campaigns. "
    "Finds the API and its key in the data folder of a running `orchestrator up`, or through --url and --key.",
)

_Id = Annotated[str, typer.Argument(metavar="ID", help="The campaign, such as cmp_01J…")]


class LiveCalls(StrEnum):
    """What becomes of the calls that live when a campaign is canceled."""

    FINISH = "finish"
    HANGUP = "hangup"


@app.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="What people will call it.")],
    *,
    flow: Annotated[str, typer.Option(help="A flow file (uploaded first), or the id or name of a stored flow.")],
    caller_id: Annotated[list[str], typer.Option(help="Number to show, +1…; repeat the option for several.")],
    calls_per_second: Annotated[
        float | None, typer.Option(min=SLOWEST, max=FASTEST, help="Most dials a second of this campaign.")
    ] = None,
    max_live_calls: Annotated[
        int | None, typer.Option(min=1, max=MOST_LIVE_CALLS, help="Most calls at once of this campaign.")
    ] = None,
    weight: Annotated[
        int | None, typer.Option(min=1, max=HEAVIEST, help="Share beside other running campaigns.")
    ] = None,
    always: Annotated[
        bool,
        typer.Option(
            help="Call at any hour. Default: 9:00 to 20:00, Monday to Saturday, by the clock of whoever is called."
        ),
    ] = False,
    timezone: Annotated[str | None, typer.Option(help="Zone of contacts whose number does not tell theirs.")] = None,
    max_attempts: Annotated[int | None, typer.Option(help="Most calls to one contact.")] = None,
    keep_open: Annotated[bool, typer.Option(help="Do not complete when everybody is called: more will come.")] = False,
    settings: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="YAML or JSON with any other field of the API.")
    ] = None,
) -> None:
    """Create a campaign, as a draft that dials nobody until it is started.

    orchestrator campaign create reminders --flow appointment.yaml --caller-id +12025550100
    """
    api = api_client(ctx)
    body = read_document(settings) if settings else {}
    body |= {"name": name, "flow": flow_reference(api, flow), "caller_ids": caller_id}
    pacing = {"calls_per_second": calls_per_second, "max_live_calls": max_live_calls, "weight": weight}
    _put(body, "pacing", _given(pacing))
    _put(body, "calling_hours", {"always": True} if always else {})
    _put(body, "retry", _given({"max_attempts": max_attempts}))
    body |= _given({"default_timezone": timezone, "keep_open": keep_open or None})
    campaign = api.post("/v1/campaigns", body)
    typer.echo(campaign["id"])


@app.command("import")
def import_(
    ctx: typer.Context,
    campaign: _Id,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV with a column of phone numbers.")],
    *,
    map_: Annotated[
        str | None, typer.Option("--map", help="What columns fill, such as `phone:Mobile,first_name:Vorname`.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of a file that is not read as it should, such as windows-1250.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Country of national numbers, such as US.")] = None,
    dedupe: Annotated[str | None, typer.Option(help="phone or external_id: what makes two rows the same.")] = None,
) -> None:
    """Add the contacts of a CSV file; good rows are kept, and what is wrong with others is told by kind.

    The phone's column is known by many names (**phone, Mobile, Phone Number, Telefon** …), or named with **--map**.
    Columns **timezone, external_id, not_before, not_after** are understood; all others are the flow's inputs.

    Exits with 1 when nobody was imported; a file whose people are all in the campaign already is no failure.
    """
    options = _given({"region": region, "dedupe": dedupe, "map": map_, "encoding": encoding})
    import_contacts(api_client(ctx), campaign, file, options=options, console=_console())


@app.command()
def start(ctx: typer.Context, campaign: _Id) -> None:
    """Start dialing."""
    _act(ctx, campaign, "start")


@app.command()
def pause(ctx: typer.Context, campaign: _Id) -> None:
    """Stop dialing; once this returns nothing more is sent, and calls that live run on to their end."""
    _act(ctx, campaign, "pause")


@app.command()
def resume(ctx: typer.Context, campaign: _Id) -> None:
    """Go on after a pause."""
    _act(ctx, campaign, "resume")


@app.command()
def cancel(
    ctx: typer.Context,
    campaign: _Id,
    live_calls: Annotated[LiveCalls, typer.Option(help="What becomes of calls that live.")] = LiveCalls.FINISH,
) -> None:
    """End a campaign for good; whoever was not called yet will not be."""
    _act(ctx, campaign, "cancel", {"live_calls": live_calls.value})


@app.command()
def watch(
    ctx: typer.Context,
    campaign: _Id,
    every: Annotated[float, typer.Option(min=0.2, help="Seconds between two looks.")] = 1.0,
) -> None:
    """Watch a campaign until it is over; Ctrl-C ends the watching, not the campaign."""
    watch_campaign(api_client(ctx), campaign, every_s=every, console=_console())


@app.command()
def report(
    ctx: typer.Context,
    campaign: _Id,
    csv: Annotated[Path | None, typer.Option(dir_okay=False, help="Also write a row per contact here.")] = None,
    excel: Annotated[bool, typer.Option(help="Write it as Excel opens it by itself, with every digit.")] = False,
) -> None:
    """Print what became of the contacts and the calls."""
    api = api_client(ctx)
    about = api.get(f"/v1/campaigns/{campaign}")
    if reason := stopped_line(about):
        _console().print(reason, markup=False)
    print_report(_console(), f"{about['name']} · {about['status']}", api.get(f"/v1/campaigns/{campaign}/stats"))
    if csv:
        api.download(f"/v1/campaigns/{campaign}/results", csv, format="excel" if excel else "csv")
        _console().print(f"a row per contact: {csv}")


def _act(ctx: typer.Context, campaign: str, action: str, body: dict[str, Any] | None = None) -> None:
    answer = api_client(ctx).post(f"/v1/campaigns/{campaign}/{action}", body)
    in_flight = answer.get("in_flight")
    more = f", {in_flight} calls still live" if in_flight else ""
    _console().print(f"{answer.get('name', campaign)} is {answer['status']}{more}")
    if reason := stopped_line(answer):
        _console().print(reason, markup=False)


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _put(body: dict[str, Any], name: str, changes: dict[str, Any]) -> None:
    if changes:
        body[name] = {**body.get(name, {}), **changes}
