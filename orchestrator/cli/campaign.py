"""`orchestrator campaign`: creates, fills, runs and reports campaigns, over the REST API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from orchestrator.bounds import FASTEST, HEAVIEST, MOST_LIVE_CALLS, SLOWEST
from orchestrator.cli.api_access import api_client, connect
from orchestrator.cli.arguments import parse_caps, parse_time
from orchestrator.cli.campaign_report import report as print_report
from orchestrator.cli.campaign_report import stopped_line
from orchestrator.cli.campaign_watch import watch_campaign
from orchestrator.cli.explanations import print_campaign, print_explanation, print_preflight
from orchestrator.cli.import_preview import preview_contacts
from orchestrator.cli.names import POOL, id_of, named_campaign
from orchestrator.cli.output import JsonLines, JsonOption, open_console, print_json, print_lines
from orchestrator.cli.upload import flow_reference, import_contacts, read_document
from orchestrator.errors import FieldError, InvalidInput
from orchestrator.policy.consents import OnOptOut, RequiredConsent
from orchestrator.policy.law.law_mode import LawMode
from orchestrator.policy.phone.kinds import NumberKind
from orchestrator.policy.purposes import Purpose, Voice

if TYPE_CHECKING:
    from orchestrator.cli.api_client import ApiClient

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Create campaigns, import contacts, start, watch and report. "
    "Finds the API and its key in the data folder of a running `orchestrator up`, or through --url and --key.",
)

_Id = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's id, such as cmp_01J…, or its name.")]
_At = Annotated[str | None, typer.Option(help="A time such as 2027-03-01T09:00-05:00. Default: now.")]
_PREFLIGHT_S = 300


class LiveCalls(StrEnum):
    """What happens to live calls when a campaign is canceled."""

    FINISH = "finish"
    HANGUP = "hangup"


class TableFormat(StrEnum):
    """How results are written."""

    CSV = "csv"
    EXCEL = "excel"
    JSONL = "jsonl"
    XLSX = "xlsx"


@app.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the campaign.")],
    *,
    flow: Annotated[str, typer.Option(help="A flow file (uploaded first), or the id or name of a stored flow.")],
    caller_id: Annotated[list[str] | None, typer.Option(help="Caller id, +1…; repeat the option for several.")] = None,
    caller_id_pool: Annotated[
        str | None, typer.Option(help="A pool of caller ids, by name or id, instead of --caller-id.")
    ] = None,
    calls_per_second: Annotated[
        float | None, typer.Option(min=SLOWEST, max=FASTEST, help="Maximum dials per second of this campaign.")
    ] = None,
    max_live_calls: Annotated[
        int | None, typer.Option(min=1, max=MOST_LIVE_CALLS, help="Maximum live calls of this campaign.")
    ] = None,
    weight: Annotated[
        int | None, typer.Option(min=1, max=HEAVIEST, help="Share relative to other running campaigns.")
    ] = None,
    purpose: Annotated[
        Purpose | None, typer.Option(help="What it calls for; the law depends on it. Default: informational.")
    ] = None,
    subject: Annotated[str | None, typer.Option(help="What the calls are about. Default: the campaign's name.")] = None,
    voice: Annotated[Voice | None, typer.Option(help="Whose voice is heard. Default: as the flow speaks.")] = None,
    always: Annotated[
        bool,
        typer.Option(
            help="Call at any hour that the law allows; needs --because. "
            "Default: 9:00 to 20:00, Monday to Saturday, in the contact's time zone."
        ),
    ] = False,
    law: Annotated[
        LawMode | None, typer.Option(help="warn: call, and say what the law says; off: do not ask it. Needs --because.")
    ] = None,
    because: Annotated[str | None, typer.Option(help="Why --always, or --law warn or off; it is kept.")] = None,
    timezone: Annotated[
        str | None,
        typer.Option(help="Time zone for contacts without one of their own, if the number does not imply it."),
    ] = None,
    max_attempts: Annotated[int | None, typer.Option(help="Maximum calls to one contact.")] = None,
    allow_number_kind: Annotated[
        list[NumberKind] | None,
        typer.Option(help="Dial numbers of this kind, too: premium, shared_cost, personal, satellite; repeatable."),
    ] = None,
    cap: Annotated[
        list[str] | None,
        typer.Option(help="A cap or a rest, stricter than for everybody, such as per_number_24h=1; repeatable."),
    ] = None,
    number_gap: Annotated[
        str | None, typer.Option(help="Between dials to a number for different contacts. Default: 2h.")
    ] = None,
    consent: Annotated[
        RequiredConsent | None, typer.Option(help="Dial only who has given such a consent. Default: none.")
    ] = None,
    suppress_list: Annotated[
        list[str] | None, typer.Option(help="A list whose numbers are not dialed, by name; repeatable.")
    ] = None,
    allow_list: Annotated[str | None, typer.Option(help="A list whose numbers alone are dialed, by name.")] = None,
    on_opt_out: Annotated[
        OnOptOut | None, typer.Option(help="A call that rings while its number opts out. Default: hangup.")
    ] = None,
    spend_per_day: Annotated[str | None, typer.Option(help="What its calls may cost on a day, such as 25.00.")] = None,
    spend_total: Annotated[str | None, typer.Option(help="What its calls may cost in all.")] = None,
    keep_open: Annotated[
        bool, typer.Option(help="Do not complete when all contacts are called: more will be added.")
    ] = False,
    settings: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="YAML or JSON with any other field of the API.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Create a campaign as a draft; it dials nobody until it is started.

    orchestrator campaign create reminders --flow appointment.yaml --caller-id +12025550100
    """
    api = api_client(ctx)
    body = read_document(settings) if settings else {}
    body |= {"name": name, "flow": flow_reference(api, flow)}
    body |= _given({"caller_ids": caller_id or None})
    body |= {"caller_id_pool": id_of(api, POOL, caller_id_pool)} if caller_id_pool else {}
    pacing = {"calls_per_second": calls_per_second, "max_live_calls": max_live_calls, "weight": weight}
    _put(body, "pacing", _given(pacing))
    _put(body, "calling_hours", _given({"always": True, "because": because}) if always else {})
    _put(body, "law", _given({"mode": law.value, "because": because}) if law else {})
    _put(body, "retry", _given({"max_attempts": max_attempts}))
    body |= _given({"purpose": purpose, "subject": subject, "voice": voice})
    body |= _given({"default_timezone": timezone, "keep_open": keep_open or None})
    body |= _given({"allow_number_kinds": allow_number_kind or None, "number_gap": number_gap})
    body |= _given({"on_opt_out": on_opt_out})
    _put(body, "caps", parse_caps(cap or [], option="--cap"))
    _put(body, "consent", _given({"require": consent}))
    _put(body, "lists", _given({"suppress": suppress_list or None, "allow": allow_list}))
    _put(body, "spend", _given({"per_day": spend_per_day, "total": spend_total}))
    made = api.campaigns.create(**body)
    print_json(made) if json else typer.echo(made["id"])


