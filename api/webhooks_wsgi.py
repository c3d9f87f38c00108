"""The WSGI entry of the webhook door: a process of its own, so that no slow upload ever delays an event (R24)."""

from __future__ import annotations

from api.app import create_door
from orchestrator.wiring import open_house

app = create_door(open_house())
