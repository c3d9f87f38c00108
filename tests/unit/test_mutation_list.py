"""Each mutation of the list fits the source as it stands: it finds its line, compiles, and names tests that exist."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutations.catalog import ROOT, Mutation, read_mutations


@pytest.mark.parametrize("mutation", [pytest.param(mutation, id=mutation.name) for mutation in read_mutations()])
def test_a_mutation_fits_the_source_and_names_tests_that_exist(mutation: Mutation) -> None:
    source = (ROOT / mutation.file).read_text()

    mutated = mutation.applied_to(source)

    assert mutated != source
    if mutation.file.endswith(".py"):
        compile(mutated, mutation.file, "exec")
    assert mutation.tests
    for test in mutation.tests:
        path, _, name = test.partition("::")
        assert name.partition("[")[0] in _test_names(ROOT / path), test


def _test_names(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}
