"""A Dialogflow agent on a leg, in place of a websocket; its replies are not simulated."""

from __future__ import annotations

from simulator.ids import fresh_uuid
from simulator.state.leg import Leg
from simulator.webhook_events import emit
from simulator.world import World

_CONNECTS_S = 0.5


class Dialogflow:
    """One agent on one leg, from connecting to its end."""

    def __init__(self, world: World, leg: Leg) -> None:
        self.id = fresh_uuid()
        self._world = world
        self._leg = leg
        self._is_connected = False

    def begin(self) -> None:
        """Start connecting; `streaming.started` follows."""
        self._leg.media_output = self
        self._leg.timers.set("dialogflow", _CONNECTS_S, self._connect)

    def end(self) -> None:
        """Disconnect the agent and send `streaming.stopped`."""
        if self._leg.media_output is not self:
            return
        self._leg.media_output = None
        self._leg.timers.cancel("dialogflow")
        if self._is_connected:
            emit(self._world, self._leg, "streaming.stopped")

    def press(self, digit: str) -> None:
        """Do nothing: how agents get DTMF is not documented."""

    def _connect(self) -> None:
        self._is_connected = True
        emit(self._world, self._leg, "streaming.started")
