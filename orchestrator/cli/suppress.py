"""`orchestrator suppress`: keeps numbers from being dialed, everywhere or in one campaign, over the REST API."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.api_access import api_client, connect
from orchestrator.cli.arguments import parse_time, who
from orchestrator.cli.names import CAMPAIGN, id_of
from orchestrator.cli.output import JsonLines, JsonOption, or_none, print_gone, print_json, print_json_line, print_lines
from orchestrator.cli.upload import problem_lines
from orchestrator.clock import rfc3339

if TYPE_CHECKING:
    from orchestrator.cli.api_client import ApiClient

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Keep numbers from being dialed, everywhere or in one campaign. Finds the API like `orchestrator campaign`.",
)

_Phone = Annotated[str, typer.Argument(metavar="NUMBER", help="The number, +1….")]
_Campaign = Annotated[str | None, typer.Option(help="In this campaign alone, by name or id. Default: everywhere.")]
_By = Annotated[str | None, typer.Option(help="Who asks for it. Default: your user name on this machine.")]
_Region = Annotated[str | None, typer.Option(help="The country of numbers without a country code, such as US.")]
_EVERYWHERE = "global"


@app.command()
def add(
    ctx: typer.Context,
    phone: _Phone,
    *,
    campaign: _Campaign = None,
    region: _Region = None,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "requested",
    expires: Annotated[
        str | None, typer.Option(help="When it ends, such as 2027-03-01T00:00Z. Default: never.")
    ] = None,
    by: _By = None,
    as_json: JsonOption = False,
) -> None:
    """Suppress a number: once this returns it is not dialed, and a call that still rings is hung up.

    orchestrator suppress add +12025550123 --reason "asked by letter"
    """
    api = api_client(ctx)
    body = {"phone": phone, "scope": _scope(api, campaign), "reason": reason, "by": by or who()}
    body |= {"region": region} if region else {}
    body |= {"expires_at": rfc3339(parse_time(expires, option="--expires"))} if expires else {}
    told = api.suppressions.create(**body)
    print_json(told) if as_json else print_lines([f"{_line(told)} ({told['change']})"])


@app.command()
def check(ctx: typer.Context, phone: _Phone, *, region: _Region = None, as_json: JsonLines = False) -> None:
    """Show where a number is suppressed, and why; exit status 1 if it is not. Lists: `orchestrator list lookup`.

    orchestrator suppress check +12025550123
    """
    found = list(api_client(ctx).suppressions.list(phone=phone, region=region))
    for each in found:
        print_json_line(each) if as_json else print_lines([_line(each)])
    if not found:
        print_lines([] if as_json else [f"{phone} is not suppressed"])
        raise typer.Exit(1)


@app.command("list")
def list_(
    ctx: typer.Context,
    *,
    campaign: Annotated[str | None, typer.Option(help="Those of this campaign alone, by name or id.")] = None,
    lifted: Annotated[bool, typer.Option("--lifted", help="Those lifted or expired as well.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    as_json: JsonLines = False,
) -> None:
    """List suppressions, newest first."""
    api = api_client(ctx)
    asked: dict[str, Any] = {"limit": min(limit, 200), **({"include": "lifted"} if lifted else {})}
    asked |= {"scope": _scope(api, campaign)} if campaign else {}
    for each in or_none(islice(api.suppressions.list(**asked), limit), "suppressions"):
        print_json_line(each) if as_json else print_lines([_line(each)])


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file with a column `phone`.")],
    *,
    campaign: _Campaign = None,
    reason: Annotated[str, typer.Option(help="Of rows without one.")] = "imported",
    by: _By = None,
    region: _Region = None,
    map_: Annotated[str | None, typer.Option("--map", help="What columns hold: phone:Header.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Suppress the numbers of a file; exit status 1 if no row was accepted. The same again changes nothing.

    orchestrator suppress import numbers.csv --reason "bought list of 2027"
    """
    api = api_client(ctx)
    asked = {"scope": _scope(api, campaign), "reason": reason, "by": by or who(), "region": region, "map": map_}
    params: dict[str, Any] = {name: value for name, value in asked.items() if value}
    done = api.suppressions.import_file(file, **params)
    counts = f"{done['added']} added, {done['lengthened']} lengthened, {done['kept']} suppressed before"
    words = [
        f"{done['rows']} rows: {counts}, {done['invalid']} invalid",
        *(f"  {line}" for line in problem_lines(done)),
    ]
    print_json(done) if as_json else print_lines(words)
    if not done["accepted"]:
        raise typer.Exit(1)


@app.command()
def lift(
    ctx: typer.Context,
    phone: _Phone,
    *,
    campaign: _Campaign = None,
    region: _Region = None,
    because: Annotated[str | None, typer.Option(help="Why it may be dialed again; it is kept.")] = None,
    by: _By = None,
    as_json: JsonOption = False,
) -> None:
    """Lift the suppression of a number; it stays in the history.

    orchestrator suppress lift +12025550123 --because "asked to be called"
    """
    api = api_client(ctx)
    words = {"because": because} if because else {}
    words |= {"region": region} if region else {}
    lifted = {"phone": phone, "scope": _scope(api, campaign)}
    api.suppressions.lift(**lifted, by=by or who(), **words)
    print_gone(lifted, f"{phone} is suppressed no more{f' in {campaign}' if campaign else ''}", as_json=as_json)


def _scope(api: ApiClient, campaign: str | None) -> str:
    return id_of(api, CAMPAIGN, campaign) if campaign else _EVERYWHERE


def _line(each: Mapping[str, Any]) -> str:
    where = "everywhere" if each["scope"] == _EVERYWHERE else f"in {each['scope']}"
    until = f" until {each['expires_at']}" if each["expires_at"] else ""
    over = "" if each["status"] == "in_force" else f", {each['status']} {each['lifted_at'] or ''}".rstrip()
    return f"{each['phone']} {where}{until}: {each['reason']}{over}"
