"""Which release of this program runs."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def installed_version() -> str:
    """Return the version of the installed package, "unknown" where the code runs without being installed."""
    try:
        return version("call-orchestrator")
    except PackageNotFoundError:
        return "unknown"
