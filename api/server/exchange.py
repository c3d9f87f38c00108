"""A whole request and its answer: worked on in a thread, answered piece by piece as the client reads."""

from __future__ import annotations

import logging
from typing import Any, Protocol

from api.http.responses import Refusal
from api.server.error_responses import INTERNAL, NO_ROOM, written
from api.server.incoming_request import Incoming
from api.server.outgoing_response import Outgoing
from api.server.request_log import HEADER, RequestLog
from api.server.shared import ServerState
from api.server.thread_pools import ThreadPool
from api.server.wsgi import Answer, call, environ_of
from orchestrator.logs import request_id

_log = logging.getLogger(__name__)


class ClientConnection(Protocol):
    """The connection, as an exchange sees it."""

    is_gone: bool
    is_choked: bool
    is_last: bool

    def info(self, name: str) -> Any:
        """Return what the transport knows under `name`."""

    def send(self, data: bytes) -> None:
        """Send bytes."""

    def reset_unless_finished(self) -> None:
        """Let an answer that only the end of the connection ends never end in order before it is whole."""

    def abort(self) -> None:
        """Break the connection off, so that no client takes what it has for the whole."""

    def answered(self, *, keeps_alive: bool) -> None:
        """Take notice that the answer was sent to its end."""


class Exchange:
    """Holds a thread only while the application works, or makes the next piece of its answer."""

    def __init__(self, state: ServerState, incoming: Incoming, connection: ClientConnection) -> None:
        self._state, self._connection, self._incoming = state, connection, incoming
        assert incoming.head is not None
        self._head = incoming.head
        self._answer = Answer()
        self._outgoing: Outgoing | None = None
        self._in_thread = True
        self._log = RequestLog(incoming)

    def begin(self) -> None:
        """Have a thread work on it."""
        self._state.pools.put(self._incoming.plan.pool, self._work)

    @property
    def waits_for_reader(self) -> bool:
        """Say whether the rest of the answer waits until the client has read what was sent."""
        return not self._in_thread

    def go_on(self) -> None:
        """Have the next piece made, if the client reads; called when it has read, too."""
        if not self._in_thread and not self._connection.is_choked:
            self._in_thread = True
            self._state.pools.put(ThreadPool.PIECES, self._make_more)

    def give_up(self) -> None:
        """End it because the client is gone."""
        if not self._in_thread:
            self._in_thread = True
            self._state.pools.put(ThreadPool.PIECES, self._end)

    # -- in a thread -----------------------------------------------------------------------------------------------

    def _work(self) -> None:
        if not self._connection.is_gone:  # who left while it waited has asked for nothing
            with request_id(self._log.request_id):
                self._answer = self._call()
            self._answer.headers.append((HEADER, self._log.request_id))
        self._incoming.body.close()
        self._state.loop.call_soon_threadsafe(self._begin)

    def _call(self) -> Answer:
        body, connection = self._incoming.body, self._connection
        peer, here = connection.info("peername"), connection.info("sockname")
        try:
            opened = body.opened()
        except OSError:
            _log.exception("an upload cannot be kept")
            return _plain(NO_ROOM)
        try:
            return call(self._state.app, environ_of(self._head, opened, length=body.size, peer=peer, here=here))
        except Exception:  # noqa: BLE001 logged with its traceback, and the client gets a 500
            _log.exception("unforeseen")
            return _plain(INTERNAL)

    def _make_more(self) -> None:
        try:
            piece = self._answer.next_bytes()
        except Exception:  # noqa: BLE001 logged with its traceback, and the connection breaks off
            _log.exception("an answer breaks off")
            self._end()
            self._state.loop.call_soon_threadsafe(self._connection.abort)
        else:
            self._state.loop.call_soon_threadsafe(self._send_more, piece)

    def _end(self) -> None:
        self._answer.end()

    # -- in the loop -----------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._in_thread = False
        self._incoming.body.drop()
        if self._connection.is_gone:
            self.give_up()
            return
        keeps_alive = self._head.keeps_alive and not self._connection.is_last and not self._state.is_stopping
        try:
            self._outgoing = Outgoing(self._answer, self._head, keeps_alive=keeps_alive)
            first = self._outgoing.first()
        except ValueError:
            _log.exception("an answer without status, or with a header that nobody can send")
            self._connection.abort()
            return
        self._log.answered(self._answer.status)
        if self._outgoing.is_ended_by_connection:
            self._connection.reset_unless_finished()
        self._sent(first)

    def _send_more(self, piece: bytes) -> None:
        self._in_thread = False
        assert self._outgoing is not None
        if self._connection.is_gone:
            self.give_up()
        else:
            self._sent(self._outgoing.next(piece))

    def _sent(self, data: bytes) -> None:
        assert self._outgoing is not None
        self._connection.send(data)
        if not self._outgoing.is_over:
            self.go_on()
        elif self._outgoing.is_short:
            self._connection.abort()
        else:
            if self._answer.more is not None:  # a HEAD: its body is not asked for
                self.give_up()
            self._connection.answered(keeps_alive=self._outgoing.keeps_alive)


def _plain(refusal: Refusal) -> Answer:
    plain = written(refusal)
    return Answer(plain.status, list(plain.headers), plain.body)
