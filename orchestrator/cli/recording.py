"""`orchestrator recording`: lists recordings, downloads them, and makes links to listen to, over the REST API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestrator.cli.api_access import api_client, connect
from orchestrator.cli.names import CAMPAIGN, id_of
from orchestrator.cli.output import or_none, print_answer

app = typer.Typer(
    no_args_is_help=True,
    callback=connect,
    help="List recordings, download them, or make links to listen to. Finds the API like `orchestrator campaign`.",
)

_Id = Annotated[str, typer.Argument(metavar="ID", help="The recording, such as rec_01J…")]
_Json = Annotated[bool, typer.Option("--json", help="Print the answer of the API.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    *,
    campaign: Annotated[str | None, typer.Option(help="Only those of this campaign, by name or id.")] = None,
    call: Annotated[str | None, typer.Option(help="Only those of this call, call_…")] = None,
    status: Annotated[
        str | None, typer.Option(help="pending, fetched, incomplete, stored_elsewhere or failed.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    json_: _Json = False,
) -> None:
    """List recordings, newest first."""
    api = api_client(ctx)
    campaign_id = id_of(api, CAMPAIGN, campaign) if campaign else None
    asked: dict[str, Any] = {"campaign_id": campaign_id, "call_id": call, "status": status, "limit": min(limit, 200)}
    found = api.recordings.list(**{name: value for name, value in asked.items() if value})
    for _, recording in zip(range(limit), or_none(found, "recordings"), strict=False):
        typer.echo(json.dumps(recording, ensure_ascii=False) if json_ else _line(recording))


@app.command()
def get(
    ctx: typer.Context,
    recording: _Id,
    *,
    to: Annotated[
        Path | None, typer.Option("--to", "-o", help="The file to write. Default: the id with its ending, here.")
    ] = None,
    json_: _Json = False,
) -> None:
    """Download the file of a recording; it is there whole or not at all."""
    api = api_client(ctx)
    about = api.recordings.get(recording)
    file = to or Path(f"{recording}.{about['format']}")
    api.recordings.content(recording).save(file)
    print_answer(about, [f"{file}: {file.stat().st_size} bytes"], as_json=json_)


@app.command()
def link(
    ctx: typer.Context,
    recording: _Id,
    *,
    expires_in: Annotated[str, typer.Option(help="How long it is valid, from 1m to 1h.")] = "10m",
    json_: _Json = False,
) -> None:
    """Print a link that plays a recording in a browser, without a key, for minutes: whoever has it can listen."""
    api = api_client(ctx)
    made = api.recordings.link(recording, expires_in=expires_in)
    typer.echo(json.dumps(made) if json_ else f"{api.base_url}{made['url']}")


def _line(recording: Mapping[str, Any]) -> str:
    length = f"{recording['duration_s']:.0f} s" if recording["duration_s"] is not None else "? s"
    why = f": {recording['error']['detail']}" if recording["error"] else ""
    words = (recording["id"], recording["call_id"], recording["recording_started_at"] or recording["told_at"], length)
    return f"{'  '.join(words)}  {recording['status']}{why}"
