"""`orchestrator flow list | show | upload`: the flows that are stored, over the REST API."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from orchestrator.cli.api_access import api_client
from orchestrator.cli.api_errors import ApiError
from orchestrator.cli.output import (
    JsonLines,
    JsonOption,
    or_none,
    print_answer,
    print_json,
    print_json_line,
    print_lines,
)
from orchestrator.cli.upload import upload_flow
from orchestrator.errors import NotFound

if TYPE_CHECKING:
    from orchestrator.cli.api_client import ApiClient
    from orchestrator_client.models import FlowSource

_PAGE = 50
_NOT_FOUND = 404


def add_to(app: typer.Typer) -> None:
    """Add the commands to their group."""
    app.command("list")(list_)
    app.command()(show)
    app.command()(upload)


def list_(
    ctx: typer.Context,
    *,
    name: Annotated[str | None, typer.Option(help="The versions of exactly this name.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    as_json: JsonLines = False,
) -> None:
    """List the stored flows, every version, newest first.

    orchestrator flow list --name appointment
    """
    found = api_client(ctx).flows.list(limit=min(limit, _PAGE), name=name)
    for each in or_none(islice(found, limit), "flows"):
        print_json_line(each) if as_json else print_lines([_line(each)])


def show(
    ctx: typer.Context,
    flow: Annotated[str, typer.Argument(metavar="FLOW", help="The name, which means its newest version, or the id.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Print a stored flow as it was written, fit for a file; which one it is stands on standard error.

    orchestrator flow show appointment > appointment.yaml
    """
    told = _stored(api_client(ctx), flow)
    if as_json:
        print_json(told)
        return
    Console(stderr=True, highlight=False, soft_wrap=True).print(_line(told), markup=False)
    typer.echo(told["source"], nl=not told["source"].endswith("\n"))


def upload(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The flow, YAML or JSON.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Store a flow; a changed one becomes the next version of its name, an unchanged one is the version before.

    orchestrator flow upload appointment.yaml
    """
    told = upload_flow(api_client(ctx), file)
    print_answer(told, [_line(told)], as_json=as_json)


def _stored(api: ApiClient, word: str) -> FlowSource:
    """Return the newest version with this name, else the version with this id; raise NotFound for neither."""
    named = api.flows.list(name=word, limit=1).first()["data"]
    try:
        found = api.flows.get(named[0]["id"] if named else word)
    except ApiError as err:
        if err.status != _NOT_FOUND:
            raise
        raise NotFound("flow", f"{word}: `orchestrator flow list` shows those that are there") from err
    return found


def _line(each: Mapping[str, Any]) -> str:
    return f"{each['id']} {each['name']} version {each['version']}, stored {each['created_at']}"
