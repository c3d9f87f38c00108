"""How often somebody may try to sign in, counted before a password is hashed.

A stranger who tries many passwords of a login is stopped after TRIES_AT_ONE within a minute, while its owner, who comes
from another address, still gets in: only a login that is tried from many addresses at once is closed, for a minute.
"""

from __future__ import annotations

from hashlib import sha256
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
TRIES_OF_ONE: Final = 120
"""Of one login from anywhere."""


def count_try(login: str, address: str, *, client: redis.Redis, keys: Keys) -> None:
    """Count a try to sign in; raise LimitReached for one too many. Raises StoreUnavailable where Redis is away."""
    name = _digest(canonical_login(login))
    limits = {
        keys.tries(f"{name}@{address}"): TRIES_AT_ONE,
        keys.tries(f"@{address}"): TRIES_FROM_ONE,
        keys.tries(name): TRIES_OF_ONE,
    }
    tried = count_tries(client, list(limits), window_s=WINDOW_S)
    if any(count > most for count, most in zip(tried.counts, limits.values(), strict=True)):
        detail = f"Too many tries to sign in; try again in {tried.ends_in_s} seconds."
        raise LimitReached("sign_in_limit", detail, retry_after_s=tried.ends_in_s)


def _digest(login: str) -> str:
    """Return what stands for a login: somebody may have typed the password in its place."""
    return sha256(login.encode()).hexdigest()[:32]