@app.command("import")
def import_(
    ctx: typer.Context,
    campaign: _Id,
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="CSV or Excel workbook (.xlsx) with a column of phone numbers."
        ),
    ],
    *,
    map_: Annotated[
        str | None, typer.Option("--map", help="Mapping of columns, such as `phone:Mobile,first_name:Vorname`.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of the file if it is not detected, such as windows-1250.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Country of national numbers, such as US.")] = None,
    dedupe: Annotated[str | None, typer.Option(help="phone or external_id: what makes two rows the same.")] = None,
    sheet: Annotated[
        str | None, typer.Option(help="Sheet of a workbook. Default: the first visible one with anything in it.")
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only show how the file is read, and propose --map; nobody is imported.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Import a CSV file or an Excel workbook; valid rows are kept, the problems of all others are listed by kind.

    The phone column is detected by many names (**phone, Mobile, Phone Number, Telefon** …), or named with **--map**.
    Columns **timezone, external_id, not_before, not_after, priority** are recognized; all others are inputs of the
    flow.

    Exit status 1 if no contact was imported (with --preview: would be); a file with duplicates only is not a failure.
    """
    options = _given({"region": region, "dedupe": dedupe, "map": map_, "encoding": encoding, "sheet": sheet})
    api, campaign_id = named_campaign(ctx, campaign)
    read = preview_contacts if preview else import_contacts
    read(api, campaign_id, file, options=options, console=open_console(), as_json=json)


@app.command()
def preflight(ctx: typer.Context, campaign: _Id, *, at: _At = None, json: JsonOption = False) -> None:
    """Look through all contacts before dialing: who may be called, who waits for what, who never will be.

    Nothing is changed. Exit status 1 if something forbids the start.
    """
    api, campaign = named_campaign(ctx, campaign)
    body = {"at": moment.isoformat()} if (moment := _moment(at)) else {}
    told = api.with_limits(timeout_s=_PREFLIGHT_S).campaigns.preflight(campaign, **body)
    if json:
        print_json(told)
    else:
        print_preflight(open_console(), api.campaigns.get(campaign)["name"], told)
    if told["errors"]:
        raise typer.Exit(1)


@app.command()
def explain(
    ctx: typer.Context,
    campaign: _Id,
    *,
    contact: Annotated[str | None, typer.Option(help="A contact, such as con_01J…: why is it (not) called?")] = None,
    phone: Annotated[str | None, typer.Option(help="The same of the contact with this number.")] = None,
    at: _At = None,
    json: JsonOption = False,
) -> None:
    """Say why a campaign does not dial, or not faster; with --contact or --phone, why one person is (not) called.

    orchestrator campaign explain cmp_… --phone +12025550123 --at 2027-03-01T09:00-05:00
    """
    if contact and phone:
        raise InvalidInput([FieldError("--phone", "one_of_both", "name --contact or --phone, not both")])
    if at and not (contact or phone):
        raise InvalidInput([FieldError("--at", "of_a_person", "--at goes with --contact or --phone")])
    api, campaign_id = named_campaign(ctx, campaign)
    person = contact or (_contact_with(api, campaign_id, phone) if phone else None)
    if person is None:
        told = api.campaigns.explain(campaign_id)
        _show(told, json=json, draw=lambda console: print_campaign(console, campaign, told))
        return
    moment = _moment(at)
    about = api.contacts.explain(person, at=moment)
    _show(about, json=json, draw=lambda console: print_explanation(console, phone or person, about))


@app.command()
def start(
    ctx: typer.Context,
    campaign: _Id,
    *,
    accept: Annotated[
        list[str] | None,
        typer.Option(help="Start in spite of this error of the preflight, by its code; repeat the option for several."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Start dialing."""
    _act(ctx, campaign, "start", {"accept": accept} if accept else None, json=json)


@app.command()
def pause(ctx: typer.Context, campaign: _Id, *, json: JsonOption = False) -> None:
    """Stop dialing; when this returns no more dials are sent. Live calls continue to their end."""
    _act(ctx, campaign, "pause", json=json)


@app.command()
def resume(ctx: typer.Context, campaign: _Id, *, json: JsonOption = False) -> None:
    """Resume a paused campaign."""
    _act(ctx, campaign, "resume", json=json)


@app.command()
def cancel(
    ctx: typer.Context,
    campaign: _Id,
    *,
    live_calls: Annotated[LiveCalls, typer.Option(help="What happens to live calls.")] = LiveCalls.FINISH,
    json: JsonOption = False,
) -> None:
    """Cancel a campaign permanently; contacts that were not called yet will not be called."""
    _act(ctx, campaign, "cancel", {"live_calls": live_calls.value}, json=json)


@app.command()
def watch(
    ctx: typer.Context,
    campaign: _Id,
    *,
    every: Annotated[float, typer.Option(min=0.2, help="Seconds between two updates.")] = 1.0,
    json: JsonLines = False,
) -> None:
    """Watch a campaign until it is completed or canceled; Ctrl-C ends the display, not the campaign."""
    api, campaign_id = named_campaign(ctx, campaign)
    watch_campaign(api, campaign_id, every_s=every, console=open_console(), as_json=json)


@app.command()
def report(
    ctx: typer.Context,
    campaign: _Id,
    csv: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Also write a CSV file with one row per contact.")
    ] = None,
    *,
    excel: Annotated[bool, typer.Option(help="Write the CSV so that Excel keeps every digit.")] = False,
    json: JsonOption = False,
) -> None:
    """Print the results of the contacts and the calls."""
    api, campaign = named_campaign(ctx, campaign)
    about, stats = api.campaigns.get(campaign), api.campaigns.stats(campaign)
    if json:
        print_json(stats)
    else:
        print_lines([reason] if (reason := stopped_line(about)) else [])
        print_report(open_console(), f"{about['name']} · {about['status']}", stats)
    if csv:
        api.campaigns.results(campaign, format="excel" if excel else "csv").save(csv)
        typer.echo(f"a row per contact: {csv}", err=json)


