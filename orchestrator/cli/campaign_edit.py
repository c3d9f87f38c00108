"""`orchestrator campaign edit`: changes what was said of a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.bounds import FASTEST, HEAVIEST, MOST_LIVE_CALLS, SLOWEST
from orchestrator.cli.api_errors import ApiError
from orchestrator.cli.arguments import parse_optional
from orchestrator.cli.names import POOL, id_of, named_campaign
from orchestrator.cli.output import JsonOption, print_json, print_lines
from orchestrator.cli.upload import flow_reference, read_document
from orchestrator.errors import FieldError, InvalidInput, OrchestratorError

if TYPE_CHECKING:
    from orchestrator.cli.api_client import ApiClient

_CHANGED_MEANWHILE = 412
_LOOKED_THROUGH = 20
_MERGED_BY_THE_API = frozenset({"variables"})
_BY_WEEK, _ALWAYS = frozenset({"timezone", "windows", "holidays"}), frozenset({"always", "because"})

_Id = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's id, such as cmp_01J…, or its name.")]


def add_to(app: typer.Typer) -> None:
    """Add the command to the group `campaign`."""
    app.command()(edit)


def edit(
    ctx: typer.Context,
    campaign: _Id,
    *,
    name: Annotated[str | None, typer.Option(help="Its new name.")] = None,
    flow: Annotated[str | None, typer.Option(help="A flow file (uploaded first), or the id or name of one.")] = None,
    caller_id: Annotated[list[str] | None, typer.Option(help="Caller id, +1…; those before are replaced.")] = None,
    caller_id_pool: Annotated[str | None, typer.Option(help="A pool of caller ids instead, by name or id.")] = None,
    calls_per_second: Annotated[float | None, typer.Option(min=SLOWEST, max=FASTEST, help="At most so many.")] = None,
    max_live_calls: Annotated[int | None, typer.Option(min=1, max=MOST_LIVE_CALLS, help="At most so many.")] = None,
    weight: Annotated[int | None, typer.Option(min=1, max=HEAVIEST, help="Share relative to others.")] = None,
    keep_open: Annotated[
        bool | None, typer.Option("--keep-open/--no-keep-open", help="Whether it stays open when all are called.")
    ] = None,
    var: Annotated[
        list[str] | None, typer.Option(help="A value for everybody, name=value; name=none removes it; repeatable.")
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="YAML or JSON with any other field of the API; of a nested one, the parts it names are changed.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Change a campaign, also while it runs; what is not named stays as it is.

    orchestrator campaign edit "spring reminders" --calls-per-second 2
    """
    from orchestrator_client.answers import etag  # with all of HTTP, which help needs not

    api, campaign_id = named_campaign(ctx, campaign)
    body: dict[str, Any] = read_document(settings) if settings else {}
    said: dict[str, Any] = {"name": name, "caller_ids": caller_id or None, "keep_open": keep_open}
    said |= {"flow": flow_reference(api, flow) if flow else None}
    said |= {"caller_id_pool": id_of(api, POOL, caller_id_pool) if caller_id_pool else None}
    said |= {"variables": parse_optional(var, option="--var") if var else None}
    body |= {field: value for field, value in said.items() if value is not None}
    pacing = {"calls_per_second": calls_per_second, "max_live_calls": max_live_calls, "weight": weight}
    if pacing := {field: value for field, value in pacing.items() if value is not None}:
        body["pacing"] = _merged(body.get("pacing"), pacing)
    if not body:
        raise InvalidInput([FieldError("--name", "nothing", "say what to change: `orchestrator campaign edit --help`")])
    read = None
    if nested := {field for field in body.keys() - _MERGED_BY_THE_API if isinstance(body[field], Mapping)}:
        before = api.campaigns.get(campaign_id)
        read = etag(before)
        body |= {field: _setting(field, before.get(field), body[field]) for field in nested}
    try:
        told = api.campaigns.update(campaign_id, if_match=read, **body)
    except ApiError as err:
        if err.status != _CHANGED_MEANWHILE:
            raise
        raise OrchestratorError(_changed_by(api, campaign_id)) from err
    print_json(told) if as_json else print_lines([f"{told['name']} is changed"])


def _setting(field: str, before: Any, given: Mapping[str, Any]) -> Any:
    """Return a setting with what is given in it; null takes a rule of `retry` away."""
    if field == "calling_hours" and isinstance(before, Mapping):
        stays_always = before.get("always", False) and given.keys() <= {"because"}
        other = _BY_WEEK if given.get("always", stays_always) else _ALWAYS
        before = {name: value for name, value in before.items() if name not in other}
    merged = _merged(before, given)
    if field == "retry":
        for rules in (each for each in merged.values() if isinstance(each, dict)):
            for name in [name for name, rule in rules.items() if rule is None]:
                del rules[name]
    return merged


def _merged(before: Any, given: Any) -> Any:
    """Return what was there with what is given in its place, part by part; a list is one part."""
    if not isinstance(before, Mapping) or not isinstance(given, Mapping):
        return given
    return {**before, **{name: _merged(before.get(name), value) for name, value in given.items()}}


def _changed_by(api: ApiClient, campaign_id: str) -> str:
    """Return who changed a campaign last, as far as an admin's key can tell, and what to do."""
    try:
        recorded = api.audit.list(subject=campaign_id, limit=_LOOKED_THROUGH).first()["data"]
    except ApiError:
        recorded = []
    last = next((each for each in recorded if each["action"].startswith("PATCH ")), None)
    fields = f" ({', '.join(last['changes'])})" if last and last["changes"] else ""
    who = f"{last['by']} changed the campaign at {last['at']}{fields}" if last else "somebody changed the campaign"
    return (
        f"{who} while this edit was made, and nothing was written. See what it is like now with "
        f"`orchestrator campaign show {campaign_id}`, and give the command again if you still want it."
    )
