"""The lock under which events get their numbers, and deliveries their turn."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

_KEY = 7_201_343  # any fixed number that no other lock of this database has

HOLD_ORDER: Final = text(f"SELECT pg_advisory_xact_lock({_KEY})")
"""Keeps everybody else from giving numbers, and from ending deliveries, until the transaction ends."""

SHARE_ORDER: Final = text(f"SELECT pg_advisory_xact_lock_shared({_KEY})")
"""Keeps numbers from being given until the transaction ends.

Who ends a delivery lets the next of its subject go: it must not miss one that is being written just then.
"""
