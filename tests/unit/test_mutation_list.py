"""Each mutation of the list fits the source as it stands: it finds its line, compiles, and names tests that exist."""

from __future__ import annotations

import ast
import subprocess
import sys
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


def test_no_mutation_breaks_its_file_by_a_name_that_is_not_there(tmp_path: Path) -> None:
    for number, mutation in enumerate(read_mutations()):
        if mutation.file.endswith(".py"):
            mutated = mutation.applied_to((ROOT / mutation.file).read_text())
            (tmp_path / f"{number}_{mutation.name.replace('/', '_')}.py").write_text(mutated)

    looked_at = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821", "--output-format", "concise"]
    found = subprocess.run([*looked_at, str(tmp_path)], capture_output=True, text=True)

    assert found.returncode == 0, found.stdout + found.stderr
