"""What all connections of a process share."""

from __future__ import annotations

import asyncio

from api.server.admission import Gate, Plan
from api.server.body import Store
from api.server.connections import ConnectionTable
from api.server.in_loop import InLoop
from api.server.limits import Limits
from api.server.thread_pools import ThreadPools
from api.server.wsgi import App


class ServerState:
    """The application with its admission rules, threads and bounds; belongs to the running loop."""

    def __init__(
        self, app: App, gate: Gate, *, pools: ThreadPools, limits: Limits, in_loop: InLoop | None = None
    ) -> None:
        self.app, self.gate, self.pools, self.limits, self.in_loop = app, gate, pools, limits, in_loop
        self.loop = asyncio.get_running_loop()
        self.connections = ConnectionTable(most=limits.connections)
        self.store = Store(limits)
        self.is_stopping = False

    def waiting_beside(self, plan: Plan) -> int:
        """Return how many requests of the same way are under way or wait for a thread."""
        return self.in_loop.waiting if plan.is_in_loop and self.in_loop else self.pools.waiting(plan.pool)
