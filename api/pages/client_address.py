"""Where a request comes from, as far as it matters for how often somebody may try something."""

from __future__ import annotations

from ipaddress import ip_address

from flask import Request


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
