"""Sessions of `requests` that use the configured egress and ignore the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from orchestrator.web.egress import DIRECT, Egress


class EgressAdapter(HTTPAdapter):
    """A transport adapter whose connections use one egress."""

    def __init__(self, egress: Egress = DIRECT, **more: Any) -> None:
        self._egress = egress
        super().__init__(**more)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Create pools that trust the authorities of the egress."""
        super().init_poolmanager(*args, ssl_context=self._egress.new_tls(), **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Return the pools behind the proxy, which trust the same authorities."""
        if proxy not in self.proxy_manager:
            kwargs["ssl_context"] = self._egress.new_tls()
        return super().proxy_manager_for(proxy, **kwargs)

    def proxy_headers(self, _proxy: str) -> dict[str, str]:
        """Return the headers for the proxy, with its credentials; its URL holds none."""
        return dict(self._egress.proxy.headers) if self._egress.proxy else {}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request through the proxy for its URL, or directly."""
        return super().send(request, *args, **{**kwargs, "proxies": self._proxies(str(request.url))})

    def _proxies(self, url: str) -> Mapping[str, str]:
        proxy = self._egress.proxy_for(url)
        return {"https": proxy.address} if proxy else {}


def open_session(egress: Egress = DIRECT) -> requests.Session:
    """Return a session; it ignores the environment (proxies, netrc, CA bundles)."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", EgressAdapter(egress))
    return session
