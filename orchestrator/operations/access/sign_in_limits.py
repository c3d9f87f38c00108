"""How often somebody may try to sign in, counted before a password is hashed.

A stranger who tries many passwords of a login is stopped after TRIES_AT_ONE within a minute, while its owner, who comes
from another address, still gets in: only a login that is tried from many addresses at once is closed, for a minute. Of
IPv6 the first 64 bits are the address: whoever has one has all that begin so.
"""

from __future__ import annotations

from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

import redis

from orchestrator.errors import LimitReached
from orchestrator.operations.access.manage_users import canonical_login
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.tries import count_tries

WINDOW_S: Final = 60
TRIES_AT_ONE: Final = 6
"""Of one login from one address."""
TRIES_FROM_ONE: Final = 30
"""Of any login from one address, behind which a whole office may sit."""
TRIES_THROUGH_ONE: Final = 600
"""Of any login through one connection's end, where another address is claimed: by a proxy of many, or by a liar."""
TRIES_OF_ONE: Final = 120
"""Of one login from anywhere."""


def count_try(login: str, address: str, *, through: str = "", client: redis.Redis, keys: Keys) -> None:
    """Count a try to sign in; raise LimitReached for one too many. Raises StoreUnavailable where Redis is away.

    `through` is where the connection comes from. What a narrow limit refuses is not counted by the wider ones: one
    stranger who goes on and on keeps nobody else out.
    """
    name, origin = _digest(canonical_login(login)), _network_of(address)
    limits = {
        keys.tries(f"{name}@{origin}"): TRIES_AT_ONE,
        keys.tries(f"@{origin}"): TRIES_FROM_ONE,
        **({keys.tries(f"through {through}"): TRIES_THROUGH_ONE} if through not in ("", address) else {}),
        keys.tries(name): TRIES_OF_ONE,
    }
    for key, most in limits.items():
        tried = count_tries(client, key, window_s=WINDOW_S)
        if tried.made > most:
            detail = f"Too many tries to sign in; try again in {tried.ends_in_s} seconds."
            raise LimitReached("sign_in_limit", detail, retry_after_s=tried.ends_in_s)


def _network_of(address: str) -> str:
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped or IPv6Address(int(ip) >> 64 << 64))


def _digest(login: str) -> str:
    """Return what stands for a login: somebody may have typed the password in its place."""
    return sha256(login.encode()).hexdigest()[:32]
