"""Ids of calls, events and recordings; never seeded, so that two runs never share one."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from uuid import uuid1

_NODE = int.from_bytes(os.urandom(6), "big") | 1 << 40  # the multicast bit: no hardware address


def fresh_uuid() -> str:
    """Return a random UUID (version 4), for events and recordings."""
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def leg_uuid() -> str:
    """Return a time-based UUID, as the carrier gives legs and sessions."""
    return str(uuid1(node=_NODE))


def control_token() -> str:
    """Return an opaque call_control_id: `v3:` and URL-safe base64."""
    return "v3:" + urlsafe_b64encode(os.urandom(33)).decode()
