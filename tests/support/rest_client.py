"""A client of the REST API over the network, for tests that hold whole processes to their promises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests


class RestClient:
    """Speaks to one running API; `get` and `post` fail with the answer's own words unless it succeeded."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self._headers = {"Authorization": f"Bearer {key}"}

    def get(self, path: str, **params: Any) -> Any:
        return self._good(self.ask("GET", path, params=params))

    def try_to_get(self, path: str) -> Any | None:
        """Return the JSON at `path`, None while the API or one of its stores is away."""
        try:
            answer = self.ask("GET", path)
        except requests.RequestException:
            return None
        return None if answer.status_code >= 500 else self._good(answer)

    def post(self, path: str, body: Any = None) -> Any:
        return self._good(self.ask("POST", path, json=body if body is not None else {}))

    def send(self, path: str, text: str, *, media: str) -> Any:
        """Post a document as it is."""
        return self._good(self.ask("POST", path, data=text.encode(), headers={"Content-Type": media}))

    def pages(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Yield every item of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.get(path, limit=500, **params, **({"cursor": cursor} if cursor else {}))
            yield from page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def ask(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, timeout_s: float = 30.0, **more: Any
    ) -> requests.Response:
        """Send one request and return whatever is answered."""
        sent = {**self._headers, **(headers or {})}
        return requests.request(method, self.url + path, headers=sent, timeout=timeout_s, **more)

    @staticmethod
    def _good(answer: requests.Response) -> Any:
        assert answer.ok, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"
        return answer.json()
