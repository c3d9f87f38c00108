"""What the line did, for those who decide by it; the set itself belongs to the call (`model/disposition.py`)."""

from __future__ import annotations

from orchestrator.model.disposition import Disposition

__all__ = ["Disposition"]
