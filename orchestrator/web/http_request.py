"""One bounded HTTP request to an admitted address; redirects are not followed."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, ProxyManager, Timeout
from urllib3.exceptions import HTTPError

from orchestrator.web.bounded_http import Budget, bounded_pools
from orchestrator.web.egress import DIRECT, Egress
from orchestrator.web.ssrf_guard import Admitted

UNANSWERED: Final = (HTTPError, OSError)
"""Exceptions of a request: unreachable, timed out, cut off, certificate not trusted."""

_CONNECT_S: Final = 5.0


def resolve_host(host: str, port: int) -> list[str]:
    """Return every address of `host`, the preferred one first; raises OSError for a name that has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@contextmanager
def send_admitted(
    admitted: Admitted,
    *,
    budget: Budget,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    egress: Egress = DIRECT,
) -> Iterator[BaseHTTPResponse]:
    """Yield the answer, its body unread; raises one of UNANSWERED. `budget` has been started and bounds all of it.

    The environment (proxies, netrc) is ignored; the request is sent once.
    """
    pool = _pool(admitted, budget, egress)
    sent = {"Host": admitted.authority, "Accept-Encoding": "identity", **(headers or {})}
    try:
        yield pool.urlopen(
            method,
            admitted.target,
            body=body,
            headers=sent,
            redirect=False,
            retries=False,
            preload_content=False,
            timeout=Timeout(connect=_CONNECT_S, read=_CONNECT_S),
        )
    finally:
        pool.close()


def _pool(admitted: Admitted, budget: Budget, egress: Egress) -> HTTPConnectionPool:
    names: dict[str, Any] = {"maxsize": 1}
    if admitted.scheme == "https":
        # The certificate is the name's, though the connection goes to the address.
        names |= {"server_hostname": admitted.host, "assert_hostname": admitted.host}
        names |= {"cert_reqs": "CERT_REQUIRED", "ssl_context": egress.tls}
    pools = bounded_pools(budget)
    proxy = egress.proxy_to(admitted.scheme, admitted.host, admitted.port)
    if proxy is None:
        return pools[admitted.scheme](admitted.address, admitted.port, **names)
    manager = ProxyManager(proxy.address, proxy_headers=proxy.headers)
    manager.pool_classes_by_scheme = pools
    return manager.connection_from_host(admitted.address, admitted.port, scheme="https", pool_kwargs=names)
