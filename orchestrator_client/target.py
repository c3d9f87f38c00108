"""Where requests go and what all of them carry."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from orchestrator_client.requests import Request

URL_NAME = "ORCHESTRATOR_API_URL"
KEY_NAME = "ORCHESTRATOR_API_KEY"
_DEFAULT_URL = "http://127.0.0.1:8000"
_CONNECT_S = 5.0
_WHOLE_ANSWER = 10  # times what an answer may keep one waiting


@dataclass(frozen=True)
class Target:
    """An API and how long its answers are waited for; nothing that is printed holds the key."""

    base_url: str
    api_key: str = field(repr=False)
    timeout_s: float
    retry_for_s: float
    total_timeout_s: float | None = None

    def parts(self, request: Request) -> dict[str, Any]:
        """Return what httpx makes a request of, but for its content."""
        answer_s = self._answer_s(request)
        timeout = {"connect": min(_CONNECT_S, answer_s), "read": answer_s, "write": answer_s, "pool": answer_s}
        return {
            "method": request.method,
            "url": self.base_url + request.path,
            "params": request.parameters or None,
            "json": request.json,
            "headers": {"Authorization": f"Bearer {self.api_key}", **request.headers},
            "extensions": {"timeout": timeout},
        }

    def whole_s(self, request: Request) -> float:
        """Return the seconds in which a request must be sent and its answer read, however steadily it comes."""
        return _WHOLE_ANSWER * self._answer_s(request) if self.total_timeout_s is None else self.total_timeout_s

    def with_limits(
        self, timeout_s: float | None, retry_for_s: float | None, total_timeout_s: float | None = None
    ) -> Target:
        """Return the same target with the limits that are given."""
        given: dict[str, Any] = {"timeout_s": timeout_s, "retry_for_s": retry_for_s, "total_timeout_s": total_timeout_s}
        return replace(self, **{name: limit for name, limit in given.items() if limit is not None})

    def _answer_s(self, request: Request) -> float:
        return max(self.timeout_s, request.timeout_s)


def find_target(
    base_url: str | None,
    api_key: str | None,
    *,
    timeout_s: float,
    retry_for_s: float,
    total_timeout_s: float | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Target:
    """Return the target that the arguments or the environment name; raises ValueError saying what is missing."""
    url = (base_url or environment.get(URL_NAME) or _DEFAULT_URL).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"base_url must be an address such as https://calls.example, not {url!r}")
    key = api_key or environment.get(KEY_NAME)
    if not key:
        raise ValueError(f"no API key: give api_key, or set {KEY_NAME}")
    if not (key.isascii() and key.isprintable()):
        raise ValueError("an API key is visible ASCII characters")
    return Target(url, key, timeout_s, retry_for_s, total_timeout_s)
