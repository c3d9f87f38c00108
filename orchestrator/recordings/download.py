"""Downloads one link to a file, with limits of time and size, from admitted addresses only."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from orchestrator.clock import boot_seconds
from orchestrator.errors import StoreUnavailable
from orchestrator.recordings.gzip_stream import decompressed
from orchestrator.web.bounded_http import Budget
from orchestrator.web.egress import DIRECT, Egress
from orchestrator.web.http_request import UNANSWERED, resolve_host, send_admitted
from orchestrator.web.ssrf_guard import Admitted, Refused, Resolve, admit

_CHUNK: Final = 65_536
_OK: Final = 200


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Limits of a download: total seconds, seconds without a byte, bytes.

    A download below `least_per_s` bytes per second gets `slow_s` seconds at its first try.
    """

    whole_s: float = 75.0
    idle_s: float = 5.0
    slow_s: float = 10.0
    least_per_s: float = 32_000.0
    max_bytes: int = 200_000_000

    def slow_limit_s(self, tries: int) -> float:
        """Return the seconds a slow download gets, doubled with each try, so that a slow line succeeds too."""
        return min(self.whole_s, self.slow_s * 2.0 ** min(tries - 1, 10))


@dataclass(frozen=True)
class Downloaded:
    """Size and hash of the downloaded file."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class NotDownloaded:
    """Why there is no file; `is_final` says that another try cannot help."""

    code: str
    detail: str
    is_final: bool = False


class _DownloadBudget(Budget):
    """The time budget of one download; a single wait gets at most `idle_s`, and a stop ends it."""

    __slots__ = ("_began_at", "_bounds", "_is_stopped", "_slow_s")

    def __init__(self, bounds: Bounds, is_stopped: Callable[[], bool], *, tries: int) -> None:
        super().__init__()
        self._bounds = bounds
        self._is_stopped = is_stopped
        self._slow_s = bounds.slow_limit_s(tries)
        self._began_at = boot_seconds()
        self.start(bounds.whole_s)

    def left(self) -> float:
        """Return the seconds the next bytes may take, at most 0.0 when the time is over."""
        is_over = self._is_stopped() or self.is_too_slow()
        return 0.0 if is_over else min(self._bounds.idle_s, super().left())

    def is_too_slow(self) -> bool:
        """Return whether the download is too slow, while time is left that others can use."""
        passed_s = boot_seconds() - self._began_at
        is_time = self._slow_s <= passed_s < self._bounds.whole_s
        return is_time and self.received < passed_s * self._bounds.least_per_s


class Downloader:
    """Downloads links within `bounds`; `trusted` are the hosts that may lie in a private network."""

    def __init__(
        self, *, bounds: Bounds, trusted: Collection[str], resolve: Resolve = resolve_host, egress: Egress = DIRECT
    ) -> None:
        self._bounds = bounds
        self._trusted = trusted
        self._resolve = resolve
        self._egress = egress

    def download(
        self, url: str, into: Path, *, tries: int = 1, is_stopped: Callable[[], bool] = lambda: False
    ) -> Downloaded | NotDownloaded:
        """Download `url` to a new file; `tries` includes this one, `is_stopped` is called at every wait.

        Raises StoreUnavailable when the file cannot be written.
        """
        timeouts = _DownloadBudget(self._bounds, is_stopped, tries=tries)
        try:
            admitted = admit(url, trusted=self._trusted, resolve=self._resolve, egress=self._egress)
            if isinstance(admitted, Refused):
                return NotDownloaded(admitted.code, admitted.detail, is_final=True)
            return self._receive(admitted, into, timeouts)
        except UNANSWERED as err:
            if is_stopped():
                return NotDownloaded("interrupted", "the process was asked to end")
            if timeouts.is_too_slow():
                return NotDownloaded("too_slow", f"{timeouts.received} bytes in all ({_host(url)})")
            return NotDownloaded("unreachable", f"{type(err).__name__} ({_host(url)})")

    def _receive(self, admitted: Admitted, into: Path, timeouts: _DownloadBudget) -> Downloaded | NotDownloaded:
        with send_admitted(admitted, budget=timeouts, egress=self._egress) as response:
            if 300 <= response.status < 400:
                return NotDownloaded("redirected", "the link leads on to another address", is_final=True)
            if response.status != _OK:
                return NotDownloaded(f"status_{response.status}", f"{admitted.host} answered {response.status}")
            if _length(response.headers.get("Content-Length")) > self._bounds.max_bytes:
                return self._too_large()
            return self._write(decompressed(response.stream(_CHUNK, decode_content=False)), into)

    def _write(self, pieces: Iterator[bytes], into: Path) -> Downloaded | NotDownloaded:
        digest, size = sha256(), 0
        with _open_draft(into) as write:
            for piece in pieces:
                size += len(piece)
                if size > self._bounds.max_bytes:
                    return self._too_large()
                digest.update(piece)
                write(piece)
        if not size:
            return NotDownloaded("empty", "the link leads to an empty file")
        return Downloaded(size, digest.hexdigest())

    def _too_large(self) -> NotDownloaded:
        most = f"{self._bounds.max_bytes / 1_000_000:g} MB"
        return NotDownloaded("too_large", f"larger than ORCHESTRATOR_RECORDING_MAX_MB ({most})", is_final=True)


@contextmanager
def _open_draft(path: Path) -> Iterator[Callable[[bytes], object]]:
    """Yield a function that writes to a new file; its failures are distinct from those of the network."""
    with _writing():
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("wb")

    def write(piece: bytes) -> None:
        with _writing():
            file.write(piece)

    try:
        yield write
    finally:
        with _writing():
            file.close()


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as err:
        raise StoreUnavailable(f"the folder of recordings ({err.strerror})") from err


def _length(header: str | None) -> int:
    return int(header) if header and header.isdecimal() else 0


def _host(url: str) -> str:
    # The rest of a link is a key to the recording: it stays out of logs and answers.
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2][:200]
