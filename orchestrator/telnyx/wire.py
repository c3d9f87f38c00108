"""The transport to the carrier: sends a bounded request, returns the answer or raises."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

import requests
from pydantic import SecretStr
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from orchestrator.clock import Clock, boot_seconds
from orchestrator.telnyx.rate_limits import RateLimit, read_rate_limit, read_retry_after
from orchestrator.web.bounded_http import BoundedAdapter
from orchestrator.web.egress import DIRECT, Egress

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


class _Session(requests.Session):
    """A session for which no answer is a redirect: even one it may not follow, requests would read and prepare."""

    def get_redirect_target(self, _resp: requests.Response) -> None:
        """Return that there is none."""


class _Line:
    """One thread's session and its one connection."""

    __slots__ = ("adapter", "last_used", "pid", "session")

    def __init__(self, headers: Mapping[str, str], egress: Egress) -> None:
        self.adapter = BoundedAdapter(egress)
        self.session = _Session()
        self.session.trust_env = False  # no .netrc, no proxies of the environment
        self.session.headers.clear()
        self.session.headers.update(headers)
        self.session.mount("https://", self.adapter)
        self.session.mount("http://", self.adapter)
        self.last_used = boot_seconds()
        self.pid = os.getpid()

    def freshen(self, max_idle_s: float) -> None:
        """Drop a connection that was idle for so long that the other side may have closed it unseen."""
        now = boot_seconds()
        if now - self.last_used > max_idle_s:
            self.adapter.close()
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
        egress: Egress = DIRECT,
    ) -> None:
        self.skew_s: float | None = None
        self.rate_limit: RateLimit | None = None
        self._base_url = base_url.rstrip("/")
        self._timeout = (connect_timeout_s, whole_timeout_s)
        self._whole_timeout_s = whole_timeout_s
        self._max_idle_s = max_idle_s
        self._clock = clock
        self._egress = egress
        self._threads = threading.local()
        self._last_date = ""
        self._headers = {
            "Authorization": f"Bearer {api_key.get_secret_value()}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "keep-alive",
            "User-Agent": "call-orchestrator",
        }

    def exchange(self, method: str, path: str, *, body: bytes | None = None, send_before: float | None = None) -> Reply:
        """Return the answer to one request; raises NotSent or Unanswered, follows no redirect, repeats nothing sent.

        `send_before` is the moment of `boot_seconds` after which it is not sent any more.
        """
        line = self._line()
        line.freshen(self._max_idle_s)
        line.adapter.budget.start(self._whole_timeout_s, send_before=send_before)
        request = self._request(method, path, body)
        try:
            with line.session.send(request, stream=True, allow_redirects=False, timeout=self._timeout) as response:
                return self._read(response)
        except (requests.RequestException, HTTPError, OSError) as err:
            reason = Unanswered if line.adapter.budget.sent else NotSent
            raise reason(_tell(err)) from err

    def close(self) -> None:
        """Close this thread's connection; those of other threads end with them."""
        if line := getattr(self._threads, "line", None):
            line.session.close()

    def _line(self) -> _Line:
        line: _Line | None = getattr(self._threads, "line", None)
        # A forked child must not use the connection of its parent.
        if line is None or line.pid != os.getpid():
            line = self._threads.line = _Line(self._headers, self._egress)
        return line

    def _request(self, method: str, path: str, body: bytes | None) -> requests.PreparedRequest:
        # Prepared by hand: requests would parse, quote and merge again what is constant, a third of a command's cost.
        request = requests.PreparedRequest()
        request.method, request.url, request.body = method, self._base_url + path, body
        request.headers = CaseInsensitiveDict(self._headers)
        if body is not None:
            request.headers["Content-Type"] = "application/json"
            request.headers["Content-Length"] = str(len(body))
        return request

    def _read(self, response: requests.Response) -> Reply:
        body = response.raw.read(MAX_ANSWER_BYTES + 1, decode_content=True)
        if len(body) > MAX_ANSWER_BYTES:
            raise HTTPError(f"the answer is longer than {MAX_ANSWER_BYTES} bytes")
        now = self._clock()
        self._note_clock(response.headers.get("Date"), now)
        self.rate_limit = read_rate_limit(response.headers, now) or self.rate_limit
        return Reply(response.status_code, body, read_retry_after(response.headers, now))

    def _note_clock(self, date: str | None, now: datetime) -> None:
        # The header has whole seconds: just after it changed it is nearest to the truth.
        if not date or date == self._last_date:
            return
        self._last_date = date
        try:
            self.skew_s = (parsedate_to_datetime(date) - now).total_seconds()
        except (TypeError, ValueError):
            return


def _tell(err: BaseException) -> str:
    reason = getattr(err.args[0], "reason", None) if err.args else None
    return f"{type(err).__name__}: {reason or err}"[:300]
