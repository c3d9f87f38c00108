"""`orchestrator contact find | show | explain`: finds people, shows how they stand, and says why (not) called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from json import dumps
from typing import Annotated, Any

import typer
from rich.console import Console

from orchestrator.cli.api_access import api_client
from orchestrator.cli.arguments import parse_time
from orchestrator.cli.explanations import print_explanation
from orchestrator.cli.names import CAMPAIGN, id_of
from orchestrator.cli.output import JsonOption, open_console, or_none, print_json
from orchestrator.clock import rfc3339, utc_now

_MORE = "There may be more: words of contacts that were added or upgraded just now are still to be written."
_HIDDEN = frozenset({"variables", "answers", "zone", "timezone_source", "until"})

_Json = Annotated[bool, typer.Option("--json", help="Print the answer of the API, one line for each contact.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to their group."""
    app.command()(find)
    app.command()(show)
    app.command()(explain)


def find(
    ctx: typer.Context,
    asked: Annotated[str, typer.Argument(metavar="Q", help="Parts of a name, an id or any value; or a phone number.")],
    *,
    campaign: Annotated[str | None, typer.Option(help="Of this campaign alone, by name or id.")] = None,
    tag: Annotated[str | None, typer.Option(help="Of campaigns with this tag.")] = None,
    status: Annotated[str | None, typer.Option(help="Such as waiting, held or completed.")] = None,
    region: Annotated[str | None, typer.Option(help="The country of a number without a country code.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    as_json: _Json = False,
) -> None:
    """Find contacts over all campaigns, the newest first; exits with 1 when there are none.

    orchestrator contact find "ada love"
    """
    campaign_id = id_of(api_client(ctx), CAMPAIGN, campaign) if campaign else None
    said = {"campaign_id": campaign_id, "tag": tag, "status": status, "region": region}
    filters: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    found: list[Any] = []
    for page in api_client(ctx).contacts.list(q=asked, limit=min(limit, 500), **filters).pages():
        found += page["data"][: limit - len(found)]
        if len(found) == limit:
            break
    for contact in or_none(found, "contacts"):
        _print(dumps(contact, ensure_ascii=False) if as_json else _line(contact))
    if page["incomplete"]:
        Console(stderr=True, highlight=False, soft_wrap=True).print(_MORE)
    if not found:
        raise typer.Exit(1)


def show(
    ctx: typer.Context,
    contact: Annotated[str, typer.Argument(metavar="ID", help="The contact, such as con_01J…")],
    *,
    as_json: _Json = False,
) -> None:
    """Show a contact: how it stands and why, and what is said of it.

    orchestrator contact show con_…
    """
    told = api_client(ctx).contacts.get(contact)
    for line in [dumps(told, ensure_ascii=False)] if as_json else _lines(told):
        _print(line)


def explain(
    ctx: typer.Context,
    contact: Annotated[str, typer.Argument(metavar="ID", help="The contact, such as con_01J…")],
    *,
    at: Annotated[str | None, typer.Option(help="A time such as 2027-03-01T09:00-05:00. Default: now.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether a contact may be called, and what is against it, check by check.

    orchestrator contact explain con_… --at 2027-03-01T09:00-05:00
    """
    moment = {"at": parse_time(at, option="--at").isoformat()} if at else {}
    told = api_client(ctx).contacts.explain(contact, **moment)
    print_json(told) if as_json else print_explanation(open_console(), contact, told)


def _line(contact: Mapping[str, Any]) -> str:
    said = ", ".join(str(value) for value in contact["variables"].values())
    names = " ".join(filter(None, (contact["external_id"], f"({said})" if said else "")))
    where = contact["campaign_id"] or "a single call"
    return f"{contact['id']} {contact['phone']} {names}: {_standing(contact)}, {where}"


def _standing(contact: Mapping[str, Any]) -> str:
    why = contact["outcome"] or contact["reason_detail"] or contact["reason"] or contact["disposition"]
    until = f" until {contact['until']}" if contact["until"] and contact["until"] > rfc3339(utc_now()) else ""
    return f"{contact['status']}{f' ({why})' if why else ''}{until}"


def _lines(contact: Mapping[str, Any]) -> Iterator[str]:
    yield f"{contact['id']} {contact['phone']}: {_standing(contact)}"
    for name, value in contact.items():
        if value not in (None, "") and name not in _HIDDEN | {"id", "phone", "status"}:
            yield f"  {name}: {value}"
    for kind in ("variables", "answers"):
        for name, value in contact[kind].items():
            yield f"  {kind}.{name}: {value}"


def _print(line: str) -> None:
    Console(highlight=False, soft_wrap=True).print(line, markup=False)
