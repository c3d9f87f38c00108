"""Reads what the API answers: JSON with its ETag, refusals, and what is no answer of this API at all."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from orchestrator_client.errors import ClientError, NotReached, UnexpectedAnswer, class_of


class Answer(dict[str, Any]):
    """An answer's JSON, with the ETag that came with it."""

    etag: str | None = None


def etag(answer: Mapping[str, Any]) -> str | None:
    """Return the ETag of an answer, for `if_match`; None if the API gave none."""
    return answer.etag if isinstance(answer, Answer) else None


def answer_of(response: httpx.Response) -> Answer | None:
    """Return the JSON of a success; None for one without a body. Raises UnexpectedAnswer."""
    if response.status_code == 204:
        return None
    document = _document(response)
    if document is None:
        media = response.headers.get("Content-Type", "nothing")
        raise UnexpectedAnswer(f"{_place(response)} answers {media} instead of JSON: is that the API?")
    answer = Answer(document)
    # A proxy that compresses makes a tag weak, and no If-Match fits a weak one; it is of this version all the same.
    answer.etag = response.headers.get("ETag", "").removeprefix("W/") or None
    return answer


def failure_of(response: httpx.Response) -> ClientError | None:
    """Return the error that a response is, its body read; None for a success."""
    if response.is_success:
        return None
    if response.status_code < 400:
        to = response.headers.get("Location", "nowhere")
        return UnexpectedAnswer(
            f"{_place(response)} answers {response.status_code}, elsewhere: {to}; it was not followed"
        )
    return class_of(response.status_code)(
        response.status_code,
        _document(response) or {"title": response.reason_phrase},
        request_id=response.headers.get("X-Request-Id"),
        retry_after_s=retry_after_s(response.headers),
    )


def too_slow(whole_s: float) -> str:
    """Return what to say of an answer that was not whole in time."""
    return f"the whole answer took longer than {whole_s:g} s"


def not_reached(err: httpx.RequestError, *, base_url: str) -> NotReached:
    """Return the error of a request that got no whole answer."""
    was_sent = not isinstance(err, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError)
    return NotReached(f"no answer from {base_url}: {str(err) or type(err).__name__}", was_sent=was_sent)


def check_end(response: httpx.Response) -> None:
    """Raise UnexpectedAnswer for a body of which nobody could say whether it is whole."""
    headers = response.headers
    if "Content-Length" not in headers and "chunked" not in headers.get("Transfer-Encoding", "").lower():
        raise UnexpectedAnswer(f"{_place(response)} does not say where its answer ends, so it may be cut short")


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return how long the API asks to wait, in seconds; None if it does not say, or not so that it can be read.

    A date is counted from the answer's own: the clocks of both sides need not agree.
    """
    said = headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdecimal():
        return float(said)
    until, now = _seconds(said), _seconds(headers.get("Date", ""))
    return None if until is None else max(0.0, until - (time.time() if now is None else now))


def _seconds(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _document(response: httpx.Response) -> dict[str, Any] | None:
    try:
        document = response.json()
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _place(response: httpx.Response) -> str:
    return f"{response.request.method} {response.request.url.copy_with(query=None)}"
