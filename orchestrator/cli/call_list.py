"""`orchestrator call list`: which calls there were, found by campaign, person, number, result or time."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any

import typer

from orchestrator.cli.api_access import api_client
from orchestrator.cli.arguments import parse_time
from orchestrator.cli.names import CAMPAIGN, id_of
from orchestrator.cli.number_format import duration
from orchestrator.cli.output import JsonLines, or_none, print_json_line, print_lines
from orchestrator.model.attempt_state import AttemptState
from orchestrator.model.disposition import Disposition

_PAGE = 500


class Direction(StrEnum):
    """Who has called: we somebody, or somebody us."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


def add_to(app: typer.Typer) -> None:
    """Add the command to its group."""
    app.command("list")(list_)


def list_(
    ctx: typer.Context,
    *,
    campaign: Annotated[str | None, typer.Option(help="Those of this campaign, by name or id.")] = None,
    contact: Annotated[str | None, typer.Option(help="Those to and from this contact, con_…")] = None,
    to: Annotated[str | None, typer.Option(help="Those to this number, +1…")] = None,
    region: Annotated[str | None, typer.Option(help="The country of a number without a country code.")] = None,
    direction: Annotated[Direction | None, typer.Option(help="Those that we made, or that came in.")] = None,
    external_id: Annotated[str | None, typer.Option(help="Those with your own id, of the call or its contact.")] = None,
    status: Annotated[
        AttemptState | None, typer.Option(help="How far they are. Those `withdrawn` undialed are shown with it alone.")
    ] = None,
    disposition: Annotated[Disposition | None, typer.Option(help="How they ended.")] = None,
    outcome: Annotated[str | None, typer.Option(help="What they came to by their flow.")] = None,
    ended_after: Annotated[str | None, typer.Option(help="Then or later, such as 2027-03-01T09:00-05:00.")] = None,
    ended_before: Annotated[str | None, typer.Option(help="Before then.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    as_json: JsonLines = False,
) -> None:
    """List calls, newest first; those for which all that is said holds.

    orchestrator call list --campaign "spring reminders" --disposition busy
    """
    api = api_client(ctx)
    times = {"ended_after": ended_after, "ended_before": ended_before}
    asked: dict[str, Any] = {
        "campaign_id": id_of(api, CAMPAIGN, campaign) if campaign is not None else None,
        "contact_id": contact,
        "to": to,
        "region": region,
        "direction": direction,
        "external_id": external_id,
        "status": status,
        "disposition": disposition,
        "outcome": outcome,
        **{name: _moment(text, name) for name, text in times.items()},
    }
    found = api.calls.list(limit=min(limit, _PAGE), **{name: said for name, said in asked.items() if said is not None})
    for call in or_none(islice(found, limit), "calls"):
        print_json_line(call) if as_json else print_lines([_line(call)])


def _moment(text: str | None, name: str) -> str | None:
    return parse_time(text, option=f"--{name.replace('_', '-')}").isoformat() if text is not None else None


def _line(call: Mapping[str, Any]) -> str:
    result = ", ".join(call[name] for name in ("disposition", "outcome") if call[name])
    why = result or call.get("withdrawn_reason") or ""
    talked = f", talked {duration(call['talk_s'] * 1000)}" if call["talk_s"] is not None else ""
    when = call["dialed_at"] or call["reserved_at"]
    way = f"{call['from']} → {call['to']}"
    return f"{call['id']}  {when}  {way}  {call['status']}{f' ({why})' if why else ''}{talked}"
