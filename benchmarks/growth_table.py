"""Shows how the cost of a call grows, and what bends: which processes cost more than in the smallest case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.beside_textbook import Figures
from benchmarks.growth import Grown, Scaled
from benchmarks.measures import Measure

_RATES = (30, 300, 3_000)
_BENDS, _BENDS_MS = 1.2, 0.3  # costs so much more, by factor and by CPU-ms: what is less may be noise


def show_growth(grown: Sequence[Grown], scaled: Sequence[Scaled], console: Console) -> None:
    """Print both tables: one row per combination."""
    if grown:
        title = "CPU-ms a call by process at a steady pace; `all` is without the simulated carrier"
        table = _table(title, ("contacts", "held", "live", "workers"), grown[0].figures, "dials/s")
        for row in grown:
            sizes = (f"{row.contacts:,}", f"{row.held:,}", f"{row.live:,}", str(row.workers))
            table.add_row(*sizes, *_cells(row.figures), bends(row.figures, grown[0].figures))
        console.print(table)
    if scaled:
        table = _table("the same with workers flat out", ("workers",), scaled[0].figures, "calls/s")
        for each in scaled:
            table.add_row(str(each.workers), *_cells(each.figures), bends(each.figures, scaled[0].figures))
        console.print(table)
        console.print(_needs(scaled[0]))


def as_measures(grown: Sequence[Grown], scaled: Sequence[Scaled]) -> Iterator[Measure]:
    """Return every number with that of its table's first row as its base."""
    for row in grown:
        name = f"{row.contacts:,} contacts, {row.held:,} held, {row.workers} workers"
        yield from _measures(name, row.figures, grown[0].figures, "dials/s")
    for each in scaled:
        yield from _measures(f"{each.workers} workers flat out", each.figures, scaled[0].figures, "calls/s")
    for each in scaled[:1]:
        yield from (Measure(f"a call: {what}", number, "") for what, number in each.volumes.items())


def bends(figures: Figures, base: Figures) -> str:
    """Name what costs clearly more than in the base, the most first, with its factor."""
    more = {
        name: (ms - base.cpu_by_process[name], ms / base.cpu_by_process[name])
        for name, ms in figures.cpu_by_process.items()
        if base.cpu_by_process.get(name)
    }
    found = sorted(more.items(), key=lambda item: item[1], reverse=True)
    bent = [f"{name} {by:.1f} times" for name, (ms, by) in found if ms >= _BENDS_MS and by >= _BENDS]
    return ", ".join(bent) or "nothing"


def _table(title: str, sizes: Sequence[str], figures: Figures, pace: str) -> Table:
    table = Table(title=title)
    for column in (*sizes, "all", *figures.cpu_by_process, "carrier", "p50 ms", "p99 ms", pace):
        table.add_column(column, justify="right")
    table.add_column("what bends, beside the first row")
    return table


def _needs(scaled: Scaled) -> Table:
    """Say what larger installations need if a call costs there what it costs here: a sum, not a measurement."""
    table = Table(title="calculated from one worker flat out")
    for column in ("", "of a call", *(f"{rate:,} calls/s" for rate in _RATES)):
        table.add_column(column, justify="right" if column else "left")
    for process, ms in scaled.figures.cpu_by_process.items():
        table.add_row(f"{process}, cores", f"{ms:.1f} ms", *(f"{ms * rate / 1000:,.1f}" for rate in _RATES))
    for what, number in scaled.volumes.items():
        table.add_row(f"{what}, a second", f"{number:,.0f}", *(f"{number * rate:,.0f}" for rate in _RATES))
    return table


def _cells(figures: Figures) -> tuple[str, ...]:
    spent = (f"{ms:.1f}" for ms in (figures.cpu_ms, *figures.cpu_by_process.values()))
    rest = (figures.carrier_ms, figures.p50_ms, figures.p99_ms, figures.calls_per_s)
    return (*spent, *(f"{number:.1f}" for number in rest))


def _measures(name: str, figures: Figures, base: Figures, pace: str) -> Iterator[Measure]:
    spent = ", ".join(f"{process} {ms:.1f}" for process, ms in figures.cpu_by_process.items())
    yield Measure(
        f"{name}: CPU of a call", figures.cpu_ms, "ms", base.cpu_ms, note=f"{spent}; bends: {bends(figures, base)}"
    )
    yield Measure(f"{name}: webhook to command p50", figures.p50_ms, "ms", base.p50_ms)
    yield Measure(f"{name}: webhook to command p99", figures.p99_ms, "ms", base.p99_ms)
    yield Measure(f"{name}: pace", figures.calls_per_s, pace, base.calls_per_s)
