"""Which tests prove which command in which column of docs/commands.md, as their marks `proves` say.

`@pytest.mark.proves("REST")` stands on a test that really gives the command named by its parameter `action` in that
column's way; `proves("REST", "dial")` names commands itself. In the column `webhooks` the mark names what came.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

Proofs = Mapping[tuple[str, str, str], Sequence[str]]


@cache
def proofs() -> Proofs:
    """Return the test modules by column, command and webhook; the webhook is empty in the other columns."""
    words = [sys.executable, "-m", "tests.support.proofs"]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for column, action, webhook, module in json.loads(told):
        found[column, action, webhook].add(module)
    return {what: sorted(modules) for what, modules in found.items()}


class _Reader:
    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str, str]] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            self.rows += _rows(item)


def _rows(item: pytest.Item) -> Iterator[tuple[str, str, str, str]]:
    for mark in item.iter_markers("proves"):
        column, *actions = mark.args
        named = actions or [item.callspec.params["action"]]  # type: ignore[attr-defined]  # only of a parametrized test
        for action in named:
            for webhook in mark.kwargs.get("webhooks", ("",)):
                yield column, action, webhook, item.path.relative_to(ROOT).as_posix()


def _collect() -> list[tuple[str, str, str, str]]:
    marked = sorted(str(path) for path in (ROOT / "tests").rglob("test_*.py") if ".mark.proves(" in path.read_text())
    reader = _Reader()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        status = pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", *marked], plugins=[reader])
    if status != pytest.ExitCode.OK:
        raise SystemExit(said.getvalue())
    return reader.rows


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_collect()))
