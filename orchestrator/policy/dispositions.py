"""How a call ended, for those who decide by it; both sets belong to the call (`model/disposition.py`)."""

from __future__ import annotations

from orchestrator.model.disposition import Disposition, Fault

__all__ = ["Disposition", "Fault"]
