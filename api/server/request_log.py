"""Tells of each request that was answered: a count by its route, one line in the log, and a span.

None of them has what a stranger chose: an address is told by its route, with the ids of ours that stood in it.
"""

from __future__ import annotations

import logging
import re
import time
from typing import Final

from api.server.incoming_request import Incoming
from orchestrator.counts import observe
from orchestrator.ids import new_id
from orchestrator.model.metric import Metric
from orchestrator.traces import add_request_span

log = logging.getLogger("api.access")

HEADER: Final = "X-Request-ID"
_ASKED: Final = HEADER.lower().encode()
_SANE: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_OUR_ID: Final = re.compile(rb"[a-z]{3,4}_[0-9A-Z]{26}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def asked_id(incoming: Incoming) -> str | None:
    """Return the id that the client gave its request, if it may stand in a log."""
    given = incoming.head.headers.get(_ASKED, b"") if incoming.head else b""
    return given.decode() if _SANE.fullmatch(given) else None


class RequestLog:
    """One request from when it is whole; `request_id` is the client's own, or a new one."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming, self._began = incoming, time.monotonic()
        self.request_id = asked_id(incoming) or new_id("req")

    def answered(self, status: str) -> None:
        """Tell that it was answered with this status line."""
        head, plan = self._incoming.head, self._incoming.plan
        method = head.method if head and head.method in _METHODS else "other"
        took_s, code = time.monotonic() - self._began, status[:3]
        observe(Metric.HTTP_REQUEST_S, took_s, method, plan.route, f"{code[:1]}xx")
        is_worth_telling = code >= "400" or not plan.is_frequent
        if is_worth_telling:
            add_request_span(method, plan.route, int(code), took_s=took_s, request_id=self.request_id)
        level = logging.INFO if is_worth_telling else logging.DEBUG
        if log.isEnabledFor(level):
            about = b" ".join(_OUR_ID.findall(head.path)).decode() if head else ""
            facts = {"request_id": self.request_id, "method": method, "route": plan.route, "status": int(code)}
            told = f"{method} {plan.route} {code} in {took_s:.3f} s"
            extra = {**facts, "seconds": round(took_s, 6), "about": about or None}
            log.log(level, "%s", f"{told} {about}".rstrip(), extra=extra)
