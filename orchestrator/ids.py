"""Ids: prefixed ULIDs for rows, name-based UUIDs for commands that may be resent."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha1, sha256
from typing import Literal

from ulid import ULID

Prefix = Literal[
    "aud", "call", "chg", "cmp", "cns", "con", "flow", "imp", "key",
    "lch", "lft", "lst", "num", "pool", "rec", "req", "sup", "usr", "whe",
]  # fmt: skip

_NAMESPACE = bytes.fromhex("5f1f4c5e6f0b5b579d0e6f3f1c2a7d10")


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
    """Return the UUID (RFC 9562, version 5) derived from the parts: a resend is the same command, a redial a new one.

    As `uuid.uuid5` makes it, in a third of the time: every event asks for some.
    """
    digest = sha1(_NAMESPACE + "/".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"
