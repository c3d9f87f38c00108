"""Decides by the head of a request whether a body may be sent, how large it may be, and which threads answer it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from api.http.responses import Refusal
from api.http.routes import Route
from api.server.error_responses import TOO_LARGE
from api.server.request_head import Head, refuse_form
from api.server.thread_pools import ThreadPool

UNASKED_BYTES = 64 * 1024  # of a body that nobody reads
_LANES = {"/healthz": ThreadPool.ALIVE, "/readyz": ThreadPool.VITAL, "/metrics": ThreadPool.VITAL}

Sender = Callable[[Head, str], Refusal | None]


class Plan(NamedTuple):
    """How a request is received: the threads that answer it, or none for one answered in the loop, and its bound.

    `route` is the address as the table of routes has it.
    """

    pool: ThreadPool = ThreadPool.USUAL
    max_bytes: int = UNASKED_BYTES
    is_in_loop: bool = False
    route: str = "unknown"
    is_polled: bool = False

    @property
    def is_frequent(self) -> bool:
        """Say whether it comes by itself all the time: a webhook, or somebody who watches."""
        return self.is_in_loop or self.is_polled or self.route in _LANES


class _Entry(NamedTuple):
    """A route, as far as it is asked for here."""

    pattern: re.Pattern[str]
    media: frozenset[str]
    plan: Plan


class Gate:
    """Checks heads by the routes of one application and the senders that they admit.

    What comes to one of the paths `in_loop`, whose bodies fit into memory, is answered in the loop.
    """

    def __init__(
        self, routes: Iterable[Route], *, senders: Iterable[Sender] = (), in_loop: Collection[str] = ()
    ) -> None:
        routes = tuple(routes)
        self._senders = tuple(senders)
        self._entries: dict[str, list[_Entry]] = defaultdict(list)
        for route in routes:
            self._entries[route.method].append(_entry(route, is_in_loop=route.path in in_loop))
        # Of an address without variables it is known beforehand which routes may be meant.
        self._known = {(r.method, r.path): self._search(r.method, r.path) for r in routes if "{" not in r.path}

    def look(self, head: Head) -> Plan | Refusal:
        """Return how the request is to be taken in, or why it is not; nothing of its body is read before."""
        path = unquote_to_bytes(head.path).decode("latin-1")
        for refuse_sender in self._senders:
            if refusal := refuse_sender(head, path):
                return refusal
        plan = self._plan(head, path)
        return refuse_form(head) or (TOO_LARGE if head.length > plan.max_bytes else plan)

    def _plan(self, head: Head, path: str) -> Plan:
        method = "GET" if head.method == "HEAD" else head.method
        found = self._known.get((method, path)) or self._search(method, path)
        if len(found) > 1:
            media = head.headers.get(b"content-type", b"").split(b";")[0].strip().lower().decode("latin-1")
            found = [entry for entry in found if media in entry.media] or found
        return found[0].plan if found else Plan()

    def _search(self, method: str, path: str) -> list[_Entry]:
        return [entry for entry in self._entries[method] if entry.pattern.fullmatch(path)]


def _entry(route: Route, *, is_in_loop: bool) -> _Entry:
    media = frozenset(route.body.media) if route.body else frozenset[str]()
    return _Entry(re.compile(re.sub(r"\{\w+\}", "[^/]+", route.path)), media, _plan_of(route, is_in_loop=is_in_loop))


def _plan_of(route: Route, *, is_in_loop: bool) -> Plan:
    if route.body is None:
        return Plan(_LANES.get(route.path, ThreadPool.USUAL), route=route.path, is_polled=route.is_polled)
    pool = ThreadPool.UPLOADS if route.body.is_streamed else ThreadPool.USUAL
    return Plan(pool, route.body.max_bytes, is_in_loop, route.path)
