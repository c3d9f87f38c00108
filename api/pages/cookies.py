"""The cookies of the site: the session, and the sentence that the next page says."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Literal, NamedTuple

import orjson
from flask import Response
from werkzeug.wrappers import Request

_SESSION = "session"
_SAID = "said"
_SAID_S = 60
_LONGEST_SENTENCE = 600

Kind = Literal["done", "wrong"]


class Said(NamedTuple):
    """What became of a form, for the page that is shown next."""

    kind: Kind
    sentence: str


def is_https(request: Request) -> bool:
    """Say whether the browser speaks HTTPS, which ends at a proxy before us: it or the browser itself says so.

    Who says so falsely has hardened the own cookie, and nothing else.
    """
    by_proxy = request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip().lower() == "https"
    return by_proxy or request.headers.get("Origin", "").startswith("https://")


def session_token(request: Request) -> str | None:
    """Return the token that the browser sent; over HTTPS only from the cookie that no neighbouring host can set."""
    hardened = request.cookies.get(f"__Host-{_SESSION}")
    return hardened or (None if is_https(request) else request.cookies.get(_SESSION))


def set_session(response: Response, request: Request, token: str) -> None:
    """Give the browser its session, until it is closed or the session ends."""
    secure = is_https(request)
    name = f"__Host-{_SESSION}" if secure else _SESSION
    response.set_cookie(name, token, httponly=True, secure=secure, samesite="Strict", path="/")


def drop_session(response: Response, request: Request) -> None:
    """Take the session from the browser, under both of its names."""
    for name, secure in ((_SESSION, False), (f"__Host-{_SESSION}", True)):
        if name in request.cookies:
            response.delete_cookie(name, httponly=True, secure=secure, samesite="Strict", path="/")


def set_said(response: Response, request: Request, said: Said) -> None:
    """Have the next page say something."""
    packed = orjson.dumps([said.kind, said.sentence[:_LONGEST_SENTENCE]])
    value = urlsafe_b64encode(packed).decode()
    response.set_cookie(
        _SAID, value, max_age=_SAID_S, httponly=True, secure=is_https(request), samesite="Strict", path="/"
    )


def read_said(request: Request) -> Said | None:
    """Return what is to be said; None for nothing, and for what is no sentence of ours."""
    try:
        said = orjson.loads(urlsafe_b64decode(request.cookies.get(_SAID, "")))
    except ValueError:
        return None
    match said:
        case ["done" | "wrong" as kind, str(sentence)]:
            return Said(kind, sentence)
        case _:
            return None


def drop_said(response: Response) -> None:
    """Have it said once."""
    response.delete_cookie(_SAID, httponly=True, samesite="Strict", path="/")
