"""What the server serves: an application, what decides on the heads of its requests, and its bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from api.server.admission import Gate
from api.server.in_loop import IfReady, InLoop
from api.server.limits import Limits
from api.server.wsgi import App


class Service(NamedTuple):
    """An application that can be served; `in_loop` is called in the loop and makes what answers there.

    `begin` is called in the process that serves, and returns what ends what it began. Of what is polled, `if_ready`
    answers what needs no thread.
    """

    app: App
    gate: Gate
    limits: Limits
    in_loop: Callable[[], InLoop]
    begin: Callable[[], Callable[[], None]] = lambda: lambda: None
    if_ready: IfReady = lambda _head: None
