"""The client that waits for its answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Self

import httpx

from orchestrator_client.deadlines import bounded
from orchestrator_client.operations import Operations
from orchestrator_client.target import find_target
from orchestrator_client.transport import Transport


class Client(Operations):
    """A client of the REST API: `client.campaigns.start(campaign_id)`; several threads may use it.

    `base_url` and `api_key` default to ORCHESTRATOR_API_URL and ORCHESTRATOR_API_KEY. An answer may keep
    one waiting for `timeout_s`, that of an upload for an hour, and is whole within `total_timeout_s` (left out, ten
    times that; a download takes its time). What can safely be sent again is, for `retry_for_s` at most. `http` is a
    client of httpx with proxies or certificates of your own; who gives it closes it. Methods raise ClientError.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        timeout_s: float = 30.0,
        retry_for_s: float = 30.0,
        total_timeout_s: float | None = None,
        http: httpx.Client | None = None,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        target = find_target(
            base_url, api_key, timeout_s=timeout_s, retry_for_s=retry_for_s, total_timeout_s=total_timeout_s
        )
        self._owns_http = http is None
        super().__init__(Transport(target, bounded(http or httpx.Client()), wait=wait or threading.Event().wait))

    def with_limits(
        self,
        *,
        timeout_s: float | None = None,
        retry_for_s: float | None = None,
        total_timeout_s: float | None = None,
    ) -> Operations:
        """Return the same operations over the same connections, with other limits."""
        old = self.transport
        target = old.target.with_limits(timeout_s, retry_for_s, total_timeout_s)
        return Operations(Transport(target, old.http, wait=old.wait))

    def close(self) -> None:
        """Close the connections."""
        if self._owns_http:
            self.transport.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
