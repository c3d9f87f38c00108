"""The bare media receiver: completes websocket handshakes and counts bytes, of TCP and of UDP; nothing else."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import socket
import sys

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class _Counts:
    tcp_bytes = 0
    packets = 0


class _Line(asyncio.Protocol):
    """One connection; what follows its handshake is only counted."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._is_open = False

    def data_received(self, data: bytes) -> None:
        if self._is_open:
            _Counts.tcp_bytes += len(data)
        elif data.startswith(b"GET /healthz"):
            body = json.dumps({"tcp_bytes": _Counts.tcp_bytes, "packets": _Counts.packets}).encode()
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
        else:
            self._is_open = True
            key = data.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
            accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())
            head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            self._transport.write(head + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")


class _Packets(asyncio.DatagramProtocol):
    def datagram_received(self, _data: bytes, _addr: object) -> None:
        _Counts.packets += 1


async def _serve(port: int, udp_port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Line, "127.0.0.1", port)
    packets = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024 * 1024)
    packets.bind(("127.0.0.1", udp_port))
    await loop.create_datagram_endpoint(_Packets, sock=packets)
    print("bare media listens", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
