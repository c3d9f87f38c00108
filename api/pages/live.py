"""Parts of pages that change by themselves: rendered once for all who look, and sent only when they differ."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Request

from orchestrator.shared_answers import SharedAnswers

_KEPT_S = 1.8  # a page asks two seconds behind its own making: never gets what is older than itself

Key = tuple[str, ...]
_Part = tuple[bytes, str]  # with its ETag


class LiveParts:
    """What was made within the last seconds, for all who ask for it.

    Whoever comes while somebody makes it waits for that, so that many viewers cost what one does.
    """

    def __init__(self) -> None:
        self._answers: dict[float, SharedAnswers] = {}

    def answer(self, role: str, render: Callable[[], str]) -> Response:
        """Return the part at this address, or a 304 to a viewer who has it.

        It must be the same for everybody with the same role: each role sees its own.
        """
        return _answer(self.kept((request.full_path, role), _KEPT_S, lambda: _with_etag(render())), request)

    def answer_if_ready(self, asked: Request, role: str) -> Response | None:
        """Return what `answer` would if the part was made within the last seconds, else None; never waits."""
        answers = self._answers.get(_KEPT_S)
        part = answers.if_ready((asked.full_path, role)) if answers else None
        return _answer(part, asked) if part else None

    def kept(self, key: Key, for_s: float, make: Callable[[], Any]) -> Any:
        """Return what was begun under this key within the last `for_s` seconds, or make it."""
        return self._answers.setdefault(for_s, SharedAnswers(kept_s=for_s)).get(key, make)


def _with_etag(html: str) -> _Part:
    encoded = html.encode()
    return encoded, sha256(encoded).hexdigest()[:32]


def _answer(part: _Part, asked: Request) -> Response:
    html, etag = part
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(etag)
    return response.make_conditional(asked)  # type: ignore[return-value]
