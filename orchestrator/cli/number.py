"""`orchestrator number`: maps numbers to the flows that answer their incoming calls, over the REST API."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from orchestrator.cli.api_access import api_client, connect
from orchestrator.cli.api_errors import ApiError
from orchestrator.cli.output import JsonLines, JsonOption, or_none, print_answer, print_gone, print_json_line
from orchestrator.cli.upload import flow_reference
from orchestrator.errors import Conflict, FieldError, InvalidInput, NotFound

if TYPE_CHECKING:
    from orchestrator.cli.api_client import ApiClient

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Answer incoming calls with flows. Finds the API like `orchestrator campaign`.",
)

_FLOW = "A flow file (uploaded first), or the id or name of a stored flow. Every input of it needs a default."
_JOIN = "A caller who was dialed within this many days is joined to that contact; 0: never. Default: the setting."

_Which = Annotated[str, typer.Argument(metavar="NUMBER", help="The number, +1…, or its id, num_01J….")]
_JoinDays = Annotated[int | None, typer.Option(help=_JOIN)]


@app.command("map")
def map_(
    ctx: typer.Context,
    *,
    number: Annotated[str, typer.Option(help="A number of yours, +1…")],
    flow: Annotated[str, typer.Option(help=_FLOW)],
    join_days: _JoinDays = None,
    as_json: JsonOption = False,
) -> None:
    """Map a number to a flow that answers its calls, from the next call on.

        orchestrator number map --number +13125550100 --flow reception.yaml

    A call starts at the flow's `inbound` step while it rings; a flow without one answers and starts as with a human.
    `orchestrator flow play FILE --inbound` dry-runs it. At the carrier, the number must belong to the Voice API
    application that sends its webhooks here.
    """
    api = api_client(ctx)
    body = {"number": number, "flow": flow_reference(api, flow), **_joining(join_days)}
    try:
        _print(api.numbers.create(**body), as_json)
    except ApiError as err:
        if err.problem.get("code") != "number_mapped":
            raise
        remedy = f"`orchestrator number change {number} --flow {quote(flow)}`"
        raise Conflict("number_mapped", f"{number} is mapped to a flow already: {remedy} gives it this one") from err


@app.command("list")
def list_(ctx: typer.Context, *, as_json: JsonLines = False) -> None:
    """List the mapped numbers, newest first: id, number, flow, and when callers are joined to a contact."""
    for mapped in or_none(api_client(ctx).numbers.list(limit=500), "numbers are mapped"):
        print_json_line(mapped) if as_json else _print(mapped)


@app.command()
def change(
    ctx: typer.Context,
    number: _Which,
    *,
    flow: Annotated[str | None, typer.Option(help=_FLOW)] = None,
    join_days: _JoinDays = None,
    as_json: JsonOption = False,
) -> None:
    """Change the flow of a number, or the days of joining, for future calls.

    orchestrator number change +13125550100 --flow reception.yaml
    """
    if flow is None and join_days is None:
        raise InvalidInput([FieldError("--flow", "missing", "say what to change: --flow, --join-days, or both")])
    api = api_client(ctx)
    number_id = _id_of(api, number)
    chosen = {"flow": flow_reference(api, flow)} if flow is not None else {}
    _print(api.numbers.update(number_id, **chosen | _joining(join_days)), as_json)


@app.command()
def remove(ctx: typer.Context, number: _Which, *, as_json: JsonOption = False) -> None:
    """Remove the mapping of a number; live calls continue, later calls are not answered.

    orchestrator number remove +13125550100
    """
    api = api_client(ctx)
    number_id = _id_of(api, number)
    api.numbers.delete(number_id)
    print_gone({"id": number_id}, f"{number} takes no calls any more", as_json=as_json)


def _id_of(api: ApiClient, number: str) -> str:
    if number.startswith("num_"):
        return number
    for mapped in api.numbers.list(number=number):
        return str(mapped["id"])
    raise NotFound("number", f"{number} that takes calls: `orchestrator number list` shows those that do")


def _joining(join_days: int | None) -> dict[str, Any]:
    return {} if join_days is None else {"join_days": join_days}


def _print(mapped: Mapping[str, Any], as_json: bool = False) -> None:
    flow, days = mapped["flow"], mapped["join_days"]
    joins = "" if days is None else f", joins callers dialed within {days} days" if days else ", joins nobody"
    line = f"{mapped['id']} {mapped['number']} → {flow['name']} version {flow['version']}{joins}"
    print_answer(mapped, [line], as_json=as_json)


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)
