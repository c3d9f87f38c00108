"""`orchestrator pool`: keeps pools of caller ids, over the REST API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.console import Console

from orchestrator.cli.api_access import api_client, connect
from orchestrator.cli.names import POOL, id_of
from orchestrator.cli.output import JsonOption, or_none, print_answer, print_gone
from orchestrator.policy.caller_id_choice import Choose

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Keep pools of caller ids: which numbers people see, and how often each is dialed from. "
    "Finds the API like `orchestrator campaign`.",
)

_Name = Annotated[str, typer.Argument(metavar="NAME", help="The pool's name, or its id, pool_01J….")]
_Numbers = Annotated[list[str], typer.Argument(metavar="NUMBER…", help="Numbers of yours, +1….")]
_Regions = Annotated[
    list[str] | None,
    typer.Option("--region", help="Whose people see these numbers first, such as US-FL; repeatable."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print the answer of the API, one line for each pool.")]


@app.command("list")
def list_(ctx: typer.Context, *, as_json: _Json = False) -> None:
    """List the pools, newest first."""
    for pool in or_none(api_client(ctx).caller_id_pools.list(), "pools"):
        _echo([json.dumps(pool, ensure_ascii=False) if as_json else _line(pool)])


@app.command()
def show(ctx: typer.Context, name: _Name, *, as_json: _Json = False) -> None:
    """Show a pool: what was dialed from each number, whether it rests and why, and what the carrier says of it.

    orchestrator pool show east
    """
    api = api_client(ctx)
    pool = api.caller_id_pools.get(id_of(api, POOL, name))
    _echo([json.dumps(pool, ensure_ascii=False)] if as_json else _lines(pool))


@app.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the pool.")],
    numbers: _Numbers,
    *,
    region: _Regions = None,
    choose: Annotated[
        Choose | None, typer.Option(help="local_then_sticky: numbers of the person's region first. Default: sticky.")
    ] = None,
    per_day: Annotated[int | None, typer.Option(min=1, help="Dials from each number in 24 h. Default: 75.")] = None,
    per_hour: Annotated[int | None, typer.Option(min=1, help="Dials from each number in an hour. Default: 20.")] = None,
    rest: Annotated[str | None, typer.Option(help="How long a number rests. Default: 24h.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Create a pool; a campaign names it with --caller-id-pool.

    orchestrator pool create east +12125550111 +13055550112 --per-day 50
    """
    given = {"choose": choose.value if choose else None, "per_day": per_day, "per_hour": per_hour, "rest": rest}
    body: dict[str, Any] = {"name": name, "numbers": _documents(numbers, region)}
    made = api_client(ctx).caller_id_pools.create(**body | {field: value for field, value in given.items() if value})
    print_answer(made, _lines(made), as_json=as_json)


@app.command()
def add(
    ctx: typer.Context, name: _Name, numbers: _Numbers, *, region: _Regions = None, as_json: JsonOption = False
) -> None:
    """Add numbers to a pool, also while campaigns dial from it; one that is in it already gets these regions.

    orchestrator pool add east +13055550113 --region US-FL
    """
    api = api_client(ctx)
    told = api.caller_id_pools.add_numbers(id_of(api, POOL, name), numbers=_documents(numbers, region))
    print_answer(told, _lines(told), as_json=as_json)


@app.command()
def remove(
    ctx: typer.Context,
    name: _Name,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The number, +1….")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Take a number out of a pool: no more calls are made from it. The last one stays.

    orchestrator pool remove east +13055550113
    """
    api = api_client(ctx)
    told = api.caller_id_pools.remove_numbers(id_of(api, POOL, name), number=number)
    print_answer(told, _lines(told), as_json=as_json)


@app.command("end-rest")
def end_rest(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The caller id, +1….")],
    *,
    because: Annotated[str, typer.Option(help="Why; it is kept.")],
    as_json: JsonOption = False,
) -> None:
    """End the rest of a caller id before its time, in every pool that it is in.

    orchestrator pool end-rest +13055550113 --because "the carrier took the label off"
    """
    told = api_client(ctx).caller_ids.end_rest(number, because=because)
    print_answer(told, [f"{told['number']} may be dialed from"], as_json=as_json)


@app.command()
def delete(ctx: typer.Context, name: _Name, *, as_json: _Json = False) -> None:
    """Delete a pool that no open campaign dials from."""
    api = api_client(ctx)
    pool_id = id_of(api, POOL, name)
    api.caller_id_pools.delete(pool_id)
    print_gone({"id": pool_id}, f"the pool {name} is deleted", as_json=as_json)


def _documents(numbers: list[str], regions: list[str] | None) -> list[Any]:
    return [{"number": number, "regions": regions or []} for number in numbers]


def _lines(pool: Mapping[str, Any]) -> Iterator[str]:
    yield _line(pool)
    for number in pool["numbers"]:
        yield f"  {_number_line(number)}"


def _line(pool: Mapping[str, Any]) -> str:
    caps = f"{pool['per_day']} a day and {pool['per_hour']} an hour from each"
    return f"{pool['id']} {pool['name']}: {pool['choose']}, {len(pool['numbers'])} numbers, {caps}"


def _number_line(number: Mapping[str, Any]) -> str:
    where = f" for {', '.join(number['regions'])}" if number["regions"] else ""
    label = f" ({number['label']})" if number["label"] else ""
    dials = f"{number['dials_today']} dials in 24 h, room for {number['room_today']}, {number['attestation']}"
    why = (number["resting_because"] or {}).get("detail")
    rests = f", rests until {number['resting_until']}{f': {why}' if why else ''}" if number["resting_until"] else ""
    return f"{number['number']}{label}{where}: {dials}{rests}"


def _echo(lines: Iterator[str] | list[str]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(line, markup=False)
