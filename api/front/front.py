"""What all connections of a process share."""

from __future__ import annotations

import asyncio

from api.front.body import Store
from api.front.crowd import Crowd
from api.front.gate import Gate
from api.front.lanes import Lanes
from api.front.limits import Limits
from api.front.wsgi import App


class Front:
    """The application with its gate, its threads and its bounds; belongs to the running loop."""

    def __init__(self, app: App, gate: Gate, *, lanes: Lanes, limits: Limits) -> None:
        self.app, self.gate, self.lanes, self.limits = app, gate, lanes, limits
        self.loop = asyncio.get_running_loop()
        self.crowd = Crowd(most=limits.connections)
        self.store = Store(limits)
        self.is_stopping = False
