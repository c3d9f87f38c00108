"""A Dialogflow agent on a leg: the sound goes to it instead of a websocket; what it says nobody hears here."""

from __future__ import annotations

from simulator.ids import fresh_uuid
from simulator.state.leg import Leg
from simulator.webhook_events import emit
from simulator.world import World

_CONNECTS_S = 0.5


class Dialogflow:
    """One agent on one leg, from the attempt to connect to its end."""

    def __init__(self, world: World, leg: Leg) -> None:
        self.id = fresh_uuid()
        self._world = world
        self._leg = leg
        self._is_connected = False

    def begin(self) -> None:
        """Start to connect; a webhook tells when that is done."""
        self._leg.media_output = self
        self._leg.timers.set("dialogflow", _CONNECTS_S, self._connect)

    def end(self) -> None:
        """Let the agent go, and tell of it."""
        if self._leg.media_output is not self:
            return
        self._leg.media_output = None
        self._leg.timers.cancel("dialogflow")
        if self._is_connected:
            emit(self._world, self._leg, "streaming.stopped")

    def press(self, digit: str) -> None:
        """Carry no keys: what an agent makes of them is not documented."""

    def _connect(self) -> None:
        self._is_connected = True
        emit(self._world, self._leg, "streaming.started")
