"""What the table of growth says of a row: which processes cost more than in the smallest case."""

from __future__ import annotations

from benchmarks.beside_textbook import Figures
from benchmarks.growth import Grown
from benchmarks.growth_table import as_measures, bends


def _figures(**cpu: float) -> Figures:
    return Figures(sum(cpu.values()), 10.0, 40.0, 29.0, cpu, 12.0)


def test_a_process_bends_when_it_costs_more_by_share_and_by_time() -> None:
    base = _figures(postgres=5.0, engine=6.0, dispatch=0.1, commands=4.0)

    row = _figures(postgres=15.0, engine=6.6, dispatch=0.3, commands=6.0)

    assert bends(row, base) == "postgres 3.0 times, commands 1.5 times"


def test_where_nothing_costs_more_nothing_bends() -> None:
    assert bends(_figures(postgres=5.0), _figures(postgres=5.0)) == "nothing"


def test_every_number_stands_beside_that_of_the_first_row() -> None:
    first = Grown(1_000, 50, 1, 200, _figures(postgres=5.0))
    large = Grown(2_000_000, 50, 1, 200, _figures(postgres=10.0))

    measures = {m.name: m for m in as_measures([first, large], [])}

    cost = measures["2,000,000 contacts, 50 held, 1 workers: CPU of a call"]
    assert (cost.value, cost.bare, cost.ratio) == (10.0, 5.0, 2.0)
    assert cost.note == "postgres 10.0; bends: postgres 2.0 times"
    assert len(measures) == 8
