"""The transport to the carrier: sends a bounded request, returns the answer or raises."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from orchestrator.clock import Clock, boot_seconds
from orchestrator.errors import Misconfigured
from orchestrator.telnyx.rate_limits import RateLimit, read_rate_limit, read_retry_after
from orchestrator.web.egress import DIRECT, Egress
from orchestrator.web.kept_connection import BROKEN, Answered, KeptConnection

MAX_ANSWER_BYTES: Final = 1_000_000


class NotSent(Exception):
    """Raised when nothing was sent: connection refused, name not resolved, no handshake, timeout before."""


class Unanswered(Exception):
    """Raised when a request was sent and no complete answer came in time."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer, at most 1 MB of it; `retry_after_s` is the carrier's wish in seconds."""

    status: int
    body: bytes
    retry_after_s: float | None


class _Line:
    """One thread's connection."""

    __slots__ = ("_age_clock", "connection", "last_used", "pid")

    def __init__(self, connection: KeptConnection, age_clock: Callable[[], float]) -> None:
        self.connection = connection
        self._age_clock = age_clock
        self.last_used = age_clock()
        self.pid = os.getpid()

    def freshen(self, max_idle_s: float) -> None:
        """Drop a connection that was idle for so long that the other side may have closed it unseen."""
        now = self._age_clock()
        if now - self.last_used > max_idle_s:
            self.connection.close()
        self.last_used = now


class Wire:
    """Sends requests, each at most `whole_timeout_s` from the first look-up to the last byte; safe for many threads.

    `skew_s` is how far the carrier's clock is ahead of `clock` in seconds (to about one second, from its Date header),
    `rate_limit` the last x-ratelimit-* it sent; both None until an answer carried them.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: SecretStr,
        whole_timeout_s: float,
        connect_timeout_s: float,
        max_idle_s: float,
        clock: Clock,
        age_clock: Callable[[], float] = boot_seconds,
        egress: Egress = DIRECT,
    ) -> None:
        self.skew_s: float | None = None
        self.rate_limit: RateLimit | None = None
        self._base_url = base_url.rstrip("/")
        self._base_path = urlsplit(self._base_url).path
        self._connect_timeout_s = connect_timeout_s
        self._whole_timeout_s = whole_timeout_s
        self._max_idle_s = max_idle_s
        self._clock, self._age_clock = clock, age_clock
        self._egress = egress
        self._threads = threading.local()
        self._last_date = ""
        self._head = _head_of(base_url, api_key.get_secret_value())

    def exchange(self, method: str, path: str, *, body: bytes | None = None, send_before: float | None = None) -> Reply:
        """Return the answer to one request; raises NotSent or Unanswered, follows no redirect, repeats nothing sent.

        `send_before` is the moment of `boot_seconds` after which it is not sent any more.
        """
        line = self._line()
        line.freshen(self._max_idle_s)
        line.connection.budget.start(self._whole_timeout_s, send_before=send_before)
        try:
            answered = line.connection.exchange(method, self._request(method, path, body), most_bytes=MAX_ANSWER_BYTES)
        except BROKEN as err:
            reason = Unanswered if line.connection.budget.sent else NotSent
            raise reason(f"{type(err).__name__}: {err}"[:300]) from err
        return self._noted(answered)

    def close(self) -> None:
        """Close this thread's connection; those of other threads end with them."""
        if line := getattr(self._threads, "line", None):
            line.connection.close()

    def _line(self) -> _Line:
        line: _Line | None = getattr(self._threads, "line", None)
        # A forked child must not use the connection of its parent.
        if line is None or line.pid != os.getpid():
            line = self._threads.line = _Line(self._new_connection(), self._age_clock)
        return line

    def _new_connection(self) -> KeptConnection:
        return KeptConnection(
            self._base_url,
            connect_timeout_s=self._connect_timeout_s,
            whole_timeout_s=self._whole_timeout_s,
            egress=self._egress,
            age_clock=self._age_clock,
        )

    def _request(self, method: str, path: str, body: bytes | None) -> bytes:
        # In one piece, and written here: the carrier reads it at once, and all but the first line is always the same.
        line = f"{method} {self._base_path}{path} HTTP/1.1\r\n".encode("ascii")
        if body is None:
            return line + self._head + b"\r\n"
        of_body = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        return line + self._head + of_body + body

    def _noted(self, answered: Answered) -> Reply:
        headers, now = answered.headers, self._clock()
        self._note_clock(headers.get("date"), now)
        self.rate_limit = read_rate_limit(headers, now) or self.rate_limit
        return Reply(answered.status, answered.body, read_retry_after(headers, now))

    def _note_clock(self, date: str | None, now: datetime) -> None:
        # The header has whole seconds: just after it changed it is nearest to the truth.
        if not date or date == self._last_date:
            return
        self._last_date = date
        try:
            self.skew_s = (parsedate_to_datetime(date) - now).total_seconds()
        except (TypeError, ValueError):
            return


def _head_of(base_url: str, api_key: str) -> bytes:
    """Return the headers that every request has; raises Misconfigured for a key that none can hold."""
    if not (api_key.isascii() and api_key.isprintable()):
        raise Misconfigured("TELNYX_API_KEY holds characters that no API key has: copy it from the portal as it is")
    headers = {
        "Host": urlsplit(base_url).netloc.rpartition("@")[2],
        "Authorization": f"Bearer {api_key}",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Connection": "keep-alive",
        "User-Agent": "call-orchestrator",
    }
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("ascii")
