"""Runs one operation of the engine with the collaborators that it names, as the API does for each request."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from orchestrator.services import Services

T = TypeVar("T")


def run_operation(operation: Callable[..., T], *args: Any, services: Services, **values: Any) -> T:
    """Call `operation` with `args` and `values`, and hand it from `services` whatever else it names by keyword."""
    known: dict[str, Callable[[], Any]] = {
        "sql": lambda: services.sql,
        "client": lambda: services.redis,
        "keys": lambda: services.keys,
        "flows": lambda: services.flows,
        "caps": lambda: services.caps,
        "clock": lambda: services.clock,
        "call_estimate": lambda: services.settings.call_estimate,
        "settings": lambda: services.settings,
        "probes": lambda: services.probes,
        "archive": lambda: services.recordings,
        "data_dir": lambda: services.settings.data_dir,
        "connection_id": lambda: services.settings.telnyx_connection_id,
    }
    named = inspect.signature(operation).parameters.keys() & known.keys() - values.keys()
    return operation(*args, **values, **{name: known[name]() for name in named})
