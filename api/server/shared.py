"""What all connections of a process share."""

from __future__ import annotations

import asyncio

from api.server.admission import Gate
from api.server.body import Store
from api.server.connections import ConnectionTable
from api.server.limits import Limits
from api.server.thread_pools import ThreadPools
from api.server.wsgi import App


class ServerState:
    """The application with its admission rules, threads and bounds; belongs to the running loop."""

    def __init__(self, app: App, gate: Gate, *, pools: ThreadPools, limits: Limits) -> None:
        self.app, self.gate, self.pools, self.limits = app, gate, pools, limits
        self.loop = asyncio.get_running_loop()
        self.connections = ConnectionTable(most=limits.connections)
        self.store = Store(limits)
        self.is_stopping = False
