"""Parts of pages that change by themselves: rendered once for all who look, and sent only when they differ."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from time import monotonic
from typing import Any, NamedTuple

from flask import Response, request

_KEPT_S = 1.8  # a page asks two seconds behind its own making: never gets what is older than itself
_MOST_KEPT = 256

Key = tuple[str, ...]


class _Kept(NamedTuple):
    made: Any
    until: float


class LiveParts:
    """What was made within the last seconds, for all who ask for it.

    Whoever comes while somebody makes it waits for that, so that many viewers cost what one does.
    """

    def __init__(self) -> None:
        self._kept: dict[Key, _Kept] = {}
        self._turns: dict[Key, Lock] = {}
        self._lock = Lock()

    def answer(self, role: str, render: Callable[[], str]) -> Response:
        """Return the part at this address, or a 304 to a viewer who has it.

        It must be the same for everybody with the same role: each role sees its own.
        """
        html, etag = self.kept((request.full_path, role), _KEPT_S, lambda: _with_etag(render()))
        response = Response(html, content_type="text/html; charset=utf-8")
        response.headers["Cache-Control"] = "private, no-cache"
        response.set_etag(etag)
        return response.make_conditional(request)  # type: ignore[return-value]

    def kept(self, key: Key, for_s: float, make: Callable[[], Any]) -> Any:
        """Return what was made under this key within the last `for_s` seconds, or make it."""
        with self._lock:
            turn = self._turns.setdefault(key, Lock())
        with turn:
            kept = self._kept.get(key)
            if kept is not None and kept.until > monotonic():
                return kept.made
            made = make()
            with self._lock:
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                    self._turns = {key: turn}
                self._kept[key] = _Kept(made, monotonic() + for_s)
            return made


def _with_etag(html: str) -> tuple[str, str]:
    return html, sha256(html.encode()).hexdigest()[:32]
