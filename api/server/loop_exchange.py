"""A whole request that is answered in the loop itself: no thread is handed anything."""

from __future__ import annotations

from api.server.exchange import ClientConnection
from api.server.incoming_request import Incoming
from api.server.plain import Plain
from api.server.request_log import HEADER, RequestLog, asked_id
from api.server.shared import ServerState


class LoopExchange:
    """One such request and its answer, which is one piece."""

    waits_for_reader = False

    def __init__(self, state: ServerState, incoming: Incoming, connection: ClientConnection) -> None:
        self._state, self._incoming, self._connection = state, incoming, connection
        self._log = RequestLog(incoming)
        self._ready = state.ready_answer(incoming)

    @property
    def is_ready(self) -> bool:
        """Say whether the answer lies ready."""
        return self._ready is not None

    def begin(self) -> None:
        """Send what is ready, or have it worked on."""
        if self._ready:
            self._answered(self._ready)
            return
        incoming, in_loop = self._incoming, self._state.in_loop
        assert incoming.head is not None and in_loop is not None
        in_loop.answer(incoming.head, incoming.body.in_memory(), self._answered)

    def go_on(self) -> None:
        """Do nothing: all of the answer was sent at once."""

    def give_up(self) -> None:
        """Do nothing: what was begun is finished, and nobody hears of it."""

    def _answered(self, answer: Plain) -> None:
        incoming, connection = self._incoming, self._connection
        incoming.body.drop()
        self._log.answered(answer.status)
        if connection.is_gone:
            return
        assert incoming.head is not None
        keeps_alive = incoming.head.keeps_alive and not connection.is_last and not self._state.is_stopping
        # A webhook is told its id only if it brought one: so the bytes of most answers are the same.
        said_id = self._log.request_id if self._ready else asked_id(incoming)
        named = answer._replace(headers=(*answer.headers, (HEADER, said_id))) if said_id else answer
        connection.send(named.on_the_wire(keeps_alive=keeps_alive))
        connection.answered(keeps_alive=keeps_alive)
