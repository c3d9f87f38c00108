"""One connection: what goes on there, whom we wait for, and for how long."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from enum import Enum, auto
from typing import Any, cast

from api.http.responses import Refusal
from api.server.error_responses import CROWDED, NO_ROOM, TOO_SLOW, written
from api.server.exchange import Exchange
from api.server.incoming_request import Incoming
from api.server.loop_exchange import LoopExchange
from api.server.request_log import HEADER, RequestLog
from api.server.response_head import CONTINUE, head_bytes
from api.server.shared import ServerState
from api.server.spill_to_disk import spill

_LINGER_S = 2.0
_WRITE_BUFFER = 256 * 1024


class Phase(Enum):
    """What goes on."""

    IDLE = auto()  # between two requests
    HEAD = auto()
    BODY = auto()
    SPILLING = auto()  # a body, to disk
    WORKING = auto()
    LEAVING = auto()  # the last answer is sent; it may have to be read still


_ARRIVING = (Phase.HEAD, Phase.BODY)


class Connection(asyncio.Protocol):
    """Takes one request after the other, each whole before anybody works on it."""

    def __init__(self, state: ServerState) -> None:
        self._state = state
        self._incoming = Incoming(state.gate, state.store)
        self._exchange: Exchange | LoopExchange | None = None
        self._ahead = b""
        self._sent = 0
        self.is_gone = self.is_choked = self.is_last = self._resets = False

    # -- what the loop calls ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Find a place for it."""
        self._transport = transport = cast("asyncio.Transport", transport)  # uvloop's own do not inherit from it
        transport.set_write_buffer_limits(high=_WRITE_BUFFER)
        self._enter(Phase.HEAD)
        if not self._state.connections.admit(self):
            self._refuse(CROWDED)
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Take bytes in: of this request, or of the next one, which waits."""
        if self._phase is Phase.LEAVING:
            return
        if self._phase in (Phase.WORKING, Phase.SPILLING) or self.is_choked:
            self._ahead += data
            self._transport.pause_reading()
        else:
            self._read(data)

    def eof_received(self) -> bool:
        """Refuse what is not whole; who has sent all of it may still be answered."""
        self.is_last = True
        if self._phase in _ARRIVING and self._incoming.has_begun:
            self._incoming.break_off()
            self._go_on()
        return self._phase is Phase.WORKING

    def connection_lost(self, _exc: Exception | None) -> None:
        """Give back what it held; a request that is not whole is never worked on."""
        self.is_gone = True
        self._state.connections.leave(self)
        if self._phase in _ARRIVING:
            self._incoming.body.drop()
        elif self._exchange:
            self._exchange.give_up()

    def pause_writing(self) -> None:
        """Have no more answered until the client has read some of it: neither of this answer, nor what it asks next."""
        self.is_choked = True

    def resume_writing(self) -> None:
        """Go on with the answer, or with what was asked next."""
        self.is_choked = False
        if self._exchange:
            self._exchange.go_on()
        elif self._phase in (Phase.IDLE, *_ARRIVING):
            self._read_on()

    @property
    def unread_bytes(self) -> int:
        """Return how much of what was sent the client has not taken yet, as far as it waits here."""
        return self._transport.get_write_buffer_size()

    # -- what the table calls --------------------------------------------------------------------------------------

    @property
    def waits_since(self) -> float:
        """Return since when we wait for the other side, leaving out the time that its bytes have bought."""
        return self._since + self._moved_bytes() / self._state.limits.bytes_per_s

    @property
    def is_waiting_for_peer(self) -> bool:
        """Say whether nothing goes on but that we wait for the other side."""
        if self._phase is Phase.WORKING:
            return self._exchange is not None and self._exchange.waits_for_reader
        return self._phase is not Phase.SPILLING

    @property
    def holds_memory(self) -> bool:
        """Say whether a body that still arrives is kept for it."""
        return self._phase is Phase.BODY and self._incoming.body.size > 0

    def look_at_clock(self, now: float) -> None:
        """End it if its time is over."""
        if self.is_waiting_for_peer and self._is_overdue(now - self._since):
            self.evict(TOO_SLOW)

    def evict(self, refusal: Refusal) -> None:
        """End it now, with an answer if a request had begun to come."""
        if self._phase in _ARRIVING and self._incoming.has_begun:
            self._refuse(refusal)
            self._transport.close()
            self._state.loop.call_later(_LINGER_S, self._transport.abort)  # who never reads would never be gone
        else:
            self._transport.abort()

    def stop(self) -> None:
        """End it unless something is under way."""
        if self._phase is Phase.IDLE or (self._phase is Phase.HEAD and not self._incoming.has_begun):
            self._transport.close()

    def _is_overdue(self, took_s: float) -> bool:
        limits, moved, unread = self._state.limits, self._moved_bytes(), self.unread_bytes
        match self._phase:
            case Phase.HEAD:
                return took_s > limits.head_s
            case Phase.BODY:
                is_slow = not limits.has_time(took_s, moved, first_s=limits.body_s)
                return is_slow or took_s > limits.body_total_s
            case Phase.WORKING:
                return not limits.has_time(took_s, moved, first_s=limits.answer_s)
            case Phase.LEAVING if not unread:
                return took_s > _LINGER_S
            case Phase.IDLE if not unread:
                return took_s > limits.idle_s
            case _:
                return took_s > limits.answer_s

    def _moved_bytes(self) -> int:
        if self._phase is Phase.WORKING:
            return self._sent - self.unread_bytes
        return self._incoming.body.size if self._phase is Phase.BODY else 0

    # -- what an exchange calls ------------------------------------------------------------------------------------

    def info(self, name: str) -> Any:
        """Return what the transport knows under `name`."""
        return self._transport.get_extra_info(name)

    def send(self, data: bytes) -> None:
        """Send bytes."""
        if not self._sent:
            self._enter(Phase.WORKING)  # from here on it is the client's time
        self._sent += len(data)
        self._transport.write(data)

    def reset_unless_finished(self) -> None:
        """Let whatever ends the connection before the answer's end, even our own death, break it off visibly."""
        self._resets = True
        _set_reset(self._transport, on=True)

    def abort(self) -> None:
        """Break the connection off."""
        self._transport.abort()

    def answered(self, *, keeps_alive: bool) -> None:
        """Wait for the next request, or go."""
        self._exchange = None
        if not keeps_alive or self.is_last or self._state.is_stopping:
            self._leave()
            return
        self._enter(Phase.IDLE)
        self._incoming = Incoming(self._state.gate, self._state.store)
        self._sent = 0
        if not self.is_choked:
            self._read_on()

    # -- the way in ------------------------------------------------------------------------------------------------

    def _enter(self, phase: Phase) -> None:
        self._phase, self._since = phase, self._state.loop.time()

    def _read_on(self) -> None:
        ahead, self._ahead = self._ahead, b""
        self._resume()
        if ahead:
            self._read(ahead)

    def _read(self, data: bytes) -> None:
        if self._phase is Phase.IDLE:
            self._enter(Phase.HEAD)
        self._incoming.feed(data)
        self._go_on()

    def _go_on(self) -> None:
        incoming = self._incoming
        if incoming.refusal:
            self._refuse(incoming.refusal)
        elif incoming.is_whole:
            self._answer(incoming)
        elif incoming.head:
            self._await_body(is_new=self._phase is Phase.HEAD)

    def _answer(self, incoming: Incoming) -> None:
        """Have it answered in the loop, or in a thread if not too many wait for one."""
        state, plan = self._state, incoming.plan
        in_loop = LoopExchange(state, incoming, self) if plan.is_in_loop or plan.is_polled else None
        if not (in_loop and in_loop.is_ready) and state.waiting_beside(plan) >= state.limits.waiting:
            self._refuse(CROWDED)
            return
        self._enter(Phase.WORKING)
        self.is_last = self.is_last or incoming.is_followed
        is_for_loop = in_loop and (plan.is_in_loop or in_loop.is_ready)
        self._exchange = in_loop if in_loop and is_for_loop else Exchange(state, incoming, self)
        self._exchange.begin()

    def _await_body(self, *, is_new: bool) -> None:
        if is_new:
            self._enter(Phase.BODY)
            if self._incoming.is_waited_for:
                self._transport.write(CONTINUE)
        if self._incoming.body.wants_disk:
            self._spill()
        elif self._state.store.is_over_memory:
            self._state.connections.free_memory()

    def _spill(self) -> None:
        if not self._state.store.has_room_for(self._incoming.still_to_keep):
            self._refuse(NO_ROOM)
            return
        self._phase = Phase.SPILLING  # and the client's time goes on
        self._transport.pause_reading()
        spill(self._state, self._incoming.body, self._spilled)

    def _spilled(self, is_kept: bool) -> None:
        self._phase = Phase.BODY
        self._incoming.body.written_down()
        if self.is_gone:
            self._incoming.body.drop()
        elif is_kept:
            self._read_on()
        else:
            self._refuse(NO_ROOM)

    def _refuse(self, refusal: Refusal) -> None:
        plain, head, log = written(refusal), self._incoming.head, RequestLog(self._incoming)
        log.answered(plain.status)
        headers = (*plain.headers, (HEADER, log.request_id))
        body = b"" if head and head.method == "HEAD" else plain.body
        self._incoming.body.drop()
        self._transport.write(head_bytes(plain.status, headers, framing="Connection: close\r\n") + body)
        self._leave()

    # -- the way out -----------------------------------------------------------------------------------------------

    def _leave(self) -> None:
        """Send the end; what the client is still sending is thrown away for a while, lest it miss the answer."""
        self._enter(Phase.LEAVING)
        if self._resets:
            _set_reset(self._transport, on=False)
        if (self.is_last and not self._incoming.is_followed) or self._transport.is_closing():
            self._transport.close()
        else:
            self._transport.write_eof()
            self._resume()

    def _resume(self) -> None:
        if not self._transport.is_closing():  # uvloop raises where it is
            self._transport.resume_reading()


def _set_reset(transport: asyncio.Transport, *, on: bool) -> None:
    with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", on, 0))
