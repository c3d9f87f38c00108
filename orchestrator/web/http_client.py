"""Clients of `httpx` that use the configured egress and ignore the environment."""

from __future__ import annotations

import ssl

import httpx

from orchestrator.web.egress import DIRECT, Egress


def open_http(base_url: str, egress: Egress = DIRECT) -> httpx.Client:
    """Return a client for the addresses of one host; it ignores the environment (proxies, netrc, CA bundles)."""
    proxy = egress.proxy_for(base_url)
    way = httpx.Proxy(proxy.address, headers=dict(proxy.headers)) if proxy else None
    return httpx.Client(verify=_tls(base_url, egress), proxy=way, trust_env=False)


def _tls(base_url: str, egress: Egress) -> ssl.SSLContext:
    if not base_url.startswith("https://"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # it is never asked; reading every authority takes time
    context = egress.new_tls()
    context.check_hostname = True
    return context
