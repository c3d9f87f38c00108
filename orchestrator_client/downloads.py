"""Bodies that are read while they arrive: whole, or an exception, and never cut short without a word."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from anyio import to_thread

from orchestrator_client.requests import Request


class Download:
    """A body; iterating asks for it and yields it in pieces, and raises NotReached if it ends early."""

    def __init__(self, pieces: Callable[[Request], Iterator[bytes]], request: Request) -> None:
        self._pieces, self._request = pieces, request

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces(self._request)

    def read(self) -> bytes:
        """Return all of it."""
        return b"".join(self)

    def save(self, path: str | Path) -> None:
        """Write it to a file, which is there whole or not at all; a pipe is written to as it comes."""
        with _written(Path(path)) as file:
            for piece in self:
                file.write(piece)


class AsyncDownload:
    """A body; iterating asks for it and yields it in pieces, and raises NotReached if it ends early."""

    def __init__(self, pieces: Callable[[Request], AsyncIterator[bytes]], request: Request) -> None:
        self._pieces, self._request = pieces, request

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces(self._request)

    async def read(self) -> bytes:
        """Return all of it."""
        return b"".join([piece async for piece in self])

    async def save(self, path: str | Path) -> None:
        """Write it to a file, which is there whole or not at all; a pipe is written to as it comes."""
        with _written(Path(path)) as file:
            async for piece in self:
                await to_thread.run_sync(file.write, piece)


@contextmanager
def _written(path: Path) -> Iterator[IO[bytes]]:
    if path.exists() and not path.is_file():
        with path.open("wb") as pipe:
            yield pipe
        return
    draft = path.with_name(f".{path.name}.part")
    try:
        with draft.open("wb") as file:
            yield file
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
