"""Sessions of `requests` that leave by the way of the settings, and by nothing of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from orchestrator.web.egress import DIRECT, Egress


class EgressAdapter(HTTPAdapter):
    """Connections that take one way."""

    def __init__(self, egress: Egress = DIRECT, **more: Any) -> None:
        self._egress = egress
        super().__init__(**more)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make pools that believe the way's certificates."""
        super().init_poolmanager(*args, ssl_context=self._egress.new_tls(), **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Return the pools behind the proxy, which believe the same certificates."""
        if proxy not in self.proxy_manager:
            kwargs["ssl_context"] = self._egress.new_tls()
        return super().proxy_manager_for(proxy, **kwargs)

    def proxy_headers(self, _proxy: str) -> dict[str, str]:
        """Return what the proxy is told of us; its address holds no password."""
        return dict(self._egress.proxy.headers) if self._egress.proxy else {}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request by the way that leads to its address."""
        return super().send(request, *args, **{**kwargs, "proxies": self._proxies(str(request.url))})

    def _proxies(self, url: str) -> Mapping[str, str]:
        proxy = self._egress.proxy_for(url)
        return {"https": proxy.address} if proxy else {}


def open_session(egress: Egress = DIRECT) -> requests.Session:
    """Return a session; nothing of the environment (proxies, netrc, CA bundles) has a say in it."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", EgressAdapter(egress))
    return session
