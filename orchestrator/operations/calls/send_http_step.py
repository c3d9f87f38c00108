"""Asks a web address for a call's `http` step: bounded in time and size, and never within the operator's network."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from threading import BoundedSemaphore
from typing import Any, Final

import orjson
from urllib3 import BaseHTTPResponse

from orchestrator.model.event import HTTP_FAILED, HTTP_SUCCEEDED
from orchestrator.settings import Settings
from orchestrator.web.bounded_http import Budget
from orchestrator.web.bounded_resolve import resolve_within
from orchestrator.web.egress import DIRECT, Egress
from orchestrator.web.http_request import UNANSWERED, resolve_host, send_admitted
from orchestrator.web.ssrf_guard import Refused, Resolve, admit

MAX_BODY_BYTES: Final = 64_000
_AT_ONCE: Final = 16  # of a worker's 64 threads: the rest stays with the commands of live calls
_MAX_DEPTH: Final = 32
_PIECE_BYTES: Final = 16_384

StepResult = tuple[str, dict[str, Any]]
"""The event's type, and what of the answer it tells."""


class HttpStepClient:
    """Asks for the calls of one process; `trusted` are the hosts that may lie in a private network."""

    def __init__(
        self,
        *,
        trusted: Collection[str] = (),
        resolve: Resolve = resolve_host,
        at_once: int = _AT_ONCE,
        egress: Egress = DIRECT,
    ) -> None:
        self._trusted = trusted
        self._resolve = resolve
        self._egress = egress
        self._slots = BoundedSemaphore(at_once)

    def ask(self, asked: Mapping[str, Any], *, command_id: str, send_before: float) -> StepResult | None:
        """Return what came of the request, or None when too many others are under way to send it now.

        `send_before` is a moment of `boot_seconds`. The command's id goes along as `Idempotency-Key`: after a crash the
        same request is sent again, with the same key.
        """
        if not self._slots.acquire(blocking=False):
            return None
        budget = Budget()
        budget.start(float(asked["timeout_s"]), send_before=send_before)
        try:
            return self._ask(asked, command_id, budget)
        except UNANSWERED as err:
            return _failed("timeout" if budget.left() <= 0 else "unreachable", type(err).__name__)
        finally:
            self._slots.release()

    def _ask(self, asked: Mapping[str, Any], command_id: str, budget: Budget) -> StepResult:
        admitted = admit(
            str(asked["url"]), trusted=self._trusted, resolve=resolve_within(self._resolve, budget), egress=self._egress
        )
        if isinstance(admitted, Refused):
            return _failed(admitted.code, admitted.detail)
        content = orjson.dumps(asked["json"]) if "json" in asked else None
        headers = _headers(command_id, has_content=content is not None)
        with send_admitted(
            admitted, budget=budget, method=str(asked["method"]), headers=headers, body=content, egress=self._egress
        ) as response:
            return _result_of(response)


def open_http_step_client(settings: Settings) -> HttpStepClient:
    """Return the client for the hosts that these settings trust by name; the carrier's own host is not one of them."""
    return HttpStepClient(trusted=settings.trusted_by_name, egress=settings.egress)


def _headers(command_id: str, *, has_content: bool) -> dict[str, str]:
    headers = {"Idempotency-Key": command_id, "Accept": "application/json", "User-Agent": "call-orchestrator"}
    return {**headers, "Content-Type": "application/json"} if has_content else headers


def _result_of(response: BaseHTTPResponse) -> StepResult:
    if 300 <= response.status < 400:
        return _failed("redirect", "the address leads on to another, which is not followed", status=response.status)
    raw = _read(response)
    if raw is None:
        return _failed("too_large", f"more than {MAX_BODY_BYTES:,} bytes", status=response.status)
    body = _parsed(raw, response.headers.get("Content-Type", ""))
    if not 200 <= response.status < 300:
        return _failed("status", f"answered {response.status}", status=response.status, body=body)
    return HTTP_SUCCEEDED, {"status": response.status, "body": body}


def _read(response: BaseHTTPResponse) -> bytes | None:
    """Return the body, or None when it is larger than a call should carry."""
    raw = b""
    for piece in response.stream(_PIECE_BYTES, decode_content=False):
        raw += piece
        if len(raw) > MAX_BODY_BYTES:
            return None
    return raw


def _parsed(raw: bytes, content_type: str) -> Any:
    """Return JSON as what it says, anything else as text."""
    text = raw.decode("utf-8", "replace")
    if "json" not in content_type.lower():
        return text
    try:
        found = orjson.loads(raw) if raw else None
    except orjson.JSONDecodeError:
        return text
    return found if _is_shallow(found, _MAX_DEPTH) else text


def _is_shallow(value: Any, most: int) -> bool:
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return most > 0 and all(_is_shallow(each, most - 1) for each in within)


def _failed(reason: str, detail: str, *, status: int | None = None, body: Any = None) -> StepResult:
    return HTTP_FAILED, {"status": status, "body": body, "reason": reason, "detail": detail}
