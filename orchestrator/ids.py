"""Names for things: prefixed ULIDs for rows, name-based UUIDs for what must be the same when said again."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID, uuid5

from ulid import ULID

Prefix = Literal["cmp", "con", "call", "flow", "imp", "sup", "req", "rec", "num"]

_NAMESPACE = UUID("5f1f4c5e-6f0b-5b57-9d0e-6f3f1c2a7d10")


def new_id(prefix: Prefix) -> str:
    """Return a fresh id such as `call_01J…`, sortable by the time it was made."""
    return f"{prefix}_{ULID()}"


def seeded_id(prefix: Prefix, seed: str, *, made_at: datetime) -> str:
    """Return the id that this seed always gives: what is made again from the same request is the same thing."""
    moment = int(made_at.timestamp() * 1000).to_bytes(6, "big")
    return f"{prefix}_{ULID.from_bytes(moment + sha256(f'{prefix}/{seed}'.encode()).digest()[:10])}"


def new_version() -> int:
    """Return a number that names one state of a live call and no other: made by chance, never by counting.

    Two engines that count on from one state, which a failover may give them, reach one number with other states. It
    stays below 2^52: a script reads numbers as doubles, and the version of the engine before adds one to it.
    """
    return secrets.randbits(52)


def stable_uuid(*parts: str | int) -> str:
    """Return the UUID that these parts always give: a resend is the same command, a redial a new one."""
    return str(uuid5(_NAMESPACE, "/".join(map(str, parts))))
