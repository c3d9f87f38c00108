"""The key that links to recordings are signed with."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

_PURPOSE = "links to recordings"  # no number is written like this: what it derives is the key of no number


def read_link_key(tx: Connection) -> bytes:
    """Return the key, which is derived from the installation's own secret: every process of it has the same."""
    return bytes(tx.execute(select(func.number_key(_PURPOSE))).scalar_one())
