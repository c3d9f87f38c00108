"""The kinds of phone numbers."""

from __future__ import annotations

from enum import StrEnum


class NumberKind(StrEnum):
    """The kinds of numbers; `unknown` is everything else, and new ranges."""

    GEOGRAPHIC = "geographic"
    MOBILE = "mobile"
    TOLL_FREE = "toll_free"
    PREMIUM = "premium"
    SHARED_COST = "shared_cost"
    PERSONAL = "personal"
    SATELLITE = "satellite"
    EMERGENCY = "emergency"
    UNKNOWN = "unknown"
