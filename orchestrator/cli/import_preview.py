"""Shows how a file of contacts would be read, before it is imported."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from orchestrator.cli.explanations import WHO
from orchestrator.cli.output import print_json
from orchestrator.cli.upload import content_type_of, counted, problem_lines

if TYPE_CHECKING:
    from orchestrator.cli.api_client import ApiClient

_MOST_ZONES = 3  # of a row: a toll-free number has forty


def preview_contacts(
    api: ApiClient, campaign: str, file: Path, *, options: Mapping[str, Any], console: Console, as_json: bool = False
) -> None:
    """Print the columns, the first contacts and the problems of a file; exit with 1 if nobody would be imported."""
    told = api.campaigns.preview_import(campaign, file, content_type=content_type_of(file), **options)
    if as_json:
        print_json(told)
    for line in () if as_json else preview_lines(told, given_map=options.get("map")):
        console.print(line, markup=False)
    if not told["accepted"]:
        raise SystemExit(1)


def preview_lines(told: Mapping[str, Any], *, given_map: str | None) -> list[str]:
    """Return what to print of a preview, line by line."""
    problem = told["header_problem"]
    lines = [f"header: {problem['detail']}"] if problem else []
    if told["header_row"] is None:
        return [*lines, "nobody would be imported"]
    sheet = f", sheet {told['sheet']}" if told["sheet"] else ""
    lines.append(f"read as {told['encoding']}{sheet}{_separator(told)}, header in row {told['header_row']}")
    lines += [f"  {column['header']} → {column['fills'] or 'not read'}" for column in told["columns"]]
    if told["map"] != given_map:
        lines.append(f"proposed: --map {shlex.quote(told['map'])}")
    if any(kind["code"] == "no_region" for kind in told["problems"]):
        lines.append("say the country of numbers without a country code, too: --region US, for one")
    lines += [f"row {row['row']}: {_contact(row)}" for row in told["first_rows"]]
    return [*lines, _counts(told), *(f"  {line}" for line in problem_lines(told))]


def _separator(told: Mapping[str, Any]) -> str:
    names = {None: "", "\t": ", separated by tabs"}
    return names.get(told["delimiter"], f", separated by {told['delimiter']}")


def _contact(row: dict[str, Any]) -> str:
    if row["problem"]:
        return f"{row['problem']['status']}: {row['problem']['detail']}"
    fields = {name: value for name, value in row["contact"].items() if value and name != "variables"}
    words = [f"{name} {value}" for name, value in {**fields, **row["contact"]["variables"]}.items()]
    zones = [f"{zone['name']} (by the {WHO[zone['from']]})" for zone in row["zones"][:_MOST_ZONES]]
    more = len(row["zones"]) - len(zones)
    return ", ".join([*words, *zones, *([f"{more} more zones"] if more else [])])


def _counts(told: Mapping[str, Any]) -> str:
    of = counted(told["rows"], "row") if told["is_whole"] else f"of the first {counted(told['rows'], 'row')}"
    duplicates = counted(told["duplicates"], "duplicate")
    return f"{of}: {told['accepted']} would be accepted, {duplicates}, {told['invalid']} invalid"
