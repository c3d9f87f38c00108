"""Decides by the head of a request whether a body may be sent, how large it may be, and which threads answer it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
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
    """How a request is received: the threads that answer it and the largest body it may have."""

    pool: ThreadPool = ThreadPool.USUAL
    max_bytes: int = UNASKED_BYTES


class Gate:
    """Checks heads by the routes of one application and the senders that they admit."""

    def __init__(self, routes: Iterable[Route], *, senders: Iterable[Sender] = ()) -> None:
        self._senders = tuple(senders)
        self._routes: dict[str, list[tuple[re.Pattern[str], Route]]] = defaultdict(list)
        for route in routes:
            self._routes[route.method].append((_pattern(route.path), route))

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
        found = [route for pattern, route in self._routes[method] if pattern.fullmatch(path)]
        media = head.headers.get(b"content-type", b"").split(b";")[0].strip().lower().decode("latin-1")
        for route in found:
            if route.body and media in route.body.media:
                return _plan_of(route)
        return _plan_of(found[0]) if found else Plan()


def _plan_of(route: Route) -> Plan:
    if route.body is None:
        return Plan(_LANES.get(route.path, ThreadPool.USUAL))
    return Plan(ThreadPool.UPLOADS if route.body.is_streamed else ThreadPool.USUAL, route.body.max_bytes)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
