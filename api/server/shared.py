"""What all connections of a process share."""

from __future__ import annotations

import asyncio
import logging

from api.server.admission import Gate, Plan
from api.server.body import Store
from api.server.connections import ConnectionTable
from api.server.in_loop import IfReady, InLoop
from api.server.incoming_request import Incoming
from api.server.limits import Limits
from api.server.plain import Plain
from api.server.thread_pools import ThreadPools
from api.server.wsgi import App

_log = logging.getLogger(__name__)


class ServerState:
    """The application with its admission rules, threads and bounds; belongs to the running loop."""

    def __init__(
        self,
        app: App,
        gate: Gate,
        *,
        pools: ThreadPools,
        limits: Limits,
        in_loop: InLoop | None = None,
        if_ready: IfReady = lambda _head: None,
    ) -> None:
        self.app, self.gate, self.pools, self.limits, self.in_loop = app, gate, pools, limits, in_loop
        self._if_ready = if_ready
        self.loop = asyncio.get_running_loop()
        self.connections = ConnectionTable(most=limits.connections)
        self.store = Store(limits)
        self.is_stopping = False

    def ready_answer(self, incoming: Incoming) -> Plain | None:
        """Return what a request can be answered with at once; None where somebody must look at it."""
        head = incoming.head
        if head is None or head.method != "GET" or not incoming.plan.is_polled:
            return None
        try:
            return self._if_ready(head)
        except Exception:  # noqa: BLE001 logged with its traceback; in a thread it is answered as what it is
            _log.exception("unforeseen")
            return None

    def waiting_beside(self, plan: Plan) -> int:
        """Return how many requests of the same way are under way or wait for a thread."""
        return self.in_loop.waiting if plan.is_in_loop and self.in_loop else self.pools.waiting(plan.pool)
