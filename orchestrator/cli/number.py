"""`orchestrator number`: which flow takes the calls that come to a number of ours, over the REST API."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote
from typing import Annotated, Any

import typer
from rich.console import Console

from orchestrator.cli.api_client import ApiClient, ApiError, api_client, connect
from orchestrator.cli.upload import flow_reference
from orchestrator.errors import Conflict, FieldError, InvalidInput, NotFound

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="Let flows take the calls that come in. Finds the API like `orchestrator campaign` does.",
)

_FLOW = "A flow file (uploaded first), or the id or name of a stored flow. Every input of it needs a default."
_JOIN = "A caller dialed within so many days is joined to that contact; 0: never. Default: the installation's."

_Which = Annotated[str, typer.Argument(metavar="NUMBER", help="The number, +1…, or its id, num_01J….")]
_JoinDays = Annotated[int | None, typer.Option(help=_JOIN)]


@app.command("map")
def map_(
    ctx: typer.Context,
    *,
    number: Annotated[str, typer.Option(help="A number of yours, +1…")],
    flow: Annotated[str, typer.Option(help=_FLOW)],
    join_days: _JoinDays = None,
) -> None:
    """Let a flow take the calls that come to a number, from the next one on.

        orchestrator number map --number +13125550100 --flow reception.yaml

    A call begins at the flow's `inbound` step while it rings; a flow without one answers and begins as with a person.
    `orchestrator flow play FILE --inbound` dry-runs it. At the carrier, the number must belong to the Voice API
    application whose webhooks come here.
    """
    api = api_client(ctx)
    body = {"number": number, "flow": flow_reference(api, flow), **_joining(join_days)}
    try:
        _print(api.post("/v1/numbers", body))
    except ApiError as err:
        if err.problem.get("code") != "number_mapped":
            raise
        remedy = f"`orchestrator number change {number} --flow {quote(flow)}`"
        raise Conflict("number_mapped", f"{number} is mapped to a flow already: {remedy} gives it this one") from err


@app.command("list")
def list_(ctx: typer.Context) -> None:
    """List the numbers that take calls, newest first: id, number, flow, and whom it joins to a contact."""
    for mapped in api_client(ctx).each("/v1/numbers", limit=500):
        _print(mapped)


@app.command()
def change(
    ctx: typer.Context,
    number: _Which,
    *,
    flow: Annotated[str | None, typer.Option(help=_FLOW)] = None,
    join_days: _JoinDays = None,
) -> None:
    """Give a number another flow, or another time of joining, for the calls to come.

    orchestrator number change +13125550100 --flow reception.yaml
    """
    if flow is None and join_days is None:
        raise InvalidInput([FieldError("--flow", "missing", "say what to change: --flow, --join-days, or both")])
    api = api_client(ctx)
    number_id = _id_of(api, number)
    chosen = {"flow": flow_reference(api, flow)} if flow is not None else {}
    _print(api.patch(f"/v1/numbers/{number_id}", chosen | _joining(join_days)))


@app.command()
def remove(ctx: typer.Context, number: _Which) -> None:
    """Let a number take no calls any more; those under way go on, later ones are left alone.

    orchestrator number remove +13125550100
    """
    api = api_client(ctx)
    api.delete(f"/v1/numbers/{_id_of(api, number)}")
    _console().print(f"{number} takes no calls any more", markup=False)


def _id_of(api: ApiClient, number: str) -> str:
    if number.startswith("num_"):
        return number
    for mapped in api.each("/v1/numbers", number=number):
        return str(mapped["id"])
    raise NotFound("number", f"{number} that takes calls: `orchestrator number list` shows those that do")


def _joining(join_days: int | None) -> dict[str, Any]:
    return {} if join_days is None else {"join_days": join_days}


def _print(mapped: Mapping[str, Any]) -> None:
    flow, days = mapped["flow"], mapped["join_days"]
    joins = "" if days is None else f", joins callers dialed within {days} days" if days else ", joins nobody"
    line = f"{mapped['id']} {mapped['number']} → {flow['name']} version {flow['version']}{joins}"
    _console().print(line, markup=False)


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)
