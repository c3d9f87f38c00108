"""Lists that arrive in pages: iterating asks for the next page when it is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar, cast

from orchestrator_client.errors import UnexpectedAnswer
from orchestrator_client.requests import Request

Item = TypeVar("Item")
Page = TypeVar("Page")

_NEXT = {"next_cursor": "cursor", "next_after": "after"}


class Pages(Generic[Item, Page]):
    """A list; every iteration reads it anew, from its first page."""

    def __init__(self, send: Callable[[Request], Any], request: Request) -> None:
        self._send, self._request = send, request

    def first(self) -> Page:
        """Return the first page alone."""
        return cast("Page", self._send(self._request))

    def pages(self) -> Iterator[Page]:
        """Yield page by page."""
        request: Request | None = self._request
        while request:
            page = self._send(request)
            yield page
            request = _after(page, request)

    def __iter__(self) -> Iterator[Item]:
        for page in self.pages():
            yield from _items(page)


class AsyncPages(Generic[Item, Page]):
    """A list; every iteration reads it anew, from its first page."""

    def __init__(self, send: Callable[[Request], Awaitable[Any]], request: Request) -> None:
        self._send, self._request = send, request

    async def first(self) -> Page:
        """Return the first page alone."""
        return cast("Page", await self._send(self._request))

    async def pages(self) -> AsyncIterator[Page]:
        """Yield page by page."""
        request: Request | None = self._request
        while request:
            page = await self._send(request)
            yield page
            request = _after(page, request)

    async def __aiter__(self) -> AsyncIterator[Item]:
        async for page in self.pages():
            for item in _items(page):
                yield item


def _items(page: Any) -> list[Any]:
    items = page.get("data") if isinstance(page, Mapping) else None
    if not isinstance(items, list):
        raise UnexpectedAnswer("a page of a list has no `data`")
    return items


def _after(page: Mapping[str, Any], request: Request) -> Request | None:
    """Return the request for the page behind `page`; None if there is none."""
    name = next((name for name in _NEXT if name in page), "next_cursor")
    cursor = page.get(name)
    if cursor is None or not page.get("has_more", True):
        return None
    if cursor == request.query.get(_NEXT[name]):
        raise UnexpectedAnswer(f"the page behind {cursor} is that page itself")
    return replace(request, query={**request.query, _NEXT[name]: cursor})
