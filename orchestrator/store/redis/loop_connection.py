"""A connection to Redis that belongs to an event loop: no thread is handed a command or waits for its answer.

Between a loop and a thread each command pays for two wake-ups, which cost more than the command itself, and so do the
coroutines of redis-py. It opens the connection here; what remains is to send bytes and to hand on answers in order.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

import hiredis
import redis
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from orchestrator.store.redis.pipeline import Command
from orchestrator.store.timeouts import CONNECT_S, REDIS_ANSWER_S

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5

Then = Callable[[Any], None]
_pack: Any = hiredis.pack_command


class LoopConnection(asyncio.Protocol):
    """Sends commands as they come and hands on their answers in the same order; connects with the first of them.

    Nothing is repeated: when the connection breaks, what had arrived may have been carried out.
    """

    def __init__(self, redis_url: str, *, answer_s: float = REDIS_ANSWER_S) -> None:
        self._pool: Any = ConnectionPool.from_url(
            redis_url,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=answer_s,
            socket_connect_timeout=CONNECT_S,
            socket_keepalive=True,
            protocol=2,
        )
        self._loop = asyncio.get_running_loop()
        self._answer_s = answer_s
        self._transport: asyncio.Transport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._unsent: list[bytes] = []
        self._asked: deque[tuple[float, Then]] = deque()
        self._is_watched = False

    @property
    def waiting(self) -> int:
        """Return how many commands have no answer yet."""
        return len(self._asked)

    def ask(self, command: Command, then: Then) -> None:
        """Send `command`; `then` gets its answer, which may be a ResponseError, or the ConnectionError in its place."""
        self._asked.append((self._loop.time(), then))
        if self._transport:
            self._transport.write(_pack(command))
        else:
            self._unsent.append(_pack(command))
            self._connecting = self._connecting or self._loop.create_task(self._connect())
        if not self._is_watched:
            self._look_later()

    def close(self) -> None:
        """Break it off; what has no answer yet gets none."""
        if self._connecting:
            self._connecting.cancel()
        if self._transport:
            self._transport.abort()

    # -- what the loop calls ---------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Hand on the answers that are whole."""
        self._reader.feed(data)
        while (answer := self._reader.gets()) is not False:
            _, then = self._asked.popleft()
            tell(then, answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell all who wait that there will be no answer; the next command connects again."""
        self._transport = None
        self._fail(
            redis.ConnectionError(f"the connection is lost: {exc}" if exc else "the server ended the connection")
        )

    # -- inside ----------------------------------------------------------------------------------------------------

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_S + self._answer_s):
                opened = await self._open()
        except Exception as err:  # noqa: BLE001 whatever it is, all who wait hear of it
            self._connecting = None  # before they do: who asks again at once begins a new attempt
            self._fail(redis.ConnectionError(str(err) or "no connection in time"))
        else:
            self._connecting = None
            self._take_over(opened)

    async def _open(self) -> Any:
        opened = self._pool.make_connection()
        try:
            await opened.connect()  # with all that the address asks for: a password, a number, TLS
        except BaseException:
            await opened.disconnect(nowait=True)
            raise
        return opened

    def _take_over(self, opened: Any) -> None:
        self._stream = opened._writer  # kept: a stream that is forgotten may close what it writes to
        opened._reader = opened._writer = None
        self._reader = hiredis.Reader(replyError=redis.ResponseError)
        transport: asyncio.Transport = self._stream.transport
        if transport.is_closing():  # nobody would tell us
            self._fail(redis.ConnectionError("the server ended the connection"))
            return
        transport.set_protocol(self)
        unsent, self._unsent = self._unsent, []
        transport.write(b"".join(unsent))
        self._transport = transport

    def _fail(self, err: redis.ConnectionError) -> None:
        asked, self._asked, self._unsent = self._asked, deque(), []
        for _, then in asked:
            tell(then, err)

    def _look(self) -> None:
        self._is_watched = False
        if self._asked and self._loop.time() - self._asked[0][0] > self._answer_s and self._transport:
            self._transport.abort()
        if self._asked:
            self._look_later()

    def _look_later(self) -> None:
        self._is_watched = True
        self._loop.call_later(_LOOK_EVERY_S, self._look)


def tell(then: Then, answer: Any) -> None:
    """Call `then` with `answer`; an error of its own is logged and reaches nobody else."""
    try:
        then(answer)
    except Exception:  # noqa: BLE001 logged; the answers behind it belong to others
        _log.exception("an answer of Redis was not taken")
