"""`orchestrator consent`: records and shows what people have agreed to and taken back, over the REST API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from orchestrator.cli.api_access import api_client, connect
from orchestrator.cli.arguments import parse_time
from orchestrator.cli.output import JsonOption, print_answer
from orchestrator.cli.upload import problem_lines
from orchestrator.clock import rfc3339, utc_now

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Record consents and revocations, and show them. Finds the API like `orchestrator campaign`.",
)

_Phone = Annotated[str, typer.Argument(metavar="NUMBER", help="The person's number, +1….")]
_At = Annotated[str | None, typer.Option(help="When it was said, such as 2027-03-01T09:00-05:00. Default: now.")]


@app.command()
def add(
    ctx: typer.Context,
    phone: _Phone,
    *,
    kind: Annotated[str, typer.Option(help="How it was given: express, written or oral.")],
    purpose: Annotated[list[str], typer.Option(help="What the calls may be for: sales, informational, …; repeatable.")],
    text: Annotated[str, typer.Option(help="What the person agreed to, in its words.")],
    source: Annotated[str, typer.Option(help="Where it was given: a form, a page, a call.")],
    at: _At = None,
    evidence: Annotated[str | None, typer.Option(help="URL at which it can be seen.")] = None,
    expires: Annotated[str | None, typer.Option(help="When it ends. Default: when it is revoked.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Record a consent.

    orchestrator consent add +12025550123 --kind written --purpose sales --text "You may call me." --source "form 7"
    """
    body: dict[str, Any] = {"phone": phone, "kind": kind, "purposes": purpose, "text": text, "source": source}
    body["at"] = _time(at, "--at")
    more = {"evidence_url": evidence, "expires_at": _time(expires, "--expires") if expires else None}
    _print(api_client(ctx).consents.create(**body | {name: value for name, value in more.items() if value}), as_json)


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file of consents.")],
    *,
    kind: Annotated[str | None, typer.Option(help="Of rows without one: express, written or oral.")] = None,
    purpose: Annotated[
        list[str] | None, typer.Option(help="Of rows without one: sales, survey, …; repeatable.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="Of rows without one: what the people agreed to.")] = None,
    source: Annotated[str | None, typer.Option(help="Of rows without one: where it was given.")] = None,
    region: Annotated[str | None, typer.Option(help="The country of numbers without a country code.")] = None,
    map_: Annotated[str | None, typer.Option("--map", help="What columns hold: phone:Header,at:Other.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Record the consents of a file: columns phone, kind, purposes, text, source, at; the same again adds nothing.

    orchestrator consent import consents.csv --kind written --source "form 7"
    """
    options = {"kind": kind, "purposes": ",".join(purpose or ()), "text": text, "source": source}
    params: dict[str, Any] = {
        name: value for name, value in {**options, "region": region, "map": map_}.items() if value
    }
    done = api_client(ctx).consents.import_file(file, **params)
    told = f"{done['added']} added, {done['kept']} recorded before, {done['invalid']} invalid"
    words = [f"{done['rows']} rows: {told}", *(f"  {line}" for line in problem_lines(done))]
    print_answer(done, words, as_json=as_json)


@app.command()
def revoke(
    ctx: typer.Context,
    phone: _Phone,
    *,
    channel: Annotated[str, typer.Option(help="How it came in: call, sms, email, mail, agent or other.")],
    words: Annotated[str, typer.Option(help="What the person said or wrote.")],
    subject: Annotated[
        str | None, typer.Option(help="Revoke calls about this subject alone. Default: all calls.")
    ] = None,
    at: _At = None,
    as_json: JsonOption = False,
) -> None:
    """Record a revocation: from now on no call that it covers is made, and one that rings is hung up.

    orchestrator consent revoke +12025550123 --channel sms --words "STOP"
    """
    body: dict[str, Any] = {"phone": phone, "channel": channel, "words": words, "at": _time(at, "--at")}
    scope = {"scope": "subject", "subject": subject} if subject is not None else {"scope": "all"}
    _print(api_client(ctx).consents.revoke(**body | scope), as_json)


@app.command()
def show(
    ctx: typer.Context,
    phone: _Phone,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one line for each.")] = False,
) -> None:
    """Show the consents and revocations of a number, newest first.

    orchestrator consent show +12025550123
    """
    found = False
    for event in api_client(ctx).consents.list(phone=phone, limit=500):
        found = True
        typer.echo(json.dumps(event)) if as_json else _print(event)
    if not found and not as_json:
        _console().print(f"nothing is on record for {phone}", markup=False)


def _time(text: str | None, option: str) -> str:
    return rfc3339(parse_time(text, option=option) if text else utc_now())


def _print(event: Mapping[str, Any], as_json: bool = False) -> None:
    print_answer(event, [_line(event)], as_json=as_json)


def _line(event: Mapping[str, Any]) -> str:
    if event["act"] == "given":
        until = f", until {event['expires_at']}" if event["expires_at"] else ""
        what = f"{event['kind']} consent for {', '.join(event['purposes'])}{until}"
        return f"{event['at']} {what}: {event['text'] or 'erased'} ({event['source'] or 'erased'})"
    covered = "all calls" if event["scope"] == "all" else f"calls about {event['subject']}"
    return f"{event['at']} revoked {covered} by {event['channel']}: {event['words'] or 'erased'}"


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)
