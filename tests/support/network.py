"""TCP proxies between a stack and what it talks to: each can delay, cut, half-close, swallow answers or fall silent."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import Any

_READ = 65536
_RESET = struct.pack("ii", 1, 0)  # linger for 0 s: a close that resets

Address = tuple[str, int] | str  # a host and port, or the path of a Unix socket


class NetworkFault(StrEnum):
    """What can be wrong with a link for a while."""

    DELAY = "delay"  # everything takes longer
    CUT = "cut"  # every connection is reset, and so is each new one
    HALF_CLOSE = "half-close"  # every connection that is open is ended in one direction alone
    SWALLOW = "swallow"  # requests arrive; no answer does, and in the end the connection is reset
    MUTE = "mute"  # connections are taken, and nothing passes; once it is over, all that was sent arrives, late


class Link:
    """The way to one server: what connects to `port` reaches what `target` says at that moment."""

    def __init__(self, target: Callable[[], Address], *, delay_s: float = 0.3) -> None:
        self.port = 0
        self._target, self._slow_s = target, delay_s
        self._delay_s = 0.0
        self._is_cut = False
        self._asks, self._answers = asyncio.Event(), asyncio.Event()
        self._open: dict[asyncio.StreamWriter, asyncio.StreamWriter] = {}  # towards the client: towards the server
        self._mend()

    async def serve(self) -> asyncio.Server:
        """Listen on a free port."""
        server = await asyncio.start_server(self._converse, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def break_by(self, fault: NetworkFault) -> None:
        """Begin this fault."""
        match fault:
            case NetworkFault.DELAY:
                self._delay_s = self._slow_s
            case NetworkFault.CUT:
                self._is_cut = True
                self._reset_all()
            case NetworkFault.HALF_CLOSE:
                for nth, pair in enumerate(self._open.items()):
                    with suppress(OSError):
                        pair[nth % 2].get_extra_info("socket").shutdown(socket.SHUT_WR)
            case NetworkFault.SWALLOW:
                self._answers.clear()
            case NetworkFault.MUTE:
                self._asks.clear()
                self._answers.clear()

    async def mend(self) -> None:
        """End whatever fault there is; a connection that missed answers is reset."""
        if self._asks.is_set() and not self._answers.is_set():
            self._reset_all()
        self._mend()

    def _mend(self) -> None:
        self._delay_s, self._is_cut = 0.0, False
        self._asks.set()
        self._answers.set()

    def _reset_all(self) -> None:
        for pair in list(self._open.items()):
            for each in pair:
                _reset(each)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._is_cut:
                raise ConnectionError
            server_reader, server = await _connect(self._target())
        except OSError:
            _reset(writer)
            return
        self._open[writer] = server
        try:
            # The network closes by a cancellation, which a server would report as the fault of its handler.
            with suppress(asyncio.CancelledError):
                await asyncio.gather(
                    self._pass(reader, server, self._asks), self._pass(server_reader, writer, self._answers)
                )
        finally:
            del self._open[writer]
            writer.close()
            server.close()

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, gate: asyncio.Event) -> None:
        """Hand on what comes, and its end: the end of a side travels as slowly as its words."""
        try:
            while True:
                data = await source.read(_READ)
                await asyncio.sleep(self._delay_s)
                await gate.wait()
                if not data:
                    break
                sink.write(data)
                await sink.drain()
            sink.write_eof()
        except OSError:
            await gate.wait()
            _reset(sink)


class Network:
    """Links by name, each with a port of its own; faults begin and end from any thread."""

    def __init__(self, targets: dict[str, Callable[[], Address]]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._links = {name: Link(target) for name, target in targets.items()}
        self._servers = [self._run(link.serve()) for link in self._links.values()]

    def port(self, name: str) -> int:
        """Return the port that leads to this server."""
        return self._links[name].port

    @contextmanager
    def broken(self, name: str, fault: NetworkFault) -> Iterator[None]:
        """Let a link have this fault until the block ends."""
        link = self._links[name]
        self._run(link.break_by(fault))
        try:
            yield
        finally:
            self._run(link.mend())

    def close(self) -> None:
        """Take no more connections and end the rest."""
        for server in self._servers:
            self._loop.call_soon_threadsafe(server.close)
        self._run(_end_all(self._loop))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


@contextmanager
def network(targets: dict[str, Callable[[], Address]]) -> Iterator[Network]:
    """Yield a network with a link to each of these servers."""
    made = Network(targets)
    try:
        yield made
    finally:
        made.close()


async def _connect(to: Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(to, str):
        return await asyncio.open_unix_connection(to)
    return await asyncio.open_connection(*to)


async def _end_all(loop: asyncio.AbstractEventLoop) -> None:
    ours = asyncio.all_tasks(loop) - {asyncio.current_task()}
    for task in ours:
        task.cancel()
    await asyncio.gather(*ours, return_exceptions=True)


def _reset(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
