"""What a campaign may say of the law."""

from __future__ import annotations

from enum import StrEnum


class LawMode(StrEnum):
    """What the law's hours, holidays, caps and rests do to a campaign."""

    ENFORCE = "enforce"
    WARN = "warn"
    OFF = "off"
