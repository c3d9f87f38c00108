"""The layout of a drawn flow."""

from __future__ import annotations

from importlib.resources import files
from itertools import combinations, pairwise

import pytest

from api.pages.flow_graph import Box, draw, lay_out
from api.pages.flow_words import Way, ways_of
from orchestrator.flow import load_flow


def graph(**leading: str) -> list[tuple[str, str, list[Way]]]:
    return [(name, "does", [Way(name, target, "x") for target in targets.split()]) for name, targets in leading.items()]


def tops(**leading: str) -> dict[str, float]:
    return {box.name: box.y for box in lay_out(graph(**leading)).boxes}


def overlap(one: Box, other: Box) -> bool:
    return abs(one.x - other.x) < one.width and abs(one.y - other.y) < one.height


def test_a_step_stands_below_all_that_lead_to_it() -> None:
    at = tops(a="b c", b="d", c="", d="c")

    assert at["a"] < at["b"] < at["d"] < at["c"]


def test_steps_after_the_same_one_stand_beside_each_other() -> None:
    at = tops(a="b c", b="", c="")

    assert at["b"] == at["c"]


def test_a_circle_is_drawn_with_a_way_back() -> None:
    drawn = lay_out(graph(a="b", b="c", c="a b c"))

    assert {(arrow.source, arrow.target) for arrow in drawn.arrows} == {
        ("a", "b"), ("b", "c"), ("c", "a"), ("c", "b"), ("c", "c")
    }  # fmt: skip
    assert tops(a="b", b="c", c="a b c")["a"] < tops(a="b", b="c", c="a b c")["c"]


def test_a_step_that_nothing_leads_to_is_drawn_all_the_same() -> None:
    assert tops(a="", b="")["b"] == tops(a="", b="")["a"]


def test_a_way_to_what_is_not_there_is_left_out() -> None:
    assert lay_out(graph(a="gone")).arrows == []


def test_nothing_is_drawn_of_nothing_but_a_box() -> None:
    assert len(lay_out(graph(a="")).boxes) == 1


def test_labels_of_one_step_stand_beneath_each_other() -> None:
    labels = sorted(arrow.y for arrow in lay_out(graph(a="b c d e", b="", c="", d="", e="")).arrows)

    assert min(lower - upper for upper, lower in pairwise(labels)) >= 14


def test_a_long_chain_is_drawn() -> None:
    steps = {f"s{n}": f"s{n + 1} s0" for n in range(3_000)} | {"s3000": ""}

    assert len(lay_out(graph(**steps)).boxes) == 3_001


@pytest.mark.parametrize("name", ["alert", "appointment", "lead", "survey"])
def test_samples_are_drawn_without_overlap_inside_their_size(name: str) -> None:
    flow = load_flow(files("orchestrator.flow.samples").joinpath(f"{name}.yaml").read_text())
    drawn = draw(flow)

    assert {box.name for box in drawn.boxes} >= set(flow.steps)
    assert not [(a.name, b.name) for a, b in combinations(drawn.boxes, 2) if overlap(a, b)]
    for box in drawn.boxes:
        assert box.x >= 0 and box.x + box.width <= drawn.width and box.y + box.height <= drawn.height
    for arrow in drawn.arrows:
        assert 0 <= arrow.x <= drawn.width and 0 <= arrow.y <= drawn.height


def test_every_way_of_a_flow_has_its_label() -> None:
    flow = load_flow(files("orchestrator.flow.samples").joinpath("appointment.yaml").read_text())
    ways = {(way.source, way.target): way.label for _, _, out in ways_of(flow) for way in out}

    assert all(label for (source, _), label in ways.items() if source in flow.steps)
