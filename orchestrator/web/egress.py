"""The route of outgoing requests: direct or through a proxy, and the certificate authorities they trust."""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import certifi
from urllib3.util.ssl_ import create_urllib3_context

from orchestrator.errors import Misconfigured

PROXY_NAME: Final = "ORCHESTRATOR_HTTPS_PROXY"
BUNDLE_NAME: Final = "ORCHESTRATOR_CA_BUNDLE"
DIRECT_NAME: Final = "ORCHESTRATOR_NO_PROXY"


@dataclass(frozen=True)
class Proxy:
    """An HTTP proxy that tunnels TLS (CONNECT); `headers` hold its credentials."""

    address: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Egress:
    """The route of outgoing requests; `direct` hosts bypass the proxy, `ca_bundle` is trusted beside the public CAs."""

    proxy: Proxy | None = None
    direct: tuple[str, ...] = ()
    ca_bundle: Path | None = None

    def proxy_to(self, scheme: str, host: str, port: int) -> Proxy | None:
        """Return the proxy for a host, or None; unencrypted requests never go through one."""
        is_direct = scheme != "https" or any(_is_meant(entry, host, port) for entry in self.direct)
        return None if is_direct else self.proxy

    def proxy_for(self, url: str) -> Proxy | None:
        """Return the proxy for a URL, or None."""
        parts = urlsplit(url)
        return self.proxy_to(parts.scheme, parts.hostname or "", parts.port or 443)

    def new_tls(self) -> ssl.SSLContext:
        """Return a new TLS context that trusts the public authorities and those of the bundle."""
        context = create_urllib3_context()
        context.load_verify_locations(certifi.where())
        if self.ca_bundle:
            context.load_verify_locations(self.ca_bundle)
        return context

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Return the shared TLS context, for pools that verify the host name themselves."""
        return self.new_tls()


DIRECT: Final = Egress()


def read_egress(proxy: str | None, *, direct: str, ca_bundle: Path | None) -> Egress:
    """Return the route that the settings describe; raises Misconfigured naming the setting, never its value."""
    if ca_bundle:
        _check_bundle(ca_bundle)
    return Egress(_read_proxy(proxy) if proxy else None, _read_direct(direct), ca_bundle)


def _check_bundle(path: Path) -> None:
    context = create_urllib3_context()
    try:
        context.load_verify_locations(path)
    except ssl.SSLError as err:
        raise Misconfigured(f"{BUNDLE_NAME}: {path} holds no certificate in PEM form") from err
    except OSError as err:
        raise Misconfigured(f"{BUNDLE_NAME}: {path} cannot be read ({err.strerror})") from err
    if not context.cert_store_stats()["x509"]:
        raise Misconfigured(f"{BUNDLE_NAME}: {path} holds no certificate in PEM form")


def _read_proxy(setting: str) -> Proxy:
    wrong = Misconfigured(
        f"{PROXY_NAME} is no address of a proxy: expected http://host:port or http://user:password@host:port"
    )
    try:
        parts = urlsplit(setting.strip())
        port = parts.port or 80
    except ValueError as err:
        raise wrong from err
    if parts.scheme != "http" or not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise wrong
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    headers = {}
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers = {"Proxy-Authorization": f"Basic {b64encode(user.encode()).decode()}"}
    return Proxy(f"http://{host}:{port}", headers)


def _read_direct(setting: str) -> tuple[str, ...]:
    entries = tuple(entry.strip().lower() for entry in setting.split(",") if entry.strip())
    for entry in entries:
        if "/" in entry or " " in entry:
            raise Misconfigured(f"{DIRECT_NAME}: {entry!r} is no host, host:port or .domain (networks are not read)")
    return entries


def _is_meant(entry: str, host: str, port: int) -> bool:
    name = host.lower().rstrip(".")
    if entry == "*" or entry in (name, f"{name}:{port}", f"[{name}]:{port}"):
        return True
    domain = entry.removeprefix("*")
    return domain.startswith(".") and f".{name}".endswith(domain)
