"""Sample flows: a reminder, a survey, an alert, a lead, feedback that is recorded; each passes the check."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

SAMPLES: Final = ("appointment", "survey", "alert", "lead", "feedback")


def sample(name: str) -> str:
    """Return the text of a sample flow."""
    return files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