@app.command()
def results(
    ctx: typer.Context,
    campaign: _Id,
    *,
    to: Annotated[Path, typer.Option("--to", "-o", help="The file to write; /dev/stdout prints it.")],
    format_: Annotated[
        TableFormat | None, typer.Option("--format", help="Default: by the ending of FILE, else csv.")
    ] = None,
    columns: Annotated[str | None, typer.Option(help="Such as phone,status,outcome. Default: all.")] = None,
    tz: Annotated[str | None, typer.Option(help="Zone of the times, such as America/Chicago. Default: UTC.")] = None,
) -> None:
    """Download a row for each contact: its last call, its answers, its variables.

        orchestrator campaign results cmp_… -o results.xlsx --tz Europe/Berlin

    The file is there whole or not at all. Formats: csv, excel (CSV that Excel opens with a double click), jsonl, xlsx.
    """
    written = format_ or _FORMATS.get(to.suffix.lower(), TableFormat.CSV)
    asked = _given({"columns": columns, "tz": tz})
    api, campaign_id = named_campaign(ctx, campaign)
    api.campaigns.results(campaign_id, format=written.value, **asked).save(to)
    if to.is_file():
        open_console().print(f"a row per contact: {to}", markup=False)


_FORMATS = {".xlsx": TableFormat.XLSX, ".jsonl": TableFormat.JSONL, ".ndjson": TableFormat.JSONL}


