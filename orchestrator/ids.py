"""Ids: prefixed ULIDs for rows, name-based UUIDs for commands that may be resent."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID, uuid5

from ulid import ULID

Prefix = Literal["cmp", "con", "call", "flow", "imp", "sup", "req", "rec", "num", "cns", "pool", "lst", "lch"]

_NAMESPACE = UUID("5f1f4c5e-6f0b-5b57-9d0e-6f3f1c2a7d10")


def new_id(prefix: Prefix) -> str:
    """Return a new id such as `call_01J…`, sortable by creation time."""
    return f"{prefix}_{ULID()}"


def seeded_id(prefix: Prefix, seed: str, *, made_at: datetime) -> str:
    """Return the id derived from the seed: a repeated request creates the same resource."""
    moment = int(made_at.timestamp() * 1000).to_bytes(6, "big")
    return f"{prefix}_{ULID.from_bytes(moment + sha256(f'{prefix}/{seed}'.encode()).digest()[:10])}"


def new_version() -> int:
    """Return a random number that identifies one state of a live call.

    It is not a counter: after a failover two engines could count from one state to the same number with different
    states. It is below 2^52, because Lua reads numbers as doubles and the previous engine version adds one to it.
    """
    return secrets.randbits(52)


def stable_uuid(*parts: str | int) -> str:
    """Return the UUID derived from the parts: a resend is the same command, a redial a new one."""
    return str(uuid5(_NAMESPACE, "/".join(map(str, parts))))
