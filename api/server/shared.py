"""What all connections of a process share."""

from __future__ import annotations

import asyncio

from api.server.admission import Gate
from api.server.body import Store
from api.server.connections import Crowd
from api.server.limits import Limits
from api.server.thread_pools import Lanes
from api.server.wsgi import App


class Front:
    """The application with its gate, its threads and its bounds; belongs to the running loop."""

    def __init__(self, app: App, gate: Gate, *, lanes: Lanes, limits: Limits) -> None:
        self.app, self.gate, self.lanes, self.limits = app, gate, lanes, limits
        self.loop = asyncio.get_running_loop()
        self.crowd = Crowd(most=limits.connections)
        self.store = Store(limits)
        self.is_stopping = False