def _act(
    ctx: typer.Context, campaign: str, action: str, body: dict[str, Any] | None = None, *, json: bool = False
) -> None:
    api, campaign_id = named_campaign(ctx, campaign)
    told = getattr(api.campaigns, action)(campaign_id, **body or {})
    in_flight = told.get("in_flight")
    more = f", {in_flight} calls still live" if in_flight else ""
    reason = stopped_line(told)
    lines = [f"{told.get('name', campaign)} is {told['status']}{more}", *([reason] if reason else [])]
    print_json(told) if json else print_lines(lines)


def _show(told: Any, *, json: bool, draw: Callable[[Console], None]) -> None:
    if json:
        print_json(told)
    else:
        draw(open_console())


def _contact_with(api: ApiClient, campaign: str, phone: str) -> str:
    """Return the contact of a campaign with this number."""
    found = list(api.contacts.list(campaign_id=campaign, phone=phone))
    if not found:
        raise InvalidInput([FieldError("--phone", "unknown_number", f"no contact of the campaign has {phone}")])
    return str(found[0]["id"])


def _moment(at: str | None) -> datetime | None:
    return parse_time(at, option="--at") if at else None


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _put(body: dict[str, Any], name: str, changes: dict[str, Any]) -> None:
    if changes:
        body[name] = {**body.get(name, {}), **changes}
