"""Writes docs/commands.md: the carrier's commands, where each stands in the code, and the tests that prove it.

Run: python -m tests.support.command_table
"""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from api.catalogue import ROUTES
from orchestrator.flow.words import STEP_COMMANDS
from orchestrator.telnyx.commands import COMMANDS
from simulator.commands import COMMANDS as SIMULATED

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "commands.md"

HEAD = """\
# The carrier's commands

All thirty, each column with the tests that try this very command. The page is written by `make docs` from the code and
from the names of the tests; a test compares it with the code, and fails for an empty place.

- **model**: its fields, limits and conditions; unknown or wrong fields fail there, before any request.
- **on the wire**: its method, path and JSON are those of the official SDK for the same arguments.
- **flow**: how a flow says it; `on:` may name its webhooks. The language is in [flows.md](flows.md).
- **REST**: how it is given to a live call.
- **simulator**: what answers it on your desk, with the carrier's checks, errors and webhooks, when the official SDK
  gives it.

"""
COLUMNS = ("command", "model", "on the wire", "flow", "REST", "simulator", "webhooks")
_PROOFS = {
    "model": ("tests/unit/telnyx/test_telnyx_limits.py", "tests/unit/telnyx/test_telnyx_commands.py"),
    "on the wire": ("tests/service/test_telnyx_sdk_requests.py",),
    "flow": ("tests/unit/flow/test_every_command.py", "tests/unit/flow/test_rules_of_steps.py"),
    "REST": ("tests/service/engine/test_actions.py", "tests/service/api/test_api_calls.py"),
    "simulator": ("tests/service/test_simulator_conformance.py",),
}
_TEST = re.compile(r"^(?P<module>\S+\.py)::(?P<name>[^\[]+)(?:\[(?P<ids>.*)\])?$")
_DIALS = ("_dial_", "_single_call_")  # how tests call what no parameter names


def rows() -> Iterator[dict[str, str]]:
    """Yield one row per command, in the order of the models: a cell per column, empty where code or test is missing."""
    proofs = proven_by()
    for action, model in COMMANDS.items():
        stands = {
            "model": f"[{model.__name__}](../{inspect.getfile(model).removeprefix(f'{ROOT}/')})",
            "on the wire": f"{model.method} `{model.path}`",
            "flow": _flow(action),
            "REST": _rest(action),
            "simulator": _simulated(action),
        }
        told = {column: _with_proof(cell, proofs[action], _PROOFS[column]) for column, cell in stands.items()}
        webhooks = ", ".join(f"`{name}`" for name in sorted(model.expects)) or "none"
        yield {"command": f"`{action}`", **told, "webhooks": webhooks}


@cache
def proven_by() -> Mapping[str, set[str]]:
    """Return by command the test modules with a test that carries its name among its parameters."""
    modules = sorted({module for modules in _PROOFS.values() for module in modules})
    words = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *modules]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found: dict[str, set[str]] = defaultdict(set)
    for test in filter(None, map(_TEST.match, told.splitlines())):
        for action in _named(test["name"], test["ids"] or ""):
            found[action].add(test["module"])
    return found


def text() -> str:
    """Return the page."""
    lines = [f"| {' | '.join(row[column] for column in COLUMNS)} |" for row in rows()]
    return "\n".join([f"{HEAD}| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}", *lines, ""])


def _named(name: str, ids: str) -> set[str]:
    parts = {part.partition(".")[0] for part in ids.split("-")}
    return parts & COMMANDS.keys() | ({"dial"} if any(word in f"{name}_" for word in _DIALS) else set())


def _with_proof(cell: str, proofs: set[str], wanted: Sequence[str]) -> str:
    proof = next((module for module in wanted if module in proofs), None)
    return f"{cell} [✓](../{proof})" if cell and proof else ""


def _flow(action: str) -> str:
    if action == "dial":
        return "`dial:` of the flow"
    return f"`{action}:`" if action in STEP_COMMANDS else ""


def _rest(action: str) -> str:
    path = "/v1/calls" if action == "dial" else f"/v1/calls/{{call_id}}/actions/{action}"
    return f"POST `{path}`" if any(route.method == "POST" and route.path == path for route in ROUTES) else ""


def _simulated(action: str) -> str:
    answers = action in {name for _, name in SIMULATED} | {"dial"}
    return f"[{action}](../simulator/actions/{action}.py)" if answers else ""


if __name__ == "__main__":
    TABLE.write_text(text())
