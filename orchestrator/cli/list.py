"""`orchestrator list`: creates lists of numbers, fills them from files and looks numbers up, over the REST API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from orchestrator.cli.api_access import api_client, connect
from orchestrator.cli.arguments import parse_time
from orchestrator.cli.names import LIST, id_of
from orchestrator.cli.output import JsonOption, or_none, print_answer, print_json_line, print_lines
from orchestrator.cli.upload import problem_lines
from orchestrator.clock import rfc3339

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Keep lists of numbers: those not to be dialed, registries, and those that alone are dialed. "
    "Finds the API like `orchestrator campaign`.",
)

_Name = Annotated[str, typer.Argument(metavar="NAME", help="The list's name, or its id, lst_01J….")]


class Kind(StrEnum):
    """What a list is for."""

    SUPPRESS = "suppress"
    REGISTRY = "registry"
    ALLOW = "allow"
    REASSIGNED = "reassigned"


@app.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the list.")],
    *,
    kind: Annotated[Kind, typer.Option(help="suppress: campaigns that name it do not dial its numbers.")],
    region: Annotated[list[str] | None, typer.Option(help="Of a registry: US, US-FL, …; repeatable.")] = None,
    purpose: Annotated[list[str] | None, typer.Option(help="Of a registry: sales, survey, …; repeatable.")] = None,
    max_age: Annotated[str | None, typer.Option(help="How old a registry or an answer may be. Default: 31d.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who keeps it up to date.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Create a list without entries.

        orchestrator list create us-national --kind registry --region US --purpose sales

    A registry holds the contacts that it covers until its first import.
    """
    given = {"regions": region, "purposes": purpose, "max_age": max_age, "owner": owner}
    body: dict[str, Any] = {
        "name": name,
        "kind": kind.value,
        **{field: value for field, value in given.items() if value},
    }
    made = api_client(ctx).lists.create(**body)
    print_answer(made, [_line(made)], as_json=as_json)


@app.command("import")
def import_(
    ctx: typer.Context,
    name: _Name,
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="A CSV file with a column `phone`; answers: also `since`, `result`."
        ),
    ],
    *,
    as_of: Annotated[
        str | None, typer.Option(help="When the file was made, such as 2027-03-01T00:00Z. Default: now.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="The country of numbers without a country code.")] = None,
    map_: Annotated[str | None, typer.Option("--map", help="The column of the numbers: phone:Header.")] = None,
    because: Annotated[str | None, typer.Option(help="Why, for the history.")] = None,
    accept_smaller: Annotated[bool, typer.Option(help="Accept a file with less than half of the entries.")] = False,
    accept_older: Annotated[bool, typer.Option(help="Accept a file of an earlier moment than the list's.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Replace the entries of a list by those of a file, all at once.

    orchestrator list import us-national registry.csv --as-of 2027-03-01T00:00Z
    """
    api = api_client(ctx)
    moment = rfc3339(parse_time(as_of, option="--as-of")) if as_of else None
    options = {"as_of": moment, "region": region, "map": map_, "because": because, "by": "cli"}
    accepted = {"accept_smaller": accept_smaller, "accept_older": accept_older}
    params: dict[str, Any] = {field: value for field, value in options.items() if value}
    params |= {field: True for field, value in accepted.items() if value}
    done = api.lists.replace_content(id_of(api, LIST, name), file, **params)
    counts = f"{done['rows']} rows: {done['accepted']} accepted, {done['invalid']} invalid"
    print_answer(done, [_line(done["list"]), counts, *(f"  {each}" for each in problem_lines(done))], as_json=as_json)


@app.command()
def show(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A list's name or id. Default: all lists.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one line for each list.")] = False,
) -> None:
    """Show a list with its history, or all lists.

    orchestrator list show us-national
    """
    api = api_client(ctx)
    if name is None:
        for each in or_none(api.lists.list(limit=500), "lists"):
            print_json_line(each) if as_json else print_lines([_line(each)])
        return
    list_id = id_of(api, LIST, name)
    told = api.lists.get(list_id)
    if as_json:
        print_json_line(told)
        return
    changes = api.lists.list_changes(list_id, limit=20).first()["data"]
    print_lines([_line(told), *(f"  {_change(each)}" for each in changes)])


@app.command()
def lookup(
    ctx: typer.Context,
    phone: Annotated[str, typer.Argument(metavar="NUMBER", help="The number, +1….")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show every list that holds a number, and its suppressions.

    orchestrator list lookup +12025550123
    """
    found = api_client(ctx).lists.lookup(phone=phone)
    if as_json:
        typer.echo(json.dumps(found))
        return
    for each in found["lists"]:
        by = "" if each["entry"] == found["phone"] else f" by {each['entry']}"
        _console().print(f"{each['kind']} list {each['name']}{by}{_answer(each)}", markup=False)
    for block in found["suppressions"]:
        _console().print(f"suppressed ({block['scope']}): {block['reason']}", markup=False)
    if not found["lists"] and not found["suppressions"]:
        _console().print(f"{found['phone']} is on no list and not suppressed", markup=False)


def _line(row: Mapping[str, Any]) -> str:
    as_of = f", as of {row['as_of']}" if row["as_of"] else ", never imported"
    stale = f", too old from {row['stale_from']}" if row["stale_from"] else ""
    return f"{row['id']} {row['name']}: {row['kind']}, {row['entries']} entries, version {row['version']}{as_of}{stale}"


def _answer(holding: Mapping[str, Any]) -> str:
    told = holding["result"]
    return f": {told}, since {holding['since'][:10]}, asked {holding['checked_at'][:10]}" if told else ""


def _change(line: Mapping[str, Any]) -> str:
    what = " ".join(str(part) for part in (line["action"], line["number"] or line["version"]) if part is not None)
    return f"{line['at']} {what} by {line['by']}" + (f": {line['because']}" if line["because"] else "")


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)
