"""One bounded request to an address that was admitted: it goes there and nowhere else, and follows no redirect."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import certifi
from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import HTTPError

from orchestrator.outbound_guard import Admitted
from orchestrator.telnyx.bounded_http import Budget, bounded_pools

UNANSWERED: Final = (HTTPError, OSError)
"""What a request may raise: nobody there, too slow, cut off, a certificate that does not hold."""

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
    certificates: str | None = None,
) -> Iterator[BaseHTTPResponse]:
    """Yield the answer, its body unread; raises one of UNANSWERED. `budget` has been started and bounds all of it.

    Nothing of the operator's environment (proxies, netrc) has a say; what is sent is sent once.
    """
    names: dict[str, Any] = {}
    if admitted.scheme == "https":
        # The certificate is the name's, though the connection goes to the address.
        names = {"server_hostname": admitted.host, "assert_hostname": admitted.host}
        names |= {"cert_reqs": "CERT_REQUIRED", "ca_certs": certificates or certifi.where()}
    pool = bounded_pools(budget)[admitted.scheme](admitted.address, admitted.port, maxsize=1, **names)
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
