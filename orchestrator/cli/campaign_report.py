"""Renders the statistics of a campaign: contacts by state, calls by result, pace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from orchestrator.cli.number_format import duration, rate
from orchestrator.model.contact_status import FINAL_STATUSES, ContactStatus

_KNOWN = "paused_by_user"
_GUARD = "guard_"
_STYLES = {
    ContactStatus.COMPLETED: "green",
    "confirmed": "green",
    ContactStatus.CALLING: "cyan",
    ContactStatus.WAITING: "yellow",
    ContactStatus.HELD: "magenta",
    ContactStatus.EXHAUSTED: "red",
    ContactStatus.UNKNOWN: "bold red",
}


def stats_screen(title: str, stats: Mapping[str, Any]) -> RenderableType:
    """Return the live screen for one answer of `GET /v1/campaigns/{id}/stats`."""
    calls = stats.get("calls", {})
    tables = [
        _table("contacts", {name: n for name, n in stats.get("contacts", {}).items() if name != "total"}),
        _table("dispositions", calls.get("by_disposition", {})),
        _table("outcomes", calls.get("by_outcome", {})),
    ]
    held = _held(stats)
    if held:
        tables.append(_table("held because", {code: why["contacts"] for code, why in held.items()}))
    total, final = _progress(stats)
    stopped = stopped_line(stats)
    words = [Text(line) for line in (_pace(stats), _heard(stats), _latency(stats), _eta(stats)) if line]
    words += [Text(line, style="yellow") for line in _warnings(stats)]
    words += [Text(stopped, style="bold red")] if stopped else []
    head = Group(*words, ProgressBar(total=max(total, 1), completed=final, width=72))
    why = [Text(f"{code}: {each['sentence']}{_next(each)}", style="dim") for code, each in held.items()]
    return Panel(
        Group(head, Text(), Columns(tables, padding=(0, 3)), *why), title=f"{title} · {stats.get('status', '')}"
    )


def stats_line(stats: Mapping[str, Any]) -> str:
    """Return one line, for output that is not a terminal: a log, a pipe."""
    contacts = {name: n for name, n in stats.get("contacts", {}).items() if n and name != "total"}
    total, final = _progress(stats)
    states = " ".join(f"{name} {number}" for name, number in contacts.items())
    done = f"{stats.get('status', '')}: {final} of {total} contacts done" + (f" ({states})" if states else "")
    held = ", ".join(f"{code} {why['contacts']}{_next(why)}" for code, why in _held(stats).items())
    because = f"held because {held}" if held else ""
    words = (done, because, _pace(stats), _heard(stats), _latency(stats), _eta(stats), stopped_line(stats))
    return " · ".join(line for line in words if line)


def stopped_line(answer: Mapping[str, Any]) -> str:
    """Return why a running campaign does not dial, "" if it dials."""
    reason = answer.get("status_reason") or {}
    code, detail = str(reason.get("code", "")), str(reason.get("detail", ""))
    if code.startswith(_GUARD):
        return f"paused by the guard {code.removeprefix(_GUARD)}: {detail}"
    return "" if code == _KNOWN else detail


def report(console: Console, title: str, stats: Mapping[str, Any], *, peak_dials_per_s: float | None = None) -> None:
    """Print the final report: shares of contacts and calls; the peak rate is the one observed by the watcher."""
    calls = stats.get("calls", {})
    contacts = dict(stats.get("contacts", {}))
    total = contacts.pop("total", sum(contacts.values()))
    table = Table(title=title, title_justify="left", title_style="bold")
    for column, justify in (("", "left"), ("count", "right"), ("share", "right")):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]  # a literal in a tuple widens to str
    _section(table, f"contacts: {total}", contacts, whole=total)
    _section(table, f"calls: {calls.get('dialed', 0)}", calls.get("by_disposition", {}), whole=calls.get("dialed", 0))
    _section(table, "outcomes", calls.get("by_outcome", {}), whole=calls.get("dialed", 0))
    for name, counts in calls.get("by_answer", {}).items():
        _section(table, f"answer {name}", counts, whole=calls.get("dialed", 0))
    console.print(table if table.row_count else f"{title}: no contacts yet", markup=False)
    if peak_dials_per_s is not None:
        console.print(f"at most {rate(peak_dials_per_s)} dials/s over 5 s")
    for line in (_heard(stats), *_warnings(stats), _latency(stats)):
        if line:
            console.print(line, markup=False)


def _section(table: Table, title: str, counts: Mapping[str, int], *, whole: int) -> None:
    if not any(counts.values()):
        return
    table.add_section()
    table.add_row(Text(title, style="bold"), "", "")
    for name, number in sorted(counts.items(), key=lambda item: -item[1]):
        if number:
            table.add_row(f"  {name}", str(number), f"{number / max(whole, 1):.0%}", style=_STYLES.get(name, ""))


def _table(title: str, counts: Mapping[str, int]) -> Table:
    table = Table(box=None, padding=(0, 1), show_header=True, header_style="bold")
    table.add_column(title)
    table.add_column("", justify="right", min_width=4)
    for name, number in counts.items():
        table.add_row(name, str(number), style=_STYLES.get(name, "") if number else "dim")
    return table


def _progress(stats: Mapping[str, Any]) -> tuple[int, int]:
    contacts = stats.get("contacts", {})
    return contacts.get("total", 0), sum(contacts.get(name, 0) for name in FINAL_STATUSES)


def _pace(stats: Mapping[str, Any]) -> str:
    calls, pace = stats.get("calls", {}), stats.get("rate", {})
    now, most = (rate(pace[name]) if pace.get(name) is not None else "?" for name in ("dials_per_s", "limit"))
    return f"dialed {calls.get('dialed', 0)} · live {calls.get('live', 0)} · {now} of {most} dials/s"


def _heard(stats: Mapping[str, Any]) -> str:
    """Return how many people answered and how many of them were abandoned or heard nothing, "" for none at all."""
    calls = stats.get("calls", {})
    if not calls.get("people"):
        return ""
    bridged = stats.get("people", {}).get("bridged")
    told = [f"{bridged} bridged"] if bridged else []
    told += [f"{calls.get(name, 0)} {name.replace('_', ' ')}" for name in ("abandoned", "silent", "opted_out")]
    return f"{calls['people']} people answered: {', '.join(told)}"


def _warnings(stats: Mapping[str, Any]) -> list[str]:
    """Return what guards and figures warn of; the guard that has paused the campaign is its reason."""
    guards = [guard for guard in stats.get("guards", ()) if guard["state"] == "warn"]
    by_guards = [f"guard {guard['guard']}: {guard['detail']}" for guard in guards]
    return by_guards + [warning["detail"] for warning in stats.get("warnings", ())]


def _held(stats: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    return stats.get("held_by_reason") or {}


def _next(why: Mapping[str, Any]) -> str:
    return f", next at {why['next_at']}" if why.get("next_at") else ""


def _eta(stats: Mapping[str, Any]) -> str:
    """Return when the last contact will have been dialed, "" where nobody knows."""
    at = (stats.get("eta") or {}).get("at")
    return f"the last is dialed about {at}" if at else ""


def _latency(stats: Mapping[str, Any]) -> str | None:
    """Return the recent latency from webhook to command for this campaign, None if there were no webhooks."""
    latencies = stats.get("latency_ms", {}).get("event_to_command", {})
    words = [f"{name} {duration(latencies[name])}" for name in ("p50", "p99") if latencies.get(name) is not None]
    return f"webhook to command {', '.join(words)}" if words else None
