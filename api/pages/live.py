"""Parts of pages that change by themselves: rendered once a second for all who look, and sent only when they differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from time import monotonic

from flask import Response, request

_KEPT_S = 1.0
_MOST_KEPT = 256


@dataclass(frozen=True)
class _Rendered:
    html: str
    etag: str
    until: float


class LiveParts:
    """What was rendered within the last second, by its address and by the role of who looks: each role sees its own.

    Whoever comes while somebody renders waits for that, so that many viewers cost what one does.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], _Rendered] = {}
        self._turns: dict[tuple[str, str], Lock] = {}
        self._lock = Lock()

    def answer(self, role: str, render: Callable[[], str]) -> Response:
        """Return the part, or a 304 to a viewer who has it; it must be the same for everybody with the same role."""
        rendered = self._rendered((request.full_path, role), render)
        response = Response(rendered.html, content_type="text/html; charset=utf-8")
        response.headers["Cache-Control"] = "private, no-cache"
        response.set_etag(rendered.etag)
        return response.make_conditional(request)  # type: ignore[return-value]

    def _rendered(self, key: tuple[str, str], render: Callable[[], str]) -> _Rendered:
        with self._lock:
            turn = self._turns.setdefault(key, Lock())
        with turn:
            kept = self._kept.get(key)
            if kept is not None and kept.until > monotonic():
                return kept
            html = render()
            fresh = _Rendered(html, sha256(html.encode()).hexdigest()[:32], monotonic() + _KEPT_S)
            with self._lock:
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                    self._turns = {key: turn}
                self._kept[key] = fresh
            return fresh
