"""Writes into docs/guarantees.md which tests prove each rule: those named after it, as test_r7_… after R7.

Run: python -m tests.support.rule_tests
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.mutations.catalog import read_mutations

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "guarantees.md"

_SOURCE = ("api", "orchestrator", "simulator", "tools", "workers")
_SOURCE_TYPES = frozenset({".py", ".lua", ".toml", ".mako"})
_NAMED_AFTER = re.compile(r"test_r(\d+)_(\w+)")
_CITED = re.compile(r"\bR\d+\b")
_LIST = re.compile(r"(<!-- tests of (R\d+) -->\n).*?(<!-- end -->)", re.DOTALL)

Proofs = Mapping[str, Mapping[str, Sequence[str]]]


def rules() -> list[str]:
    """Return the rules that have a heading, in the order of the page."""
    return re.findall(r"^### (R\d+) ", PAGE.read_text(), re.MULTILINE)


def cited_rules() -> dict[str, set[str]]:
    """Return the rules that source and mutations cite, each with the files that do."""
    cited: dict[str, set[str]] = defaultdict(set)
    for path in _citing_files():
        for rule in _CITED.findall(path.read_text()):
            cited[rule].add(path.relative_to(ROOT).as_posix())
    return dict(cited)


@cache
def proofs() -> Proofs:
    """Return by rule and file the claims of its tests, in the order of the file."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in _test_names(path):
            if named := _NAMED_AFTER.fullmatch(name):
                found[f"R{named[1]}"][path.relative_to(ROOT).as_posix()].append(named[2].replace("_", " "))
    return {rule: dict(files) for rule, files in found.items()}


def text() -> str:
    """Return the page with the lists of tests as they are now."""
    return _LIST.sub(lambda part: part[1] + _list_of(part[2]) + part[3], PAGE.read_text())


def _citing_files() -> Iterator[Path]:
    for folder in _SOURCE:
        yield from (path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in _SOURCE_TYPES)
    yield from sorted((ROOT / "tests" / "mutations" / "list").glob("*.toml"))


def _test_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name


def _list_of(rule: str) -> str:
    files = proofs().get(rule, {})
    lines = [f"<details><summary>{_counted(rule)}</summary>", ""]
    for file, claims in sorted(files.items()):
        lines += [f"[{file.removeprefix('tests/')}](../{file})", "", *(f"- {claim}" for claim in claims), ""]
    return "\n".join([*lines, "</details>", ""])


def _counted(rule: str) -> str:
    tests = sum(len(claims) for claims in proofs().get(rule, {}).values())
    mutations = sum(mutation.breaks.startswith(f"{rule}:") for mutation in read_mutations())
    return f"{tests} tests" + (f", {mutations} mutation{'s' * (mutations > 1)}" if mutations else "")


if __name__ == "__main__":
    PAGE.write_text(text())
