"""Writes docs/commands.md: the carrier's commands, where each stands in the code, and the tests that prove it.

Run: python -m tests.support.command_table
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence

from api.app import ROUTES
from orchestrator.flow.vocabulary import STEP_COMMANDS
from orchestrator.telnyx.commands import COMMANDS, Command
from simulator.commands.dial import dial
from simulator.commands.registry import COMMANDS as SIMULATED
from tests.support.proofs import ROOT, proofs

TABLE = ROOT / "docs" / "commands.md"

HEAD = """\
# The carrier's commands

All thirty. A tick leads to a test that has given this very command in this way and seen it done; a refusal is no
proof. Such tests carry the mark `proves`, from which this page is written (`make docs`); a test compares it with the
code, and fails for an empty place.

- **model**: its fields, limits and conditions; unknown or wrong fields fail there, before any request.
- **on the wire**: its method, path and JSON are those of the official SDK for the same arguments.
- **flow**: how a flow says it; `on:` may name its webhooks. The language is in [flows.md](flows.md).
- **REST**: how it is given to a live call.
- **simulator**: what handles it in the simulated carrier, with the checks, errors and webhooks, when the official SDK
  gives it.
- **webhooks**: what may come of it. Each has come from the simulator in the test, of a leg that was given this command:
  by itself, by a setting of the command, or by what the person at the other end does.

"""
COLUMNS = ("command", "model", "on the wire", "flow", "REST", "simulator", "webhooks")


def rows() -> Iterator[dict[str, str]]:
    """Yield one row per command, in the order of the models: a cell per column, empty where code or test is missing."""
    for action, model in COMMANDS.items():
        stands = {
            "model": f"[{model.__name__}](../{inspect.getfile(model).removeprefix(f'{ROOT}/')})",
            "on the wire": f"{model.method} `{model.path}`",
            "flow": _flow(action),
            "REST": _rest(action),
            "simulator": _simulated(action),
        }
        told = {column: _with_proof(cell, proofs().get((column, action, ""), ())) for column, cell in stands.items()}
        yield {"command": f"`{action}`", **told, "webhooks": _webhooks(action, model)}


def text() -> str:
    """Return the page."""
    lines = [f"| {' | '.join(row[column] for column in COLUMNS)} |" for row in rows()]
    return "\n".join([f"{HEAD}| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}", *lines, ""])


def _webhooks(action: str, model: type[Command]) -> str:
    if not model.expects:
        return "none"
    proven = {name: proofs().get(("webhooks", action, name), ()) for name in sorted(model.expects)}
    if not all(proven.values()):
        return ""
    return _with_proof(", ".join(f"`{name}`" for name in proven), sorted(set().union(*proven.values())))


def _with_proof(cell: str, modules: Sequence[str]) -> str:
    ticks = " ".join(f"[✓](../{module})" for module in modules)
    return f"{cell} {ticks}" if cell and ticks else ""


def _flow(action: str) -> str:
    if action == "dial":
        return "`dial:` of the flow"
    return f"`{action}:`" if action in STEP_COMMANDS else ""


def _rest(action: str) -> str:
    path = "/v1/calls" if action == "dial" else f"/v1/calls/{{call_id}}/actions/{action}"
    return f"POST `{path}`" if any(route.method == "POST" and route.path == path for route in ROUTES) else ""


def _simulated(action: str) -> str:
    effects: dict[str, Callable[..., object]] = {
        "dial": dial,
        **{name: each.effect for (_, name), each in SIMULATED.items()},
    }
    return f"[{action}](../{inspect.getfile(effects[action]).removeprefix(f'{ROOT}/')})" if action in effects else ""


if __name__ == "__main__":
    TABLE.write_text(text())
