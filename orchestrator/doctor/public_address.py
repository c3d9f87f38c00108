"""Whether the carrier can reach a public URL, and whether it is encrypted."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

_OF_ONE_HOUSE = (".local", ".localhost", ".internal", ".lan", ".home", ".test", ".invalid", ".example")
_PORTS = {"http": 80, "https": 443}


def split_address(url: str) -> SplitResult | None:
    """Return the parts of an http or https URL; None for anything else."""
    try:
        parts = urlsplit(url.strip())
        is_address = parts.scheme in _PORTS and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return None
    return parts if is_address else None


def is_same_place(one: str, other: str) -> bool:
    """Return whether two URLs have the same server and path; the query is ignored."""
    return _place(one) is not None and _place(one) == _place(other)


def why_out_of_reach(host: str) -> str | None:
    """Return why this host is unreachable from outside, None if it may be reachable."""
    try:
        address = ip_address(host)
    except ValueError:
        return _why_unknown_outside(host.rstrip(".").lower())
    if address.is_loopback or address.is_unspecified:
        return "is this machine itself"
    return None if address.is_global else "is an address of a private network"


def _why_unknown_outside(name: str) -> str | None:
    if name == "localhost":
        return "is this machine itself"
    if "." not in name or name.endswith(_OF_ONE_HOUSE):
        return "is a name that only a private network knows"
    return None


def _place(url: str) -> tuple[str, str, int, str] | None:
    parts = split_address(url)
    if parts is None:
        return None
    port = parts.port or _PORTS[parts.scheme]
    return parts.scheme, str(parts.hostname).rstrip("."), port, parts.path
