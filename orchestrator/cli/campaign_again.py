"""`orchestrator campaign redial`, `clone`, `test-call` and `release`: a campaign once more, for some people or one."""

from __future__ import annotations

from collections.abc import Mapping
from json import dumps
from typing import Annotated, Any

import typer

from orchestrator.cli.arguments import parse_pairs, parse_time
from orchestrator.cli.names import named_campaign
from orchestrator.cli.output import JsonOption
from orchestrator.cli.upload import counted
from orchestrator.errors import FieldError, InvalidInput

_Id = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's id, such as cmp_01J…, or its name.")]
_Dispositions = Annotated[
    list[str] | None, typer.Option("--disposition", help="How the last call ended, such as busy; may be repeated.")
]
_Outcomes = Annotated[
    list[str] | None, typer.Option("--outcome", help="What the last call came to, by the flow; may be repeated.")
]
_Statuses = Annotated[
    list[str] | None, typer.Option("--status", help="How the contact ended, such as exhausted; may be repeated.")
]
_PATIENCE_S = 60  # the answer of a large one takes up to 20 s


def add_to(app: typer.Typer) -> None:
    """Add the commands to the group `campaign`."""
    app.command()(redial)
    app.command()(clone)
    app.command("test-call")(hear_first)
    app.command()(release)


def redial(
    ctx: typer.Context,
    campaign: _Id,
    *,
    disposition: _Dispositions = None,
    outcome: _Outcomes = None,
    status: _Statuses = None,
    attempts: Annotated[int, typer.Option(min=1, help="How many more calls, at most.")] = 1,
    not_before: Annotated[str | None, typer.Option(help="When they begin, such as 2027-03-01T09:00-05:00.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count the contacts, and change nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Let contacts that have ended wait again; a completed campaign runs again for them.

    orchestrator campaign redial cmp_… --disposition busy --disposition no_answer
    """
    asked: dict[str, Any] = {**_filter(disposition, outcome, status), "attempts": attempts, "dry_run": dry_run}
    if not_before:
        asked["not_before"] = parse_time(not_before, option="--not-before").isoformat()
    api, campaign_id = named_campaign(ctx, campaign)
    told = api.with_limits(timeout_s=_PATIENCE_S).campaigns.redial(campaign_id, **asked)
    verb = "would be called again" if dry_run else "will be called again"
    _tell(told, f"{counted(told['contacts'], 'contact')} {verb}", json=json)


def clone(
    ctx: typer.Context,
    campaign: _Id,
    *,
    name: Annotated[str | None, typer.Option(help="Its name. Default: that of the other, and `(copy)`.")] = None,
    all_contacts: Annotated[bool, typer.Option("--all-contacts", help="Take all contacts along.")] = False,
    disposition: _Dispositions = None,
    outcome: _Outcomes = None,
    status: _Statuses = None,
    json: JsonOption = False,
) -> None:
    """Make a new draft of a campaign, with all, none or some of its contacts; print its id.

    orchestrator campaign clone cmp_… --name "second round" --disposition no_answer
    """
    some = _filter(disposition, outcome, status)
    if some and all_contacts:
        raise InvalidInput([FieldError("--all-contacts", "one_of_both", "take all contacts along, or some")])
    asked: dict[str, Any] = {"contacts": some or ("all" if all_contacts else "none")}
    asked |= {"name": name} if name else {}
    api, campaign_id = named_campaign(ctx, campaign)
    told = api.with_limits(timeout_s=_PATIENCE_S).campaigns.clone(campaign_id, **asked)
    copying = told["copying"]
    if not json and copying and copying["status"] == "running":
        typer.echo(f"{copying['changed']} contacts are copied, the others follow by themselves", err=True)
    typer.echo(dumps(told, indent=2, ensure_ascii=False) if json else told["id"])


def hear_first(
    ctx: typer.Context,
    campaign: _Id,
    *,
    to: Annotated[str, typer.Option(help="Your own number, +1…: it rings.")],
    contact: Annotated[str | None, typer.Option(help="The contact whose values are heard, con_01J…")] = None,
    var: Annotated[list[str] | None, typer.Option(help="A value instead, name=value; may be repeated.")] = None,
    json: JsonOption = False,
) -> None:
    """Call one number as a contact of the campaign would be called, at any hour; print the id of the call.

    orchestrator campaign test-call cmp_… --to +12025550123 --var first_name=Ada
    """
    asked: dict[str, Any] = {"to": to, **({"contact_id": contact} if contact else {})}
    if var or not contact:
        asked["variables"] = parse_pairs(var or [], option="--var")
    api, campaign_id = named_campaign(ctx, campaign)
    told = api.campaigns.test_call(campaign_id, **asked)
    typer.echo(dumps(told, indent=2, ensure_ascii=False) if json else told["id"])


def release(
    ctx: typer.Context,
    campaign: _Id,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count the contacts, and change nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Let those be called whom the restore of a backup holds: first take for done who was called since the backup.

    orchestrator campaign release cmp_… --dry-run
    """
    api, campaign_id = named_campaign(ctx, campaign)
    asked: dict[str, Any] = {"filter": {"campaign_id": campaign_id}, "action": "release_restored", "dry_run": dry_run}
    told = api.with_limits(timeout_s=_PATIENCE_S).contacts.change_many(**asked)
    verb = "would be released" if dry_run else "released"
    _tell(told, f"{counted(told['changed'], 'contact')} {verb}", json=json)


def _filter(disposition: list[str] | None, outcome: list[str] | None, status: list[str] | None) -> dict[str, list[str]]:
    named = {"dispositions": disposition, "outcomes": outcome, "statuses": status}
    return {name: values for name, values in named.items() if values}


def _tell(told: Mapping[str, Any], sentence: str, *, json: bool) -> None:
    if json:
        typer.echo(dumps(told, indent=2, ensure_ascii=False))
        return
    typer.echo(sentence)
    if told["status"] == "running":
        typer.echo(f"the others follow by themselves: GET /v1/bulk-changes/{told['id']}")
    if told["error"]:
        typer.echo(f"stopped: {told['error']['detail']}", err=True)
        raise typer.Exit(1)
