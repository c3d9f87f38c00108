"""Roles: what the holder of a key may do."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A viewer reads, an operator also runs campaigns, an admin also decides who may, and what holds for everybody."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, needed: Role) -> bool:
        """Return whether who has this role may do what `needed` may."""
        return _ORDER.index(self) >= _ORDER.index(needed)


_ORDER = tuple(Role)
