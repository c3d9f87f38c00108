"""The ways in which a caller id is chosen out of a pool."""

from __future__ import annotations

from enum import StrEnum


class Choose(StrEnum):
    """How a number is chosen: one for each contact, or first one of the place where the contact is."""

    STICKY = "sticky"
    LOCAL_THEN_STICKY = "local_then_sticky"
