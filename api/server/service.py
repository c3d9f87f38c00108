"""What the server serves: an application, what decides on the heads of its requests, and its bounds."""

from __future__ import annotations

from typing import NamedTuple

from api.server.admission import Gate
from api.server.limits import Limits
from api.server.wsgi import App


class Service(NamedTuple):
    """An application that can be served."""

    app: App
    gate: Gate
    limits: Limits
