"""A program imports what it runs: what only others need would cost each of its starts seconds of work."""

from __future__ import annotations

import subprocess
import sys

import pytest

_OF_OTHERS = ("alembic", "httpx", "minio", "orchestrator_client", "rich", "typer")
_FLOWS = ("orchestrator.flow", "orchestrator.policy.law", "phonenumbers", "ruamel.yaml")
_REST = ("api.app", "api.pages", "api.resources.catalogue", "prometheus_client")
_PAGES_TOO = ("celery", "requests", "orchestrator.local_stack", "workers")


@pytest.mark.parametrize(
    ("entry", "never"),
    [
        ("api.wsgi", (*_OF_OTHERS, *_PAGES_TOO)),
        ("api.webhooks_wsgi", (*_OF_OTHERS, *_PAGES_TOO, *_REST, *_FLOWS)),
        ("workers.engine.__main__", (*_OF_OTHERS, "api", "celery", "flask", "requests", "orchestrator.local_stack")),
        ("workers.tasks.tasks", (*_OF_OTHERS, "api", "flask", "requests", "orchestrator.local_stack")),
        ("workers.media.__main__", (*_OF_OTHERS, "api", "celery", "flask", "requests", *_FLOWS)),
        ("simulator.cli", (*_OF_OTHERS, "celery", "flask", "redis", "requests", "sqlalchemy", "orchestrator")),
        ("orchestrator.local_stack.up", ("alembic", "api", "celery", "flask", "httpx", "workers", *_FLOWS)),
    ],
)
def test_a_program_imports_nothing_that_only_others_need(entry: str, never: tuple[str, ...]) -> None:
    argv = [sys.executable, "-c", f"import sys, {entry}; print(*sys.modules)"]

    imported = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()

    assert entry in imported
    assert [name for name in never if name in imported] == []
