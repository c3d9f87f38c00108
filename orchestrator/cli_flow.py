"""`orchestrator flow`: read a flow with the eyes of the engine, before anybody is called."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="Check a flow, or play it through at your desk.")
