"""Refuses files from strangers by the head of the request, before anything of them is written to disk."""

from __future__ import annotations

import re
from collections.abc import Iterable

from api.http.responses import Refusal
from api.pages.page_routes import FORM_BYTES, PageRoute
from api.server.admission import Sender
from api.server.request_head import Head

_SESSION = re.compile(rb"(?:^|;\s*)(?:__Host-)?session=[A-Za-z0-9_-]{43}(?:;|$)")
_STRANGER = Refusal(401, "not_signed_in", "Sign in first, and then send the file.")


def look_for_session(pages: Iterable[PageRoute]) -> Sender:
    """Return what refuses a file for one of `pages` that comes without a session; whose it is, the page asks."""
    taking = [re.compile(re.sub(r"\{\w+\}", "[^/]+", page.path)) for page in pages if page.max_bytes > FORM_BYTES]

    def refuse_sender(head: Head, path: str) -> Refusal | None:
        if head.method != "POST" or not any(each.fullmatch(path) for each in taking):
            return None
        return None if bears_session(head) else _STRANGER

    return refuse_sender


def bears_session(head: Head) -> bool:
    """Say whether a request brings what looks like a session."""
    return _SESSION.search(head.headers.get(b"cookie", b"")) is not None
