"""`orchestrator campaign list | show`: which campaigns there are, how far each is, and what is said of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from json import dumps
from typing import Annotated, Any

import typer
from rich.console import Console

from orchestrator.cli.api_access import api_client
from orchestrator.cli.names import named_campaign
from orchestrator.cli.output import or_none

_PAGE = 50

_Json = Annotated[bool, typer.Option("--json", help="Print the answer of the API, one line for each campaign.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to their group."""
    app.command("list")(list_)
    app.command()(show)


def list_(
    ctx: typer.Context,
    *,
    tag: Annotated[str | None, typer.Option(help="Those with this tag alone.")] = None,
    status: Annotated[str | None, typer.Option(help="Such as running or paused.")] = None,
    name: Annotated[str | None, typer.Option(help="Those of exactly this name.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many at most; all of them otherwise.")] = None,
    stats: Annotated[bool, typer.Option("--stats", help="With --json: the counts of each, too.")] = False,
    as_json: _Json = False,
) -> None:
    """List campaigns, newest first, each with how many of its contacts are done.

    orchestrator campaign list --tag spring --limit 10
    """
    include = "stats" if stats or not as_json else None
    said = {"tag": tag, "status": status, "name": name, "include": include}
    asked: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    found = api_client(ctx).campaigns.list(limit=min(limit or _PAGE, _PAGE), **asked)
    for campaign in or_none(islice(found, limit), "campaigns"):
        _print(dumps(campaign, ensure_ascii=False) if as_json else _line(campaign))


def show(
    ctx: typer.Context,
    campaign: Annotated[
        str, typer.Argument(metavar="CAMPAIGN", help="The campaign's id, such as cmp_01J…, or its name.")
    ],
    *,
    as_json: _Json = False,
) -> None:
    """Show what was said of a campaign: its flow, numbers, hours, rules, values for everybody, tags.

    orchestrator campaign show "spring reminders"
    """
    api, campaign_id = named_campaign(ctx, campaign)
    told = api.campaigns.get(campaign_id)
    for line in [dumps(told, ensure_ascii=False)] if as_json else _lines(told):
        _print(line)


def _line(campaign: Mapping[str, Any]) -> str:
    contacts, calls = campaign["stats"]["contacts"], campaign["stats"]["calls"]
    left = contacts["waiting"] + contacts["held"] + contacts["calling"]
    pace = f", {campaign['stats']['dials_per_s']} dials/s" if campaign["status"] == "running" else ""
    tags = f" [{', '.join(campaign['tags'])}]" if campaign["tags"] else ""
    done = f"{contacts['total'] - left} of {contacts['total']} contacts done, {calls['dialed']} dialed"
    return f"{campaign['id']} {campaign['name']}{tags} is {campaign['status']}: {done}{pace}{_why(campaign)}"


def _lines(campaign: Mapping[str, Any]) -> Iterator[str]:
    yield f"{campaign['id']} {campaign['name']} is {campaign['status']}{_why(campaign)}"
    for name, value in campaign.items():
        if value not in (None, [], {}) and name not in ("id", "name", "status", "status_reason"):
            yield f"  {name}: {_said(value)}"


def _why(campaign: Mapping[str, Any]) -> str:
    reason = campaign["status_reason"]
    return f" ({reason['detail']})" if reason else ""


def _said(value: Any) -> str:
    return dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _print(line: str) -> None:
    Console(highlight=False, soft_wrap=True).print(line, markup=False)
