"""Sends requests and reads answers, and waits for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import httpx

from orchestrator_client.answers import answer_of, check_end, failure_of, not_reached, too_slow
from orchestrator_client.deadlines import ends_within
from orchestrator_client.errors import ClientError
from orchestrator_client.requests import Request
from orchestrator_client.retries import Retries
from orchestrator_client.target import Target


class _InTime(httpx.SyncByteStream):
    """The body of an answer, which must end before `whole_s` are over; each piece of it comes within its own time."""

    def __init__(self, stream: httpx.SyncByteStream, *, begun: float, whole_s: float) -> None:
        self._stream, self._begun, self._whole_s = stream, begun, whole_s

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            if monotonic() - self._begun > self._whole_s:
                raise httpx.ReadTimeout(too_slow(self._whole_s))
            yield piece

    def close(self) -> None:
        self._stream.close()


class Transport:
    """Sends requests, again where that is safe, and reads answers."""

    def __init__(self, target: Target, http: httpx.Client, *, wait: Callable[[float], object]) -> None:
        self.target, self.http, self.wait = target, http, wait

    def send(self, request: Request) -> Any:
        """Return the JSON of the answer; None if it has none. Raises ClientError."""
        return answer_of(self.exchange(request))

    def pieces(self, request: Request) -> Iterator[bytes]:
        """Yield the body of the answer as it arrives. Raises ClientError, NotReached if it ends early."""
        response = self.exchange(request)
        try:
            check_end(response)
            yield from response.iter_bytes()
        except httpx.RequestError as err:
            raise not_reached(err, base_url=self.target.base_url) from err
        finally:
            response.close()

    def exchange(self, request: Request) -> httpx.Response:
        """Return the success that answers a request, read unless it is a download. Raises ClientError."""
        retries = Retries(request, limit_s=self.target.retry_for_s)
        while True:
            try:
                return self._attempt(request)
            except ClientError as err:
                pause_s = retries.pause_after(err)
                if pause_s is None:
                    raise
            self.wait(pause_s)

    def _attempt(self, request: Request) -> httpx.Response:
        content, begun = request.content.pieces() if request.content else None, monotonic()
        whole_s = self.target.whole_s(request)
        try:
            built = self.http.build_request(**self.target.parts(request), content=content)
            with ends_within(whole_s):
                response = self.http.send(built, stream=True, follow_redirects=False)
                if not (request.is_download and response.is_success):
                    self._read(response, begun=begun, whole_s=whole_s)
        except httpx.RequestError as err:
            is_over = isinstance(err, httpx.ReadTimeout) and monotonic() - begun >= whole_s
            why = httpx.ReadTimeout(too_slow(whole_s)) if is_over else err
            raise not_reached(why, base_url=self.target.base_url) from err
        if failure := failure_of(response):
            raise failure
        return response

    def _read(self, response: httpx.Response, *, begun: float, whole_s: float) -> None:
        if isinstance(response.stream, httpx.SyncByteStream):
            response.stream = _InTime(response.stream, begun=begun, whole_s=whole_s)
        try:
            response.read()
        finally:
            response.close()
