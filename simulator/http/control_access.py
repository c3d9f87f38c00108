"""Access to the simulator's own controls: programs on this network may use them, web pages may not."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from simulator.http.request_handling import WORLD, Handler

_BROWSER_HEADERS = ("Origin", "Sec-Fetch-Site")


def control_endpoint(view: Handler) -> Handler:
    """Return a handler that refuses with 403 whatever a web page could send, as controls need no key."""

    async def handle(request: web.Request) -> web.StreamResponse:
        wrong = _refusal(request)
        if wrong:
            return web.Response(body=orjson.dumps({"error": wrong}), status=403, content_type="application/json")
        return await view(request)

    return handle


def _refusal(request: web.Request) -> str | None:
    name = next((name for name in _BROWSER_HEADERS if request.headers.get(name, "none") != "none"), None)
    if name:
        return f"{name}: a page in a browser may not turn the controls"
    if not _is_known(_host_of(request.host), _host_of(request.app[WORLD].settings.public_url or "")):
        return f"Host: {request.host!r} is not the name of this simulator; --public-url says which it has"
    if request.body_exists and request.content_type != "application/json":
        return f"Content-Type: {request.content_type!r}, where application/json was expected"
    return None


def _is_known(host: str, public: str) -> bool:
    """Return whether this host is safe from DNS rebinding: an IP address, a name without dots, or our public name."""
    return host == public or "." not in host or host.endswith(".localhost") or _is_address(host)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _host_of(address: str) -> str:
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return "."  # matches no host
