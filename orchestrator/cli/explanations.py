"""Renders explanations and preflights: a verdict in a sentence, and short tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestrator.cli.number_format import duration

_VERDICTS = {"go": ("may be called", "green"), "hold": ("not now", "yellow"), "never": ("never", "red")}
_LEFT_OUT = ("calling_hours",)  # a page of windows: the zones beside them say what matters


def print_explanation(console: Console, title: str, told: Mapping[str, Any]) -> None:
    """Print why somebody may or may not be called: the verdict, the local times, and every check."""
    words, style = _VERDICTS[told["verdict"]]
    until = f" until {told['until']}" if told["until"] else ""
    console.print(Text.assemble((title, "bold"), ": ", (f"{words}{until}", style)))
    console.print(told["sentence"], markup=False)
    for zone in told["zones"]:
        console.print(f"local time {zone['local'] or 'unknown'} in {zone['name']} (by the {WHO[zone['from']]})")
    table = _table("check", "", "judged by")
    for check in told["checks"]:
        mark = Text("ok", style="green") if check["passed"] else Text("no", style="red")
        source = f" [{check['source']}]" if check["source"] else ""
        table.add_row(check["check"], mark, Text(_facts(check["facts"]) + source))
    console.print(table)


WHO = {"contact": "contact", "number": "number", "region": "region", "campaign_default": "campaign's default"}
"""Who says a time zone, in words."""


def print_campaign(console: Console, title: str, told: Mapping[str, Any]) -> None:
    """Print why a campaign does not dial, or not faster."""
    console.print(Text.assemble((title, "bold"), ": ", "dialing" if told["is_dialing"] else "not dialing"))
    _print_groups(console, told["because"])
    limits = told["limits"]
    bounds = [f"{limits['rate']:g} calls/s"] if limits["rate"] else []
    bounds += [f"{limits['channels']} live calls"] if limits["channels"] else []
    bounds += [f"paused by {limits['guard']}"] if limits["guard"] else []
    console.print(f"limits: {', '.join(bounds) or 'none'}", markup=False)


def print_preflight(console: Console, title: str, told: Mapping[str, Any]) -> None:
    """Print what would become of a campaign's contacts, and what forbids its start."""
    console.print(Text.assemble((title, "bold"), f" at {told['at']}"))
    console.print(f"{told['dialable_now']:,} of {told['contacts']:,} contacts may be called")
    _print_groups(console, [*told["held"], *({**group, "next_at": "never"} for group in told["never"])])
    for name, shape in (("by_region", "region"), ("caller_ids", "number"), ("lists", "name"), ("overrides", "field")):
        _print_rows(console, told[name], first=shape)
    console.print(_estimate(told["estimate"]), markup=False)
    for finding in told["warnings"]:
        console.print(Text.assemble(("! ", "yellow"), f"{finding['detail']} ({finding['code']})"))
    for finding in told["errors"]:
        console.print(Text.assemble(("✗ ", "red"), f"{finding['detail']} ({finding['code']})"))


def _print_groups(console: Console, groups: Sequence[Mapping[str, Any]]) -> None:
    if not groups:
        return
    table = _table("contacts", "reason", "next", "")
    table.columns[0].justify = "right"
    for group in groups:
        next_at = group["next_at"] or "when somebody acts"
        table.add_row(f"{group['contacts']:,}", group["reason"], next_at, Text(group["sentence"], style="dim"))
    console.print(table)


def _print_rows(console: Console, rows: Sequence[Mapping[str, Any]], *, first: str) -> None:
    if not rows:
        return
    names = [first, *(name for name in rows[0] if name != first)]
    table = _table(*(name.replace("_", " ") for name in names))
    for row in rows:
        table.add_row(*(Text("" if row[name] is None else _fact(row[name])) for name in names))
    console.print(table)


def _estimate(told: Mapping[str, Any]) -> str:
    parts = [f"{told['dials']:,} dials"]
    parts += [f"{duration(told['duration_s'] * 1000)} of dialing"] if told["duration_s"] is not None else []
    parts += [f"up to {told['peak_channels']} live calls"] if told["peak_channels"] is not None else []
    parts += [f"cost about {told['cost']} {told['currency']}"] if told["cost"] is not None else []
    return f"estimate: {', '.join(parts)}"


def _facts(facts: Mapping[str, Any]) -> str:
    said = {name: value for name, value in facts.items() if name not in _LEFT_OUT and value not in (None, [], "")}
    return ", ".join(f"{name.replace('_', ' ')} {_fact(value)}" for name, value in said.items())


def _fact(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return " ".join(f"({_facts(each)})" if isinstance(each, dict) else str(each) for each in value)
        case dict():
            return _facts(value)
        case _:
            return str(value)


def _table(*heads: str) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="bold")
    for head in heads:
        table.add_column(head, overflow="fold")
    return table
