"""Where a request comes from, as far as it matters for how often somebody may try something."""

from __future__ import annotations

from ipaddress import ip_address

from flask import Request

from orchestrator.operations.access.sign_in_limits import count_try
from orchestrator.services import Services


def count_sign_in_try(request: Request, login: str, services: Services) -> None:
    """Count a try to sign in with this login; raise LimitReached for one too many."""
    through = request.remote_addr or ""
    count_try(login, client_address(request), through=through, client=services.redis, keys=services.keys)


def client_address(request: Request) -> str:
    """Return the address of who sends a request: that of the connection, or the one that a proxy beside us saw.

    Only a peer with a private address is taken for a proxy, and of what it says only what it added itself, the last.
    """
    peer = request.remote_addr or ""
    seen = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return seen if _is_private(peer) and _is_address(seen) else peer


def _is_private(address: str) -> bool:
    return _is_address(address) and ip_address(address).is_private


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
