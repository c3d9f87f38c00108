"""Shows measures as a table, and writes them as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from benchmarks.measures import Measure

_VERDICTS = {True: "[green]ok[/]", False: "[bold red]miss[/]", None: ""}


def show(measures: Sequence[Measure], console: Console) -> None:
    """Print one line per measure."""
    table = Table(title="each number beside its base of the same run: its bare parts, or the textbook app")
    for column in ("", "value", "base", "ratio", "target", "", ""):
        table.add_column(column, justify="left" if column == "" else "right")
    for measure in measures:
        table.add_row(
            measure.name,
            f"{_short(measure.value)} {measure.unit}",
            _short(measure.bare) if measure.bare is not None else "",
            f"{measure.ratio:.2f}" if measure.ratio is not None else "",
            str(measure.target or ""),
            _VERDICTS[measure.is_ok],
            measure.note,
        )
    console.print(table)


def write_json(measures: Sequence[Measure], file: Path) -> None:
    """Write all measures with their verdicts."""
    lines = [
        {
            "name": m.name,
            "value": m.value,
            "unit": m.unit,
            "bare": m.bare,
            "ratio": m.ratio,
            "target": str(m.target) if m.target else None,
            "ok": m.is_ok,
            "note": m.note,
        }
        for m in measures
    ]
    file.write_bytes(orjson.dumps(lines, option=orjson.OPT_INDENT_2))


def _short(number: float) -> str:
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}"
