"""The WSGI entry of the REST process: everything, the webhook door included, so that one tunnel is enough."""

from __future__ import annotations

from api.app import create_app
from orchestrator.wiring import open_house

app = create_app(open_house())
