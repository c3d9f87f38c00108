"""Clients nobody wants, in a process of their own: `python -m benchmarks.hostile slow|forged PORT`."""

from __future__ import annotations

import asyncio
import sys
import time
from base64 import b64encode
from contextlib import suppress

from benchmarks.webhooks import webhook

SLOW, FORGED_PER_S = 200, 500
_LINES = 20
_EVERY_S = 2.0


async def slow(port: int) -> None:
    """Keep so many connections open, each with a webhook that comes one byte every two seconds."""
    await asyncio.gather(*(_drip(port) for _ in range(SLOW)))


async def forged(port: int) -> None:
    """Send so many webhooks a second with everything but the carrier's key."""
    await asyncio.gather(*(_forge(port, number) for number in range(_LINES)))


async def _drip(port: int) -> None:
    while True:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(_head(1_000))
            while not reader.at_eof():
                writer.write(b"{")
                await writer.drain()
                with suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(1_000), _EVERY_S)
            writer.close()


async def _forge(port: int, number: int) -> None:
    body = webhook(f"call_{number:026d}", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    due = time.perf_counter() + number / FORGED_PER_S
    while True:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        due += _LINES / FORGED_PER_S
        writer.write(_head(len(body)) + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 503 "), answer  # it may be signed with a newer key
        length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)


def _head(length: int) -> bytes:
    signature = b64encode(bytes(64)).decode()
    lines = f"telnyx-timestamp: {int(time.time())}\r\ntelnyx-signature-ed25519: {signature}\r\n"
    return f"POST /webhooks/telnyx HTTP/1.1\r\nhost: x\r\n{lines}content-length: {length}\r\n\r\n".encode()


if __name__ == "__main__":
    asyncio.run({"slow": slow, "forged": forged}[sys.argv[1]](int(sys.argv[2])))
