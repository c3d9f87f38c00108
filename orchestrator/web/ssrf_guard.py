"""Guard against SSRF: outgoing requests reach no private network, unless the host is trusted by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

from orchestrator.web.closed_networks import is_open
from orchestrator.web.egress import DIRECT, Egress

Resolve = Callable[[str, int], Sequence[str]]
"""Returns every address of a host as text; raises OSError for a name that has none."""

_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Admitted:
    """A request that may be sent, to `address` only: the name may resolve to another address a moment later.

    `host` belongs in the Host header and the certificate, `target` (path and query) in the request line.
    """

    scheme: Literal["http", "https"]
    host: str
    port: int
    address: str
    target: str

    @property
    def authority(self) -> str:
        """Return the value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True)
class Refused:
    """A request that must not be sent, and why; the detail names no address that the name resolved to."""

    code: Literal["url_invalid", "address_refused"]
    detail: str


def admit(url: str, *, trusted: Collection[str], resolve: Resolve, egress: Egress = DIRECT) -> Admitted | Refused:
    """Check `url`; `trusted` hosts (host or host:port) may be in any network. Raises OSError as `resolve` does.

    A name with any private address is refused, because the connection could go to that one. A proxy gets the address
    that was checked; it resolves only trusted hosts itself.
    """
    parts = _split(url)
    if isinstance(parts, Refused):
        return parts
    host, port = str(parts.hostname).rstrip("."), parts.port or _PORTS[parts.scheme]
    is_trusted = _is_listed(host, port, trusted)
    if is_trusted and egress.proxy_to(parts.scheme, host, port):
        return _admitted(parts, host, port, address=host)
    try:
        addresses = [ip_address(found) for found in resolve(host, port)]
    except UnicodeError:
        return Refused("url_invalid", "the host is no name")
    if not addresses:
        raise OSError(f"{host} has no address")
    if not is_trusted and not all(map(is_open, addresses)):
        return Refused(
            "address_refused", f"{host} leads into a private network and is not in ORCHESTRATOR_TRUSTED_HOSTS"
        )
    return _admitted(parts, host, port, address=str(addresses[0]))


def admit_encrypted(
    url: str, *, trusted: Collection[str], resolve: Resolve, egress: Egress = DIRECT
) -> Admitted | Refused:
    """Check `url` as `admit` does; hosts that are not `trusted` are asked by https alone."""
    admitted = admit(url, trusted=trusted, resolve=resolve, egress=egress)
    is_open = isinstance(admitted, Admitted) and admitted.scheme == "http"
    if isinstance(admitted, Admitted) and is_open and not _is_listed(admitted.host, admitted.port, trusted):
        return Refused("url_invalid", "the address is not https, and its host is not in ORCHESTRATOR_TRUSTED_HOSTS")
    return admitted


def _admitted(parts: SplitResult, host: str, port: int, *, address: str) -> Admitted:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    return Admitted(scheme, host, port, address, target)


def host_and_port(url: str) -> str:
    """Return the `host:port` of a URL, in the form that `trusted` takes."""
    parts = urlsplit(url)
    return f"{(parts.hostname or '').rstrip('.')}:{parts.port or _PORTS.get(parts.scheme, 443)}"


def _split(url: str) -> SplitResult | Refused:
    if not url.isascii() or not url.isprintable() or " " in url:
        return Refused("url_invalid", "the address holds characters that no URL has")
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return Refused("url_invalid", "the address cannot be read")
    if parts.scheme not in _PORTS:
        return Refused("url_invalid", "the address is neither http nor https")
    if not is_whole or "@" in parts.netloc:
        return Refused("url_invalid", "the address names no host, or a user")
    return parts


def _is_listed(host: str, port: int, trusted: Collection[str]) -> bool:
    bare = f"[{host}]" if ":" in host else host
    names = {host, bare, f"{host}:{port}", f"{bare}:{port}"}
    return any(entry.strip().lower().rstrip(".") in names for entry in trusted)
